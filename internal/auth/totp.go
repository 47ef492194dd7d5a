package auth

import (
	"context"
	"crypto/subtle"
	"fmt"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"
	"github.com/pquerna/otp/totp"

	"zona/internal/audit"
	"zona/internal/fault"
)

// What every authenticator app takes for granted: six digits of HMAC-SHA-1 that change each half minute.
const (
	totpPeriod = 30 // seconds
	totpDigits = 6
	// totpSkew is how many steps a clock may be off, either way.
	totpSkew = 1
)

// issuer is what apps write beside the account.
const issuer = "Zona"

// AppEnrolment is what an authenticator app has to be given.
type AppEnrolment struct {
	Secret string // base32 in groups of four, to type
	URL    string // otpauth://…, to scan
}

// BeginApp draws the secret of an authenticator app for the session's person. It opens nothing until ConfirmApp; each
// call makes the one before void.
func (s *Service) BeginApp(ctx context.Context, n Session) error {
	p, err := s.owner(ctx, n)
	if err != nil {
		return err
	}
	key, err := totp.Generate(totp.GenerateOpts{
		Issuer: issuer, AccountName: p.Login, Period: totpPeriod, SecretSize: 20, Digits: otp.DigitsSix, Rand: s.opt.Random,
	})
	if err != nil {
		return fmt.Errorf("draw the secret of an app: %w", err)
	}
	return s.inTx(ctx, func(ctx context.Context, st Store) error {
		f, err := st.Factors(ctx, p.ID)
		if err != nil {
			return err
		}
		if f.App() {
			return fault.New(fault.Conflict, "factor.fault.app_there")
		}
		return st.PutTOTP(ctx, TOTP{Person: p.ID, Secret: key.Secret()})
	})
}

// Enrolment returns the app that is being added; fault.NotFound when there is none.
func (s *Service) Enrolment(ctx context.Context, n Session) (AppEnrolment, error) {
	p, err := s.owner(ctx, n)
	if err != nil {
		return AppEnrolment{}, err
	}
	f, err := s.q.Factors(ctx, p.ID)
	if err != nil {
		return AppEnrolment{}, err
	}
	if f.TOTP == nil || f.App() {
		return AppEnrolment{}, fault.New(fault.NotFound, "fault.not_found")
	}
	url := fmt.Sprintf("otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=%d&period=%d",
		issuer, strings.ReplaceAll(p.Login, "+", "%2B"), f.TOTP.Secret, issuer, totpDigits, totpPeriod)
	return AppEnrolment{Secret: grouped(f.TOTP.Secret), URL: url}, nil
}

// grouped parts a text into fours, for those who type it.
func grouped(s string) string {
	var parts []string
	for len(s) > 4 {
		parts, s = append(parts, s[:4]), s[4:]
	}
	return strings.Join(append(parts, s), " ")
}

// ConfirmApp makes the app a second step once it gives a right code, and opens a strong session in place of n. With the
// first second step come the recovery codes, which are shown here and never again.
func (s *Service) ConfirmApp(ctx context.Context, n Session, code string) (Opened, []string, error) {
	p, err := s.owner(ctx, n)
	if err != nil {
		return Opened{}, nil, err
	}
	if err := s.throttle.beginFactor(p.ID); err != nil {
		return Opened{}, nil, err
	}
	var codes []string
	o, err := s.transact(ctx, func(ctx context.Context, st Store) (Opened, error) {
		before, err := st.Factors(ctx, p.ID)
		if err != nil {
			return Opened{}, err
		}
		if before.TOTP == nil || before.App() {
			return Opened{}, fault.New(fault.Conflict, "factor.fault.not_adding")
		}
		step, ok := stepOf(before.TOTP.Secret, code, st.Now())
		if !ok {
			return Opened{}, wrongCode()
		}
		done := *before.TOTP
		done.Confirmed, done.Step = st.Now(), step
		if err := st.PutTOTP(ctx, done); err != nil {
			return Opened{}, err
		}
		e := about(st, audit.FactorAdded, p)
		e.Changes = []audit.Change{{Field: "totp", To: "1"}}
		if err := st.Append(ctx, e); err != nil {
			return Opened{}, err
		}
		var o Opened
		n := n
		n.AuthedAt = st.Now()
		o, codes, err = s.added(ctx, st, p, n, before)
		return o, err
	})
	if err != nil {
		return Opened{}, nil, err
	}
	s.throttle.factorDone(p.ID)
	return o, codes, nil
}

// RemoveApp takes the authenticator app away. Removing one that is not there is no error.
func (s *Service) RemoveApp(ctx context.Context, n Session) (Opened, error) {
	p, err := s.owner(ctx, n)
	if err != nil {
		return Opened{}, err
	}
	return s.transact(ctx, func(ctx context.Context, st Store) (Opened, error) {
		f, err := st.Factors(ctx, p.ID)
		if err != nil {
			return Opened{}, err
		}
		if err := st.DeleteTOTP(ctx, p.ID); err != nil {
			return Opened{}, err
		}
		if f.App() {
			e := about(st, audit.FactorRemoved, p)
			e.Changes = []audit.Change{{Field: "totp", From: "1"}}
			if err := st.Append(ctx, e); err != nil {
				return Opened{}, err
			}
		}
		return s.removed(ctx, st, p, n)
	})
}

// stepOf finds the time step, now or one beside it, whose code this is.
func stepOf(secret, code string, at time.Time) (int64, bool) {
	code = digits(code)
	if len(code) != totpDigits {
		return 0, false
	}
	now := at.Unix() / totpPeriod
	found, ok := int64(0), false
	for step := now - totpSkew; step <= now+totpSkew; step++ {
		want, err := hotp.GenerateCodeCustom(secret, uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
		if err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			found, ok = step, true
		}
	}
	return found, ok
}

// digits takes blanks and hyphens out of what was typed.
func digits(s string) string { return strings.NewReplacer(" ", "", "-", "").Replace(s) }

func wrongCode() *fault.Fault { return fault.Form().With("code", "factor.fault.code") }
