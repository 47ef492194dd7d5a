package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"zona/internal/fault"
)

// The messages of the faults that come from here; their texts stand with the others of area fault.
const (
	msgNotFound  = "fault.not_found"
	msgConflict  = "fault.conflict"
	msgTaken     = "fault.taken"
	msgReference = "fault.reference"
	msgBusy      = "fault.busy"
	msgOtherBody = "fault.key_reused"
)

// failed translates a driver's error, once and here: nothing above this package knows a driver. What was attempted
// goes into the text for the log. The driver's error stays in the chain, so that a transaction knows whether to
// try again.
func failed(d dialect, err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	what := fmt.Sprintf(format, args...)
	if _, ok := fault.Of(err); ok {
		return fmt.Errorf("%s: %w", what, err)
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", what, err)
	}
	if f := faultFor(d, err); f != nil {
		return fmt.Errorf("%s: %w: %w", what, f, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}

func faultFor(d dialect, err error) *fault.Fault {
	if errors.Is(err, sql.ErrNoRows) {
		return fault.New(fault.NotFound, msgNotFound)
	}
	switch d.class(err) {
	case duplicate:
		return fault.New(fault.Conflict, msgTaken)
	case dangling:
		return fault.New(fault.Invalid, msgReference)
	case transient, away:
		f := fault.New(fault.Busy, msgBusy)
		f.RetryAfter = 2
		return f
	}
	return nil
}
