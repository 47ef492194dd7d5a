package auth

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"zona/internal/audit"
	"zona/internal/fault"
	"zona/internal/org"
)

// Limits of passkeys: how many one person has, and how long the name and the answer of a browser may be.
const (
	maxPasskeys    = 10
	maxPasskeyName = 60
	maxAnswer      = 16 << 10
)

// Passkeys checks what devices sign for one site.
type Passkeys struct{ site *webauthn.WebAuthn }

// NewPasskeys returns the checks for the site at this address. Browsers bind passkeys to a name, so a site that people
// reach by number has none: then it returns nil and no error.
func NewPasskeys(address string) (*Passkeys, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, fmt.Errorf("address of the site for passkeys: %w", err)
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil || u.Hostname() == "" {
		return nil, nil //nolint:nilnil // no passkeys is what nil means in Options too
	}
	site, err := webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: issuer, RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation,
		// A second step beside the password: that somebody is there is enough, a device without a PIN will do.
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementDiscouraged, UserVerification: protocol.VerificationPreferred,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("prepare passkeys for %s: %w", u.Hostname(), err)
	}
	return &Passkeys{site}, nil
}

// Holders of challenges. One that is added or given by somebody signed in belongs to the person, since the session's id
// changes on the way.
func signInHolder(pending string) string {
	hash := HashToken(pending)
	return "signin:" + hex.EncodeToString(hash[:])
}
func enrolHolder(person string) string { return "enrol:" + person }
func proofHolder(person string) string { return "proof:" + person }

// holderOfKeys is a person as package webauthn sees one.
type holderOfKeys struct {
	person org.Person
	keys   []webauthn.Credential
}

// WebAuthnID is webauthn.User's: the opaque id of the person.
func (h holderOfKeys) WebAuthnID() []byte { return []byte(h.person.ID) }

// WebAuthnName is webauthn.User's.
func (h holderOfKeys) WebAuthnName() string { return h.person.Login }

// WebAuthnDisplayName is webauthn.User's.
func (h holderOfKeys) WebAuthnDisplayName() string { return h.person.Name }

// WebAuthnCredentials is webauthn.User's.
func (h holderOfKeys) WebAuthnCredentials() []webauthn.Credential { return h.keys }

func keysOf(p org.Person, f Factors) (holderOfKeys, error) {
	h := holderOfKeys{person: p}
	for _, k := range f.Passkeys {
		var c webauthn.Credential
		if err := json.Unmarshal(k.Credential, &c); err != nil {
			return h, fmt.Errorf("read a passkey: %w", err)
		}
		h.keys = append(h.keys, c)
	}
	return h, nil
}

func notOffered() error { return fault.New(fault.Invalid, "factor.fault.not_offered") }

