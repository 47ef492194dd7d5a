package auth

import (
	"context"
	"fmt"
	"io"
	"strings"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/org"
)

// Recovery codes stand in for a second step that is lost. 80 bits each: as a second step they are tried five times in a
// quarter of an hour, and what is stored of them cannot be searched through.
const (
	recoveryCodes  = 10
	recoveryGroups = 4
	recoveryGroup  = 4 // letters of 5 bits each
)

// IssueRecovery makes ten recovery codes, shown here and never again, and makes the ones before void.
func (s *Service) IssueRecovery(ctx context.Context, n Session) ([]string, error) {
	p, err := s.owner(ctx, n)
	if err != nil {
		return nil, err
	}
	var codes []string
	err = s.inTx(ctx, func(ctx context.Context, st Store) error {
		f, err := st.Factors(ctx, p.ID)
		if err != nil {
			return err
		}
		if !f.Any() {
			return fault.New(fault.Conflict, "factor.fault.none")
		}
		codes, err = s.newRecovery(ctx, st, p)
		return err
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}

func (s *Service) newRecovery(ctx context.Context, st Store, p org.Person) ([]string, error) {
	codes, hashes := make([]string, recoveryCodes), make([][32]byte, recoveryCodes)
	for i := range codes {
		code, err := newRecoveryCode(s.opt.Random)
		if err != nil {
			return nil, err
		}
		codes[i], hashes[i] = code, HashCode(code)
	}
	if err := st.ReplaceRecovery(ctx, p.ID, hashes); err != nil {
		return nil, err
	}
	return codes, st.Append(ctx, about(st, audit.RecoveryIssued, p))
}

func newRecoveryCode(random io.Reader) (string, error) {
	var b [recoveryGroups * recoveryGroup]byte
	if _, err := io.ReadFull(random, b[:]); err != nil {
		return "", fmt.Errorf("draw a recovery code: %w", err)
	}
	var text strings.Builder
	for i, c := range b {
		if i > 0 && i%recoveryGroup == 0 {
			text.WriteByte('-')
		}
		text.WriteByte(codeLetters[c%byte(len(codeLetters))])
	}
	return text.String(), nil
}
