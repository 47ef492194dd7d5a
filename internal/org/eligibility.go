package org

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"zona/internal/audit"
	"zona/internal/exact"
	"zona/internal/fault"
	"zona/internal/idempotency"
	"zona/internal/instrument"
)

const (
	maxSource = 500 // letters of the text that says where a value is from
	firstYear = 2000
	lastYear  = 2100
)

// Eligibility is what an institution reached in a year in one requirement of Tabel 5 (PermenPANRB 5/2024), such as the
// opinion of BPK. Whether it is enough is asked per predicate, when units are proposed.
type Eligibility struct {
	Institution string
	Year        int
	Requirement string // id of an instrument's requirement whose subject is the institution
	Value       string // in the requirement's scale; a number as exact.Number writes it; "" for one that was taken back
	Source      string // where it is written: report, letter, date
	By          string // person who set it last
	At          time.Time
	Rev         int
}

// EligibilityEdit is what SetEligibility needs.
type EligibilityEdit struct {
	Key         idempotency.Key
	Institution string
	Year        int
	Requirement string
	Rev         int // that the editor has seen, 0 for a value that was never set
	Value       string
	Source      string
}

// SetEligibility sets, changes or (with no value) takes back one value of a year.
func (s *Service) SetEligibility(ctx context.Context, by Actor, cmd EligibilityEdit) error {
	_, err := s.run(ctx, cmd.Key, func(ctx context.Context, st Store) (string, error) {
		i, err := institutionFor(ctx, st, by, ManageInstitution, cmd.Institution)
		if err != nil {
			return "", err
		}
		e := Eligibility{
			Institution: i.ID, Year: cmd.Year, Requirement: cmd.Requirement, Source: strings.TrimSpace(cmd.Source), By: by.Person, At: st.Now(),
		}
		f := fault.Form()
		f.Line("source", e.Source, 0, maxSource)
		if e.Year < firstYear || e.Year > lastYear {
			f.With("year", "fault.period.year", "First", firstYear, "Last", lastYear)
		}
		if e.Value, err = eligible(e.Requirement, cmd.Value); err != nil {
			f.With("value", "fault.eligibility.value")
		}
		if err := f.Err(); err != nil {
			return "", err
		}
		was, err := st.Eligibility(ctx, i.ID, e.Year, e.Requirement)
		if err != nil {
			return "", err
		}
		var d diff
		d.add("value:"+e.Requirement, was.Value, e.Value)
		d.add("source", was.Source, e.Source)
		if len(d) == 0 {
			return "", nil
		}
		if err := st.SaveEligibility(ctx, e, cmd.Rev); err != nil {
			return "", err
		}
		return "", st.Append(ctx, i.event(audit.EligibilitySet, by, st, append(d, audit.Change{Field: "year", To: strconv.Itoa(e.Year)})...))
	})
	return err
}

// Requirements lists the requirements of all instruments that an institution has to meet, each once.
func Requirements() []instrument.Requirement {
	var list []instrument.Requirement
	for _, in := range instrument.All() {
		for _, r := range in.Requirements {
			known := func(other instrument.Requirement) bool { return other.ID == r.ID }
			if r.Subject == "instansi" && !slices.ContainsFunc(list, known) {
				list = append(list, r)
			}
		}
	}
	return list
}

// eligible returns a value in its stored form, or an error where it is none of the requirement's scale.
func eligible(requirement, value string) (string, error) {
	value = strings.TrimSpace(value)
	list := Requirements()
	at := slices.IndexFunc(list, func(r instrument.Requirement) bool { return r.ID == requirement })
	if at < 0 {
		return "", fault.New(fault.NotFound, "fault.not_found")
	}
	if value == "" {
		return "", nil
	}
	wrong := fault.New(fault.Invalid, "fault.eligibility.value")
	scale := list[at].Order
	switch list[at].Type {
	case "boolean":
		scale = []string{"ya", "tidak"}
	case "ordinal":
	default: // number, percent, years
		n, err := exact.Parse(strings.Replace(value, ",", ".", 1))
		if err != nil || n.Cmp(exact.Int(0)) < 0 || n.Cmp(exact.Int(100)) > 0 {
			return "", wrong
		}
		return n.String(), nil
	}
	for _, known := range scale {
		if strings.EqualFold(known, value) {
			return known, nil
		}
	}
	return "", wrong
}

// Eligibilities lists the values of an institution in a year, for those who may know it.
func (s *Service) Eligibilities(ctx context.Context, by Actor, institution string, year int) ([]Eligibility, error) {
	if _, err := s.Institution(ctx, by, institution); err != nil {
		return nil, err
	}
	return s.q.Eligibilities(ctx, institution, year)
}
