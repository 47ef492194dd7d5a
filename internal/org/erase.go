package org

import (
	"context"
	"strconv"
	"time"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/idempotency"
)

// Erasure is what one transaction of Erase needs.
type Erasure interface {
	Now() time.Time
	Append(ctx context.Context, e audit.Event) error
	Person(ctx context.Context, id string) (Person, error)
	// ErasePerson blanks what is known of the person, destroys what proves who it is (passwords, second steps, sessions)
	// and the personal values, with their salts, of all events about the person. It returns how many values those were.
	// Id, home and roles stay: they say nothing about anybody any more.
	ErasePerson(ctx context.Context, id string) (values int64, err error)
}

// Eraser runs fn in one transaction, as Transactor does.
type Eraser interface {
	InErasure(ctx context.Context, key idempotency.Key, fn func(ctx context.Context, s Erasure) (outcome string, err error)) (outcome string, replayed bool, err error)
}

// ErasePerson is what Erase needs.
type ErasePerson struct {
	Key    idempotency.Key
	Person string
	Reason string // the request's number and what it rests on; not who asked
}

// Erase destroys the personal data of a person whose account is closed, as UU 27/2022 gives everybody the right to ask.
// The log stays whole: it holds commitments, which say nothing once value and salt are gone. What cannot be reached from
// here are copies: backups are erased by their retention, exports by whoever has them. It takes somebody who manages
// the person and runs the instance, since nothing undoes it.
func Erase(ctx context.Context, in Eraser, by Actor, cmd ErasePerson) error {
	_, _, err := in.InErasure(ctx, cmd.Key, func(ctx context.Context, st Erasure) (string, error) {
		now := State{At: st.Now()}
		p, err := st.Person(ctx, cmd.Person)
		if err != nil {
			return "", err
		}
		for _, need := range []struct {
			c Capability
			o Object
		}{{ManagePeople, Object{Institution: p.Institution}}, {RunInstance, Object{}}} {
			if err := Can(by, need.c, need.o, now).Fault(); err != nil {
				return "", err
			}
		}
		f := fault.Form()
		f.Line("reason", cmd.Reason, 5, 200)
		if err := f.Err(); err != nil {
			return "", err
		}
		if !p.Closed {
			return "", fault.New(fault.Invalid, "fault.person.open")
		}
		values, err := st.ErasePerson(ctx, p.ID)
		if err != nil {
			return "", err
		}
		return "done", st.Append(ctx, audit.Event{
			Kind: audit.PersonErased, At: st.Now(), Actor: by.Person, Institution: p.Institution, Unit: p.Unit,
			Object: audit.Object{Kind: "person", ID: p.ID},
			Changes: []audit.Change{
				{Field: "reason", To: cmd.Reason},
				{Field: "values", To: strconv.FormatInt(values, 10)},
			},
		})
	})
	return err
}
