package audit

// The kinds of events. A kind is never renamed or reused: old leaves carry it for good.
const (
	InstanceSetUp      = "instance.set_up"     // the first administrator was made with the one-use code
	InstitutionCreated = "institution.created" //
	UnitCreated        = "unit.created"        //
	PersonCreated      = "person.created"      //
	PersonClosed       = "person.closed"       // the account no longer signs in
	AssignmentCreated  = "assignment.created"  // a person was given a role over a scope
	SessionOpened      = "session.opened"      // signed in
	SessionClosed      = "session.closed"      // signed out
	InvitationIssued   = "invitation.issued"   // a one-use code for a first password was made
	InvitationAccepted = "invitation.accepted" // and used
	PasswordChanged    = "password.changed"    // by the person
	PeriodCreated      = "period.created"      //
	AssessmentOpened   = "assessment.opened"   // a unit has a sheet
	AnswerSet          = "answer.set"          // one answer or note was changed in the browser
	AnswersFilled      = "answers.filled"      // many answers at once, from no file
	ImportPreviewed    = "import.previewed"    // a workbook was read and waits
	ImportApplied      = "import.applied"      // changed answers stand in Changes, by question id
	ImportUndone       = "import.undone"       //
)

// Kinds lists all kinds. Package locale says each as "audit.kind.<kind>".
func Kinds() []string {
	return []string{
		InstanceSetUp, InstitutionCreated, UnitCreated, PersonCreated, PersonClosed, AssignmentCreated, SessionOpened,
		SessionClosed, InvitationIssued, InvitationAccepted, PasswordChanged, PeriodCreated, AssessmentOpened, AnswerSet,
		AnswersFilled, ImportPreviewed, ImportApplied, ImportUndone,
	}
}

// System is the actor of what the program itself does.
const System = "system"