// BeginPasskey returns, as JSON for the browser, what a device is asked in order to become a passkey.
func (s *Service) BeginPasskey(ctx context.Context, n Session) ([]byte, error) {
	if s.opt.Passkeys == nil {
		return nil, notOffered()
	}
	p, err := s.owner(ctx, n)
	if err != nil {
		return nil, err
	}
	f, err := s.q.Factors(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	h, err := keysOf(p, f)
	if err != nil {
		return nil, err
	}
	options, session, err := s.opt.Passkeys.site.BeginRegistration(h, webauthn.WithExclusions(webauthn.Credentials(h.keys).CredentialDescriptors()))
	if err != nil {
		return nil, fmt.Errorf("ask for a new passkey: %w", err)
	}
	return s.challenge(ctx, enrolHolder(p.ID), options.Response, session)
}

// AskPasskey returns what a passkey of somebody who is signed in is asked, before a decisive act.
func (s *Service) AskPasskey(ctx context.Context, n Session) ([]byte, error) {
	p, err := s.owner(ctx, n)
	if err != nil {
		return nil, err
	}
	return s.ask(ctx, p, proofHolder(p.ID))
}

// AskPasskeyToSignIn is AskPasskey for a sign-in that waits.
func (s *Service) AskPasskeyToSignIn(ctx context.Context, pending string) ([]byte, error) {
	p, err := s.waiting(ctx, pending)
	if err != nil {
		return nil, err
	}
	return s.ask(ctx, p, signInHolder(pending))
}

func (s *Service) ask(ctx context.Context, p org.Person, holder string) ([]byte, error) {
	f, err := s.q.Factors(ctx, p.ID)
	if err != nil {
		return nil, err
	}
	if s.opt.Passkeys == nil || len(f.Passkeys) == 0 {
		return nil, notOffered()
	}
	h, err := keysOf(p, f)
	if err != nil {
		return nil, err
	}
	options, session, err := s.opt.Passkeys.site.BeginLogin(h)
	if err != nil {
		return nil, fmt.Errorf("ask a passkey: %w", err)
	}
	return s.challenge(ctx, holder, options.Response, session)
}

// challenge keeps what was asked and returns it for the browser.
func (s *Service) challenge(ctx context.Context, holder string, options any, session *webauthn.SessionData) ([]byte, error) {
	kept, err := json.Marshal(session)
	if err != nil {
		return nil, fmt.Errorf("keep a challenge: %w", err)
	}
	shown, err := json.Marshal(options)
	if err != nil {
		return nil, fmt.Errorf("write a challenge: %w", err)
	}
	return shown, s.inTx(ctx, func(ctx context.Context, st Store) error {
		return st.PutChallenge(ctx, Challenge{Holder: holder, Data: kept, Expires: st.Now().Add(waitLimit)})
	})
}

// taken returns a challenge and uses it up; a missing one is a wrong answer.
func taken(ctx context.Context, st Store, holder string) (webauthn.SessionData, error) {
	var session webauthn.SessionData
	c, err := st.TakeChallenge(ctx, holder)
	if fault.Is(err, fault.NotFound) {
		return session, wrongPasskey()
	}
	if err != nil {
		return session, err
	}
	if err := json.Unmarshal(c.Data, &session); err != nil {
		return session, fmt.Errorf("read a challenge: %w", err)
	}
	return session, nil
}

func wrongPasskey() *fault.Fault { return fault.Form().With("passkey", "factor.fault.passkey") }

// errRefused is wrapped by what a device's answer is refused for; it says more in the log than on the page.
var errRefused = errors.New("the answer of the passkey does not hold")

// NewPasskey is what AddPasskey needs.
type NewPasskey struct {
	Name   string
	Answer []byte // JSON as the browser gives it
}

// AddPasskey makes a device a second step and opens a strong session in place of n. With the first second step come the
// recovery codes, which are shown here and never again.
func (s *Service) AddPasskey(ctx context.Context, n Session, cmd NewPasskey) (Opened, []string, error) {
	if s.opt.Passkeys == nil {
		return Opened{}, nil, notOffered()
	}
	p, err := s.owner(ctx, n)
	if err != nil {
		return Opened{}, nil, err
	}
	f := fault.Form()
	f.Line("name", cmd.Name, 1, maxPasskeyName)
	if err := f.Err(); err != nil {
		return Opened{}, nil, err
	}
	if len(cmd.Answer) > maxAnswer {
		return Opened{}, nil, wrongPasskey()
	}
	answer, err := protocol.ParseCredentialCreationResponseBytes(cmd.Answer)
	if err != nil {
		return Opened{}, nil, wrongPasskey()
	}
	var codes []string
	o, err := s.transact(ctx, func(ctx context.Context, st Store) (Opened, error) {
		var o Opened
		o, codes, err = s.addPasskey(ctx, st, p, n, cmd.Name, answer)
		return o, err
	})
	if err != nil {
		return Opened{}, nil, err
	}
	return o, codes, nil
}

func (s *Service) addPasskey(ctx context.Context, st Store, p org.Person, n Session, name string, answer *protocol.ParsedCredentialCreationData) (Opened, []string, error) {
	before, err := st.Factors(ctx, p.ID)
	if err != nil {
		return Opened{}, nil, err
	}
	if len(before.Passkeys) >= maxPasskeys {
		return Opened{}, nil, fault.New(fault.Conflict, "factor.fault.many", "Count", maxPasskeys)
	}
	session, err := taken(ctx, st, enrolHolder(p.ID))
	if err != nil {
		return Opened{}, nil, err
	}
	h, err := keysOf(p, before)
	if err != nil {
		return Opened{}, nil, err
	}
	made, err := s.opt.Passkeys.site.CreateCredential(h, session, answer)
	if err != nil {
		return Opened{}, nil, fmt.Errorf("%w: %w: %w", wrongPasskey(), errRefused, err)
	}
	kept, err := json.Marshal(made)
	if err != nil {
		return Opened{}, nil, fmt.Errorf("write a passkey: %w", err)
	}
	err = st.InsertPasskey(ctx, Passkey{ID: made.ID, Person: p.ID, Name: name, Credential: kept, Created: st.Now()})
	if fault.Is(err, fault.Conflict) {
		return Opened{}, nil, fault.Form().With("passkey", "factor.fault.passkey_there")
	}
	if err != nil {
		return Opened{}, nil, err
	}
	e := about(st, audit.FactorAdded, p)
	e.Changes = []audit.Change{{Field: "passkey", To: "1"}}
	if err := st.Append(ctx, e); err != nil {
		return Opened{}, nil, err
	}
	return s.added(ctx, st, p, n, before)
}

// usePasskey checks the answer of a passkey and notes its counter. A counter that went back is a copy of the device: it
// is refused like any wrong answer.
func (s *Service) usePasskey(ctx context.Context, st Store, p org.Person, f Factors, raw []byte, holder string) error {
	if s.opt.Passkeys == nil || len(raw) > maxAnswer {
		return wrongPasskey()
	}
	answer, err := protocol.ParseCredentialRequestResponseBytes(raw)
	if err != nil {
		return wrongPasskey()
	}
	session, err := taken(ctx, st, holder)
	if err != nil {
		return err
	}
	h, err := keysOf(p, f)
	if err != nil {
		return err
	}
	used, err := s.opt.Passkeys.site.ValidateLogin(h, session, answer)
	if err != nil {
		return fmt.Errorf("%w: %w: %w", wrongPasskey(), errRefused, err)
	}
	if used.Authenticator.CloneWarning {
		return wrongPasskey()
	}
	kept, err := json.Marshal(used)
	if err != nil {
		return fmt.Errorf("write a passkey: %w", err)
	}
	return st.UsePasskey(ctx, Passkey{ID: used.ID, Person: p.ID, Credential: kept, Used: st.Now()})
}

// Ref names a passkey in addresses.
func (k *Passkey) Ref() string { return base64.RawURLEncoding.EncodeToString(k.ID) }

// RemovePasskey takes a passkey away. Removing one that is gone already is no error.
func (s *Service) RemovePasskey(ctx context.Context, n Session, ref string) (Opened, error) {
	p, err := s.owner(ctx, n)
	if err != nil {
		return Opened{}, err
	}
	id, err := base64.RawURLEncoding.DecodeString(ref)
	if err != nil {
		id = nil // names none
	}
	return s.transact(ctx, func(ctx context.Context, st Store) (Opened, error) {
		err := st.DeletePasskey(ctx, p.ID, id)
		switch {
		case fault.Is(err, fault.NotFound):
		case err != nil:
			return Opened{}, err
		default:
			e := about(st, audit.FactorRemoved, p)
			e.Changes = []audit.Change{{Field: "passkey", From: "1"}}
			if err := st.Append(ctx, e); err != nil {
				return Opened{}, err
			}
		}
		return s.removed(ctx, st, p, n)
	})
}
