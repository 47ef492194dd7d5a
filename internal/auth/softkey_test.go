package auth

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"
)

// softKey is an authenticator in software: one P-256 key that answers what a site asks, at whatever origin it is told.
type softKey struct {
	id      []byte
	key     *ecdsa.PrivateKey
	counter uint32
	origin  string
}

const siteURL = "https://zi.example"

func newSoftKey(t *testing.T) *softKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 16)
	if _, err := rand.Read(id); err != nil {
		t.Fatal(err)
	}
	return &softKey{id: id, key: key, origin: siteURL}
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (k *softKey) client(t *testing.T, kind string, options []byte) []byte {
	t.Helper()
	var asked struct {
		Challenge string `json:"challenge"`
	}
	if err := json.Unmarshal(options, &asked); err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(map[string]any{"type": kind, "challenge": asked.Challenge, "origin": k.origin, "crossOrigin": false})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// data is the authenticator data: the site, "somebody is there and was recognised", the counter, and what follows.
func (k *softKey) data(flags byte, rest []byte) []byte {
	site := sha256.Sum256([]byte("zi.example"))
	k.counter++
	b := append(site[:], flags)
	b = binary.BigEndian.AppendUint32(b, k.counter)
	return append(b, rest...)
}

// create answers what BeginPasskey asks, with the attestation "none".
func (k *softKey) create(t *testing.T, options []byte) []byte {
	t.Helper()
	point, err := k.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		t.Fatal(err)
	}
	// The key as COSE: {1: 2, 3: -7, -1: 1, -2: x, -3: y}.
	cose := append([]byte{0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32}, point[1:33]...)
	cose = append(append(cose, 0x22, 0x58, 32), point[33:]...)
	rest := binary.BigEndian.AppendUint16(make([]byte, 16), uint16(len(k.id)))
	data := k.data(0x45, append(append(rest, k.id...), cose...))
	object := append([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x58"), byte(len(data)))
	answer, err := json.Marshal(map[string]any{
		"id": b64(k.id), "rawId": b64(k.id), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{"clientDataJSON": b64(k.client(t, "webauthn.create", options)), "attestationObject": b64(append(object, data...))},
	})
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// get answers what a site asks of a passkey that is there.
func (k *softKey) get(t *testing.T, options []byte) []byte {
	t.Helper()
	client, data := k.client(t, "webauthn.get", options), k.data(0x05, nil)
	sum := sha256.Sum256(client)
	signed := sha256.Sum256(append(append([]byte{}, data...), sum[:]...))
	signature, err := ecdsa.SignASN1(rand.Reader, k.key, signed[:])
	if err != nil {
		t.Fatal(err)
	}
	answer, err := json.Marshal(map[string]any{
		"id": b64(k.id), "rawId": b64(k.id), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return answer
}

// withPasskey is setup with a passkey of siti and the session that it was added in.
func withPasskey(t *testing.T) (*Service, *memory, *softKey, Session) {
	t.Helper()
	s, m := setup(t)
	var err error
	if s.opt.Passkeys, err = NewPasskeys(siteURL); err != nil {
		t.Fatal(err)
	}
	o := enter(t, s)
	key := newSoftKey(t)
	options, err := s.BeginPasskey(context.Background(), o.Session)
	if err != nil {
		t.Fatal(err)
	}
	added, codes, err := s.AddPasskey(context.Background(), o.Session, NewPasskey{Name: "Ponsel", Answer: key.create(t, options)})
	if err != nil || len(codes) != recoveryCodes {
		t.Fatalf("%v, %d codes", err, len(codes))
	}
	return s, m, key, added.Session
}

// enter signs siti in.
func enter(t *testing.T, s *Service) Opened {
	t.Helper()
	o, err := s.SignIn(context.Background(), Credentials{Login: "siti@pn.example", Password: secret})
	if err != nil {
		t.Fatal(err)
	}
	return o
}
