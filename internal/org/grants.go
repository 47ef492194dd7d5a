package org

import "slices"

// Capability is one thing that may be done. Routes and use cases name capabilities, never roles.
type Capability string

// The capabilities, each with the object that it is asked for.
const (
	ViewUnits         Capability = "view_units"         // unit: know it, its place in the tree and its score
	ViewSheet         Capability = "view_sheet"         // unit: read answers, notes and their history
	EditAnswer        Capability = "edit_answer"        // unit: change answers and notes
	ImportWorkbook    Capability = "import_workbook"    // unit: take in a filled workbook, undo it
	ExportSheet       Capability = "export_sheet"       // unit: take the sheet out as a file
	OpenAssessment    Capability = "open_assessment"    // unit: begin a sheet for a period
	Evaluate          Capability = "evaluate"           // unit: judge its sheet; never one's own unit (see conflict.go)
	DeclareInterest   Capability = "declare_interest"   // unit: say of oneself that one is not impartial there
	ManageInstitution Capability = "manage_institution" // institution: its data, units and periods
	ManagePeople      Capability = "manage_people"      // institution: accounts and roles
	ManageTeams       Capability = "manage_teams"       // institution, or instance for TPN: evaluation teams
	ManageKawasan     Capability = "manage_kawasan"     // institution, or instance: kawasan and their units
	ViewPeople        Capability = "view_people"        // institution: the list of people, without changing it
	ViewAccess        Capability = "view_access"        // institution: who may do what, and why
	ViewLog           Capability = "view_log"           // institution: read the audit log
	CreateInstitution Capability = "create_institution" // instance
	RunInstance       Capability = "run_instance"       // instance: what concerns all institutions
)

// Capabilities lists all of them, for tests and `zona doctor access`.
func Capabilities() []Capability {
	return []Capability{
		ViewUnits, ViewSheet, EditAnswer, ImportWorkbook, ExportSheet, OpenAssessment, Evaluate, DeclareInterest,
		ManageInstitution, ManagePeople, ManageTeams, ManageKawasan, ViewPeople, ViewAccess, ViewLog, CreateInstitution,
		RunInstance,
	}
}

// Role is a named bundle of capabilities; see Grants. Nothing outside this package asks for a role by name.
type Role string

// The roles. Terms of the law stay Indonesian.
const (
	Administrator       Role = "administrator"        // runs the instance or an institution; reads no answers
	InstitutionHead     Role = "institution_head"     // pimpinan instansi: sees all of the institution
	UnitHead            Role = "unit_head"            // pimpinan unit
	Coordinator         Role = "coordinator"          // koordinator tim kerja ZI
	Member              Role = "member"               // member of an area team
	Employee            Role = "employee"             // anybody else who works in the unit
	PreliminaryAssessor Role = "preliminary_assessor" // penilai pendahuluan of an echelon-I or provincial unit
	TPIMember           Role = "tpi_member"
	TPILeader           Role = "tpi_leader"
	TPIController       Role = "tpi_controller" // pengendali teknis
	TPNEvaluator        Role = "tpn_evaluator"
	TPNPanel            Role = "tpn_panel"
	SurveyOfficer       Role = "survey_officer"
	Observer            Role = "observer"
	Auditor             Role = "auditor" // reads who may do and who did what; no answers
)

// Roles lists all roles.
func Roles() []Role {
	return []Role{
		Administrator, InstitutionHead, UnitHead, Coordinator, Member, Employee, PreliminaryAssessor, TPIMember, TPILeader,
		TPIController, TPNEvaluator, TPNPanel, SurveyOfficer, Observer, Auditor,
	}
}

// ScopeKinds lists all kinds of scope: those of the tree, the widest first, then the lists of units.
func ScopeKinds() []ScopeKind {
	return []ScopeKind{WholeInstance, WholeInstitution, Subtree, OneUnit, InKawasan, InTeam}
}

// knowers know units and may say that they are not impartial there; every role is given at least that.
var knowers = []Capability{ViewUnits, DeclareInterest}

// readers read a sheet and take it away; a copy of what one may read anyway needs no capability of its own, but a
// later class of restricted evidence will.
var readers = []Capability{ViewUnits, ViewSheet, ExportSheet, DeclareInterest}

// evaluators read the unit's own sheet, never answer in it and judge it (PermenPANRB 90/2021: TPI and TPN have their
// own columns).
var evaluators = []Capability{ViewUnits, ViewSheet, ExportSheet, DeclareInterest, Evaluate}

