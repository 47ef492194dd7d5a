package audit

// The kinds of events. A kind is never renamed or reused: old leaves carry it for good.
const (
	InstanceSetUp       = "instance.set_up"     // the first administrator was made with the one-use code
	InstitutionCreated  = "institution.created" //
	InstitutionChanged  = "institution.changed" //
	EligibilitySet      = "eligibility.set"     // a value of Tabel 5 for a year
	UnitCreated         = "unit.created"        //
	UnitChanged         = "unit.changed"        // what is said of it, the name too
	UnitMoved           = "unit.moved"          // below another parent, with all below it
	UnitClosed          = "unit.closed"         //
	UnitReopened        = "unit.reopened"       //
	KawasanCreated      = "kawasan.created"     //
	KawasanChanged      = "kawasan.changed"     //
	KawasanClosed       = "kawasan.closed"      //
	KawasanUnitAdded    = "kawasan.unit_added"
	KawasanUnitRemoved  = "kawasan.unit_removed"
	TeamCreated         = "team.created"         // an evaluation team
	TeamChanged         = "team.changed"         //
	TeamClosed          = "team.closed"          //
	TeamUnitAdded       = "team.unit_added"      // the team evaluates the unit
	TeamUnitRemoved     = "team.unit_removed"    //
	PersonCreated       = "person.created"       //
	PersonChanged       = "person.changed"       //
	PersonMoved         = "person.moved"         // to another home unit
	PersonReopened      = "person.reopened"      //
	InterestDeclared    = "interest.declared"    // a person is not impartial in a unit
	InterestWithdrawn   = "interest.withdrawn"   //
	PersonClosed        = "person.closed"        // the account no longer signs in
	AssignmentCreated   = "assignment.created"   // a person was given a role over a scope
	AssignmentDelegated = "assignment.delegated" // lent from an own role until a date
	AssignmentChanged   = "assignment.changed"   // its period
	AssignmentEnded     = "assignment.ended"     //
	SessionOpened       = "session.opened"       // signed in
	SessionClosed       = "session.closed"       // signed out
	SessionEnded        = "session.ended"        // a session elsewhere was ended from the own account
	FactorAdded         = "factor.added"         // a second step at sign-in: field "totp" or "passkey"
	FactorRemoved       = "factor.removed"       //
	RecoveryIssued      = "recovery.issued"      // new recovery codes, the ones before are void
	RecoveryUsed        = "recovery.used"        // one of them stood in for the second step
	InvitationIssued    = "invitation.issued"    // a one-use code for a first password was made
	InvitationAccepted  = "invitation.accepted"  // and used
	ResetIssued         = "reset.issued"         // somebody asked for a new password: a one-use code went out by mail
	PasswordReset       = "password.reset"       // and was used
	PasswordChanged     = "password.changed"     // by the person
	PeriodCreated       = "period.created"       //
	AssessmentOpened    = "assessment.opened"    // a unit has a sheet
	AnswerSet           = "answer.set"           // one answer or note was changed in the browser
	AnswersFilled       = "answers.filled"       // many answers at once, from no file
	ImportPreviewed     = "import.previewed"     // a workbook was read and waits
	ImportApplied       = "import.applied"       // changed answers stand in Changes, by question id
	ImportUndone        = "import.undone"        //
	BackupMade          = "backup.made"          // a copy of the database was written
	BackupFailed        = "backup.failed"        // and could not be
	BackupTested        = "backup.tested"        // a copy was restored elsewhere and agrees
	BackupTestFailed    = "backup.test_failed"   // and does not
	BackupRestored      = "backup.restored"      // this database was filled from a copy; the log goes on from there
)

// Kinds of events about the log itself and what stands beside it.
const (
	PersonErased      = "person.erased"          // personal values and their salts were destroyed
	KeyUsed           = "log.key_used"           // checkpoints are signed with another key from now on
	RollbackDetected  = "log.rollback_detected"  // the log is not the one that was anchored
	RollbackExplained = "log.rollback_explained" // and why
)

// Kinds of events about what an operator did at the command line (`zona user`), beside the events of what that changed.
// Their actor is System: who holds the database needs no account.
const (
	ConsoleInvited       = "console.invited"       // a one-use code was printed
	ConsoleReset         = "console.reset"         // password and sessions were taken away, a one-use code was printed
	ConsoleUnlocked      = "console.unlocked"      // too many wrong tries were forgiven
	ConsoleAdministrator = "console.administrator" // somebody was made administrator of the instance
	ConsoleClosed        = "console.closed"        // an account was closed
	ConsoleErased        = "console.erased"        // personal data was erased
)

// Kinds lists all kinds. Package locale says each as "audit.kind.<kind>".
func Kinds() []string {
	return []string{
		InstanceSetUp, InstitutionCreated, InstitutionChanged, EligibilitySet, UnitCreated, UnitChanged, UnitMoved, UnitClosed,
		UnitReopened, KawasanCreated, KawasanChanged, KawasanClosed, KawasanUnitAdded, KawasanUnitRemoved, TeamCreated,
		TeamChanged, TeamClosed, TeamUnitAdded, TeamUnitRemoved, PersonCreated, PersonChanged, PersonMoved, PersonClosed,
		PersonReopened, InterestDeclared, InterestWithdrawn, AssignmentCreated, AssignmentDelegated, AssignmentChanged,
		AssignmentEnded, SessionOpened,
		SessionClosed, SessionEnded, FactorAdded, FactorRemoved, RecoveryIssued, RecoveryUsed, InvitationIssued, InvitationAccepted, ResetIssued, PasswordReset, PasswordChanged, PeriodCreated, AssessmentOpened, AnswerSet,
		AnswersFilled, ImportPreviewed, ImportApplied, ImportUndone,
		BackupMade, BackupFailed, BackupTested, BackupTestFailed, BackupRestored,
		PersonErased, KeyUsed, RollbackDetected, RollbackExplained,
		ConsoleInvited, ConsoleReset, ConsoleUnlocked, ConsoleAdministrator, ConsoleClosed, ConsoleErased,
	}
}

// System is the actor of what the program itself does.
const System = "system"
