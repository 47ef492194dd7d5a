package assessment

import (
	"context"
	"strconv"
	"strings"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/locale"
	"zona/internal/org"
	"zona/internal/scoring"
)

// Bounds of a period's form.
const (
	maxPeriodName = 200
	firstYear     = 2000
	lastYear      = 2100
)

// NewPeriod is what CreatePeriod needs.
type NewPeriod struct {
	Key         idempotency.Key
	Institution string
	Year        int
	Name        string
	Instrument  string
	Zone        string    // IANA name in which the dates were written: the institution's
	Opens       time.Time // answers are accepted from here
	Deadline    time.Time // exclusive
}

// CreatePeriod adds an evaluation period to an institution and returns its id.
func (s *Service) CreatePeriod(ctx context.Context, by org.Actor, cmd NewPeriod) (string, error) {
	return run(ctx, s.tx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		at := org.Object{Institution: cmd.Institution}
		if err := org.Can(by, org.ManageInstitution, at, org.State{At: st.Now()}).Fault(); err != nil {
			return "", err
		}
		p := Period{
			ID: s.opt.NewID(), Institution: cmd.Institution, Year: cmd.Year, Name: strings.TrimSpace(cmd.Name),
			Instrument: cmd.Instrument, Zone: cmd.Zone, Opens: cmd.Opens.UTC(), Deadline: cmd.Deadline.UTC(),
		}
		if err := s.checkPeriod(p); err != nil {
			return "", err
		}
		if err := st.InsertPeriod(ctx, p); err != nil {
			return "", err
		}
		return p.ID, st.Append(ctx, audit.Event{
			Kind: audit.PeriodCreated, At: st.Now(), Actor: by.Person, Institution: p.Institution,
			Object: audit.Object{Kind: "period", ID: p.ID},
			Changes: []audit.Change{
				{Field: "name", To: p.Name},
				{Field: "year", To: strconv.Itoa(p.Year)},
				{Field: "instrument", To: p.Instrument},
				{Field: "zone", To: p.Zone},
				{Field: "opens", To: p.Opens.Format(time.RFC3339)},
				{Field: "deadline", To: p.Deadline.Format(time.RFC3339)},
			},
		})
	})
}

func (s *Service) checkPeriod(p Period) error {
	f := fault.Form()
	f.Line("name", p.Name, 1, maxPeriodName)
	if p.Year < firstYear || p.Year > lastYear {
		f.With("year", "fault.period.year", "First", firstYear, "Last", lastYear)
	}
	if _, err := s.opt.Instruments(p.Instrument); err != nil {
		f.With("instrument", "fault.field.choose")
	}
	if _, err := locale.Zone(p.Zone); err != nil {
		f.With("zone", "fault.field.choose")
	}
	switch {
	case p.Opens.IsZero():
		f.With("opens", "fault.field.required")
	case p.Deadline.IsZero():
		f.With("deadline", "fault.field.required")
	case !p.Opens.Before(p.Deadline):
		f.With("deadline", "fault.period.order")
	}
	return f.Err()
}

// Periods lists an institution's periods, newest year first, for those who manage it.
func (s *Service) Periods(ctx context.Context, by org.Actor, institution string) ([]Period, error) {
	at := org.Object{Institution: institution}
	if err := org.Can(by, org.ManageInstitution, at, org.State{At: s.opt.Clock()}).Fault(); err != nil {
		return nil, err
	}
	return s.q.Periods(ctx, institution)
}

// NewAssessment is what Open needs.
type NewAssessment struct {
	Key    idempotency.Key
	Unit   string
	Period string
	Target string // id of the predicate aimed at
}

// Open begins the unit's own sheet for a period and returns its id. It may be opened before the period does, so
// that everybody can read what will be asked, but not after the deadline.
func (s *Service) Open(ctx context.Context, by org.Actor, cmd NewAssessment) (string, error) {
	return run(ctx, s.tx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		u, err := st.Unit(ctx, cmd.Unit)
		if err != nil {
			return "", err
		}
		if err := org.Can(by, org.OpenAssessment, u.At(), org.State{At: st.Now()}).Fault(); err != nil {
			return "", err
		}
		if u.Shut(st.Now()) {
			return "", fault.New(fault.Forbidden, "fault.unit.closed")
		}
		p, err := st.Period(ctx, cmd.Period)
		if err == nil && p.Institution != u.Institution {
			err = fault.New(fault.NotFound, "fault.not_found")
		}
		if err != nil {
			return "", err
		}
		a := Assessment{
			ID: s.opt.NewID(), Unit: u.ID, Institution: u.Institution, Period: p.ID, Level: Self,
			Instrument: p.Instrument, Target: cmd.Target, ChangedAt: st.Now(),
		}
		if StageOf(a, p, st.Now()) == Late {
			return "", fault.New(fault.Forbidden, "fault.sheet_late", "Deadline", p.moment(p.Deadline))
		}
		in, err := s.opt.Instruments(a.Instrument)
		if err != nil {
			return "", err
		}
		if _, ok := in.Predicate(a.Target); !ok {
			return "", fault.Form().With("target", "fault.field.choose")
		}
		// An empty sheet has a score too: what is worth something unanswered is the instrument's to say.
		a.Total = scoring.Score(in, nil).Total()
		return a.ID, insert(ctx, st, by, a)
	})
}

func insert(ctx context.Context, st Store, by org.Actor, a Assessment) error {
	err := st.InsertAssessment(ctx, a)
	if fault.Is(err, fault.Conflict) {
		return fault.New(fault.Conflict, "fault.sheet_exists")
	}
	if err != nil {
		return err
	}
	return st.Append(ctx, audit.Event{
		Kind: audit.AssessmentOpened, At: st.Now(), Actor: by.Person, Institution: a.Institution, Unit: a.Unit,
		Object: audit.Object{Kind: "assessment", ID: a.ID},
		Changes: []audit.Change{
			{Field: "period", To: a.Period},
			{Field: "level", To: string(a.Level)},
			{Field: "instrument", To: a.Instrument},
			{Field: "target", To: a.Target},
		},
	})
}
