package auth

import (
	"context"
	"testing"
)

func TestAN06APasskeyAnswersItsOwnSiteOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name  string
		spoil func(k *softKey, first, answer []byte) []byte
		ok    bool
	}{
		{"the right answer", func(_ *softKey, _, answer []byte) []byte { return answer }, true},
		{"an answer that was given before", func(_ *softKey, first, _ []byte) []byte { return first }, false},
		{"no JSON", func(*softKey, []byte, []byte) []byte { return []byte("{") }, false},
		{"an answer without end", func(*softKey, []byte, []byte) []byte { return make([]byte, maxAnswer+1) }, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			s, _, key, _ := withPasskey(t)
			ctx := context.Background()
			var first []byte
			for round := range 2 {
				o := enter(t, s)
				options, err := s.AskPasskeyToSignIn(ctx, o.Pending)
				if err != nil {
					t.Fatal(err)
				}
				answer := key.get(t, options)
				if round == 1 {
					answer = c.spoil(key, first, answer)
				}
				first = answer
				_, err = s.FinishSignIn(ctx, Finish{Pending: o.Pending, Proof: Proof{Passkey: answer}})
				if (err == nil) != (round == 0 || c.ok) {
					t.Errorf("round %d: %v", round, err)
				}
			}
		})
	}
}

func TestAN06APasskeyOfAnotherSiteKeyPersonOrQuestionIsRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, c := range map[string]func(t *testing.T, s *Service, k *softKey) (holder string, answer []byte){
		"another origin": func(t *testing.T, s *Service, k *softKey) (string, []byte) {
			t.Helper()
			k.origin = "https://zi.example.evil.example"
			o, options := asked(t, s)
			return o, k.get(t, options)
		},
		"plain HTTP": func(t *testing.T, s *Service, k *softKey) (string, []byte) {
			t.Helper()
			k.origin = "http://zi.example"
			o, options := asked(t, s)
			return o, k.get(t, options)
		},
		"another key under the same name": func(t *testing.T, s *Service, k *softKey) (string, []byte) {
			t.Helper()
			other := newSoftKey(t)
			other.id = k.id
			o, options := asked(t, s)
			return o, other.get(t, options)
		},
		"a counter that went back": func(t *testing.T, s *Service, k *softKey) (string, []byte) {
			t.Helper()
			k.counter = 0
			o, options := asked(t, s)
			return o, k.get(t, options)
		},
		"the question of another sign-in": func(t *testing.T, s *Service, k *softKey) (string, []byte) {
			t.Helper()
			_, options := asked(t, s)
			o, _ := asked(t, s)
			return o, k.get(t, options)
		},
		"no question at all": func(t *testing.T, s *Service, k *softKey) (string, []byte) {
			t.Helper()
			return enter(t, s).Pending, k.get(t, []byte(`{"challenge":"AAAA"}`))
		},
		"a question that has run out": func(t *testing.T, s *Service, k *softKey) (string, []byte) {
			t.Helper()
			_, options := asked(t, s)
			s.q.(*memory).now = s.q.(*memory).now.Add(waitLimit)
			return enter(t, s).Pending, k.get(t, options)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, m, key, _ := withPasskey(t)
			key.counter = 5 // used in between
			sessions := len(m.state.sessions)
			pending, answer := c(t, s, key)
			_, err := s.FinishSignIn(ctx, Finish{Pending: pending, Proof: Proof{Passkey: answer}})
			if said(err) != "fault.invalid passkey=factor.fault.passkey" || len(m.state.sessions) != sessions {
				t.Errorf("%q, %d sessions more", said(err), len(m.state.sessions)-sessions)
			}
		})
	}
}

// asked begins a sign-in of siti up to the question to her passkey.
func asked(t *testing.T, s *Service) (pending string, options []byte) {
	t.Helper()
	o := enter(t, s)
	options, err := s.AskPasskeyToSignIn(context.Background(), o.Pending)
	if err != nil {
		t.Fatal(err)
	}
	return o.Pending, options
}

func TestAN06APasskeyOfAnotherOriginIsNotAdded(t *testing.T) {
	t.Parallel()
	s, m, _, n := withPasskey(t)
	ctx := context.Background()
	for origin, want := range map[string]string{"https://evil.example": "fault.invalid passkey=factor.fault.passkey", siteURL: ""} {
		options, err := s.BeginPasskey(ctx, n)
		if err != nil {
			t.Fatal(err)
		}
		key := newSoftKey(t)
		key.origin = origin
		o, codes, err := s.AddPasskey(ctx, n, NewPasskey{Name: "Kunci", Answer: key.create(t, options)})
		if said(err) != want || len(codes) != 0 {
			t.Errorf("%s: %q, %d codes", origin, said(err), len(codes))
		}
		if err == nil {
			n = o.Session
		}
	}
	if len(m.state.factors.keys) != 2 {
		t.Errorf("%d passkeys", len(m.state.factors.keys))
	}
}

func TestASiteThatIsReachedByNumberOffersNoPasskeys(t *testing.T) {
	t.Parallel()
	for url, offered := range map[string]bool{"https://zi.example": true, "http://localhost:8080": true, "https://192.0.2.7": false, "https://[2001:db8::1]:8": false, "": false} {
		keys, err := NewPasskeys(url)
		if err != nil || (keys != nil) != offered {
			t.Errorf("%q: %v, %v", url, keys != nil, err)
		}
	}
}