// leaders answer for a unit: they begin its sheet and take in whole workbooks.
var leaders = []Capability{ViewUnits, ViewSheet, ExportSheet, EditAnswer, ImportWorkbook, OpenAssessment, DeclareInterest}

// runners run an institution and read no answers: whoever can make accounts must not be able to look around unseen.
var runners = []Capability{
	ViewUnits, OpenAssessment, ManageInstitution, ManagePeople, ManageTeams, ManageKawasan, ViewPeople, ViewAccess, ViewLog,
	DeclareInterest,
}

// inspectors read the trace and the access tables.
var inspectors = []Capability{ViewUnits, ViewPeople, ViewAccess, ViewLog, DeclareInterest}

// The internal evaluators work for an institution, in teams, and together in a kawasan. What leader and technical
// controller do beyond a member belongs to the review of a sheet.
var ofTPI = map[ScopeKind][]Capability{
	WholeInstitution: evaluators, Subtree: evaluators, OneUnit: evaluators, InKawasan: evaluators, InTeam: evaluators,
}

// The national evaluators come from outside: they see what is theirs to judge, never the whole instance.
var ofTPN = map[ScopeKind][]Capability{
	WholeInstitution: evaluators, OneUnit: evaluators, InKawasan: evaluators, InTeam: evaluators,
}

// grants is the whole policy: what a role may do over which kind of scope. What is not here is refused, and a role
// is not given over a kind of scope that it has no row for.
var grants = map[Role]map[ScopeKind][]Capability{
	Administrator:       {WholeInstance: append(slices.Clone(runners), CreateInstitution, RunInstance), WholeInstitution: runners},
	InstitutionHead:     {WholeInstitution: {ViewUnits, ViewSheet, ExportSheet, DeclareInterest, ViewPeople, ViewAccess, ViewLog}},
	UnitHead:            {Subtree: leaders, OneUnit: leaders},
	Coordinator:         {Subtree: leaders, OneUnit: leaders},
	Member:              {OneUnit: {ViewUnits, ViewSheet, ExportSheet, EditAnswer, DeclareInterest}}, // one answer at a time
	Employee:            {OneUnit: knowers},
	PreliminaryAssessor: {Subtree: evaluators, OneUnit: evaluators, InTeam: evaluators},
	TPIMember:           ofTPI,
	TPILeader:           ofTPI,
	TPIController:       ofTPI,
	TPNEvaluator:        ofTPN,
	TPNPanel:            ofTPN,
	SurveyOfficer:       {WholeInstitution: knowers, Subtree: knowers, OneUnit: knowers},
	Observer:            {WholeInstitution: readers, Subtree: readers, OneUnit: readers, InKawasan: readers},
	Auditor:             {WholeInstance: inspectors, WholeInstitution: inspectors},
}

// Grants returns what a role may do over a kind of scope; nothing where the role is not given over that kind.
func Grants(r Role, k ScopeKind) []Capability { return slices.Clone(grants[r][k]) }

// GrantRow is one line of the policy: what a role may do over a kind of scope.
type GrantRow struct {
	Role         Role
	Scope        ScopeKind
	Capabilities []Capability
}

// Policy lists the whole policy by role and kind of scope, for `zona doctor access` and its page.
func Policy() []GrantRow {
	var rows []GrantRow
	for _, r := range Roles() {
		for _, k := range ScopeKinds() {
			if list := Grants(r, k); len(list) > 0 {
				rows = append(rows, GrantRow{Role: r, Scope: k, Capabilities: list})
			}
		}
	}
	return rows
}

// side tells for whom a role judges. Nobody judges for two sides the same unit.
type side int

const (
	noSide side = iota
	internal
	national
)

// sideOf is the side of an evaluating role. Preliminary assessor and TPI are one side: both work for the institution.
func sideOf(r Role) side {
	switch r {
	case TPNEvaluator, TPNPanel:
		return national
	case PreliminaryAssessor, TPIMember, TPILeader, TPIController:
		return internal
	default:
		return noSide
	}
}

// fits reports whether the role belongs into a team of this kind.
func (r Role) fits(k TeamKind) bool {
	switch k {
	case PreliminaryTeam:
		return r == PreliminaryAssessor
	case TPITeam:
		return sideOf(r) == internal && r != PreliminaryAssessor
	case TPNTeam:
		return sideOf(r) == national
	}
	return false
}
