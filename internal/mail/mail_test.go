package mail

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"io"
	"math/big"
	"mime"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"zona/internal/job"
)

// server is an SMTP server on the loopback interface that keeps what it takes.
type server struct {
	listener net.Listener
	tls      *tls.Config
	implicit bool
	plain    bool   // offers no encryption
	login    string // "user\x00password" that it asks for, "" for none
	refuse   string // answer to every receiver, "" to take it

	mu    sync.Mutex
	mails []taken
}

type taken struct {
	from, to  string
	data      string
	encrypted bool
	signedIn  bool
}

// serve starts a server and returns it with the settings that reach it.
func serve(t *testing.T, change func(*server)) (*server, Config) {
	t.Helper()
	cert, roots := certificate(t)
	s := &server{tls: &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}}
	if change != nil {
		change(s)
	}
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s.listener = l
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go s.talk(c)
		}
	}()
	port := l.Addr().(*net.TCPAddr).Port
	return s, Config{Host: "localhost", Port: port, TLS: StartTLS, From: "zona@contoh.example", Roots: roots}
}

func (s *server) talk(c net.Conn) {
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(10 * time.Second))
	var m taken
	if s.implicit {
		c = tls.Server(c, s.tls)
		m.encrypted = true
	}
	r := bufio.NewReader(c)
	say := func(lines ...string) { _, _ = io.WriteString(c, strings.Join(lines, "\r\n")+"\r\n") }
	say("220 localhost ready")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimRight(line, "\r\n"), " ")
		switch strings.ToUpper(verb) {
		case "EHLO":
			answer := []string{"250-localhost"}
			if !m.encrypted && !s.plain {
				answer = append(answer, "250-STARTTLS")
			}
			if s.login != "" {
				answer = append(answer, "250-AUTH PLAIN")
			}
			say(append(answer, "250 8BITMIME")...)
		case "STARTTLS":
			say("220 go on")
			c = tls.Server(c, s.tls)
			r, m.encrypted = bufio.NewReader(c), true
		case "AUTH":
			given, _ := base64.StdEncoding.DecodeString(strings.TrimPrefix(rest, "PLAIN "))
			if strings.TrimPrefix(string(given), "\x00") != s.login {
				say("535 5.7.8 wrong password for " + string(given))
				continue
			}
			m.signedIn = true
			say("235 welcome")
		case "MAIL":
			m.from = rest
			say("250 ok")
		case "RCPT":
			if s.refuse != "" {
				say(s.refuse)
				continue
			}
			m.to = rest
			say("250 ok")
		case "DATA":
			say("354 go on")
			var data strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				data.WriteString(strings.TrimPrefix(line, "."))
			}
			m.data = data.String()
			s.mu.Lock()
			s.mails = append(s.mails, m)
			s.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		default:
			say("250 ok")
		}
	}
}

func (s *server) taken() []taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]taken(nil), s.mails...)
}

// certificate makes one for localhost that vouches for itself.
func certificate(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

func send(t *testing.T, c Config, m Message) error {
	t.Helper()
	s, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	return s.Send(ctx, m)
}

var letter = Message{To: "ani@contoh.example", Subject: "Kata sandi baru – Zona", Body: "Yth. Ani,\n\nKode: ABCD-EFGH\n.\n.titik di awal baris\n"}

// read takes a mail apart as a mail program does.
func read(t *testing.T, data string) (header netmail.Header, body string) {
	t.Helper()
	m, err := netmail.ReadMessage(strings.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	return m.Header, strings.ReplaceAll(string(text), "\r\n", "\n")
}

func TestAMailArrivesWholeByEveryProtectedWay(t *testing.T) {
	t.Parallel()
	for _, way := range []struct {
		name      string
		server    func(*server)
		config    func(*Config)
		encrypted bool
		signedIn  bool
	}{
		{name: "STARTTLS", encrypted: true},
		{
			name: "STARTTLS with a password", encrypted: true, signedIn: true,
			server: func(s *server) { s.login = "zona\x00rahasia" },
			config: func(c *Config) { c.User, c.Password = "zona", "rahasia" },
		},
		{
			name: "TLS from the first byte", encrypted: true,
			server: func(s *server) { s.implicit = true },
			config: func(c *Config) { c.TLS = Implicit },
		},
		{
			name: "TLS from the first byte with a password", encrypted: true, signedIn: true,
			server: func(s *server) { s.implicit, s.login = true, "zona\x00rahasia" },
			config: func(c *Config) { c.TLS, c.User, c.Password = Implicit, "zona", "rahasia" },
		},
		{
			name:   "in the clear on this machine",
			server: func(s *server) { s.plain = true },
			config: func(c *Config) { c.TLS = Clear },
		},
	} {
		t.Run(way.name, func(t *testing.T) {
			t.Parallel()
			s, c := serve(t, way.server)
			if way.config != nil {
				way.config(&c)
			}
			if err := send(t, c, letter); err != nil {
				t.Fatal(err)
			}
			mails := s.taken()
			if len(mails) != 1 {
				t.Fatalf("%d mails arrived", len(mails))
			}
			m := mails[0]
			if m.encrypted != way.encrypted || m.signedIn != way.signedIn {
				t.Errorf("encrypted %v, signed in %v", m.encrypted, m.signedIn)
			}
			if !strings.Contains(m.from, "<zona@contoh.example>") || !strings.Contains(m.to, "<ani@contoh.example>") {
				t.Errorf("envelope from %s to %s", m.from, m.to)
			}
			header, body := read(t, m.data)
			subject, err := new(mime.WordDecoder).DecodeHeader(header.Get("Subject"))
			if err != nil || subject != letter.Subject {
				t.Errorf("subject %q, %v", subject, err)
			}
			if body != letter.Body {
				t.Errorf("body %q, want %q", body, letter.Body)
			}
			if kind := header.Get("Content-Type"); !strings.HasPrefix(kind, "text/plain") || strings.Contains(m.data, "multipart") {
				t.Errorf("content type %s", kind)
			}
			if header.Get("Auto-Submitted") != "auto-generated" || header.Get("User-Agent") != "" || header.Get("X-Mailer") != "" {
				t.Errorf("header %v", header)
			}
			if id := header.Get("Message-Id"); !strings.HasSuffix(id, "@contoh.example>") {
				t.Errorf("message id %s", id)
			}
		})
	}
}

// Nothing is said to a server that does not prove who it is, or that cannot keep a secret.
func TestNothingIsSentToAServerThatCannotBeTrusted(t *testing.T) {
	t.Parallel()
	for name, way := range map[string]struct {
		server func(*server)
		config func(*Config)
	}{
		"no encryption offered":   {server: func(s *server) { s.plain = true }},
		"a certificate of nobody": {config: func(c *Config) { c.Roots = x509.NewCertPool() }},
		"implicit TLS, a certificate of nobody": {
			server: func(s *server) { s.implicit = true }, config: func(c *Config) { c.TLS, c.Roots = Implicit, x509.NewCertPool() },
		},
		"a wrong password": {
			server: func(s *server) { s.login = "zona\x00rahasia" }, config: func(c *Config) { c.User, c.Password = "zona", "salah" },
		},
		"a password in the clear": {
			server: func(s *server) { s.plain, s.login = true, "zona\x00rahasia" },
			config: func(c *Config) { c.TLS, c.User, c.Password = StartTLS, "zona", "rahasia" },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, c := serve(t, way.server)
			if way.config != nil {
				way.config(&c)
			}
			err := send(t, c, letter)
			if err == nil || len(s.taken()) > 0 {
				t.Fatalf("error %v, mails %v", err, s.taken())
			}
			if job.IsFinal(err) {
				t.Errorf("an operator mends this, but the mail is given up: %v", err)
			}
		})
	}
}

func TestARefusedReceiverIsFinalAndABusyServerIsNotAndNeitherIsNamed(t *testing.T) {
	t.Parallel()
	for answer, final := range map[string]bool{
		"550 5.1.1 <ani@contoh.example> no such user": true,
		"450 4.2.1 <ani@contoh.example> is busy":      false,
	} {
		s, c := serve(t, func(s *server) { s.refuse = answer })
		err := send(t, c, letter)
		if err == nil || job.IsFinal(err) != final || len(s.taken()) > 0 {
			t.Errorf("%s: %v, final %v", answer, err, job.IsFinal(err))
			continue
		}
		if strings.Contains(err.Error(), "ani") || !strings.Contains(err.Error(), answer[:3]) {
			t.Errorf("the error is %q", err)
		}
	}
	down := Config{Host: "localhost", Port: 1, TLS: StartTLS, From: "zona@contoh.example"}
	if err := send(t, down, letter); err == nil || job.IsFinal(err) {
		t.Errorf("a server that is down: %v", err)
	}
}

// WB-02 for mails: whatever stands in an address or a subject, no header and no receiver is added.
func TestNoTextCanAddAHeaderOrAReceiver(t *testing.T) {
	t.Parallel()
	s, c := serve(t, nil)
	for _, m := range []Message{
		{To: "ani@contoh.example\r\nBcc: lain@contoh.example", Subject: "x"},
		{To: "ani@contoh.example, lain@contoh.example", Subject: "x"},
		{To: "Ani <ani@contoh.example>", Subject: "x"},
		{To: "ani@contoh.example>\r\nRCPT TO:<lain@contoh.example", Subject: "x"},
		{To: "ani(komentar)@contoh.example", Subject: "x"},
		{To: "", Subject: "x"},
		{To: "ani", Subject: "x"},
		{To: strings.Repeat("a", 250) + "@contoh.example", Subject: "x"},
		{To: "ani@contoh.example", Subject: "x\r\nBcc: lain@contoh.example"},
		{To: "ani@contoh.example", Subject: "x\nX-Lain: y"},
	} {
		if err := send(t, c, m); !job.IsFinal(err) {
			t.Errorf("%q, %q: %v", m.To, m.Subject, err)
		}
	}
	if found := s.taken(); len(found) > 0 {
		t.Fatalf("mails arrived: %v", found)
	}
	body := "<b>tebal</b>\r\nBcc: lain@contoh.example\r\n\r\n.\r\nQUIT\r\n"
	if err := send(t, c, Message{To: "ani@contoh.example", Subject: "=?utf-8?q?x?= <b>", Body: body}); err != nil {
		t.Fatal(err)
	}
	found := s.taken()
	if len(found) != 1 {
		t.Fatalf("%d mails arrived", len(found))
	}
	header, got := read(t, found[0].data)
	if header.Get("Bcc") != "" || !strings.HasPrefix(header.Get("Content-Type"), "text/plain") || strings.TrimRight(got, "\n") != strings.TrimRight(strings.ReplaceAll(body, "\r\n", "\n"), "\n") {
		t.Errorf("header %v, body %q", header, got)
	}
}

// WB-07: the name of the mail server can lead to no address where machines keep their own secrets.
func TestWB07NoMailGoesToAnAddressOfTheMachineItself(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]bool{
		"169.254.169.254": true, "::ffff:169.254.169.254": true, "fe80::1%eth0": true, "fd00:ec2::254": true,
		"0.0.0.0": true, "::": true, "224.0.0.1": true, "ff02::1": true,
		"127.0.0.1": false, "10.0.0.5": false, "192.168.1.1": false, "203.0.113.7": false, "2001:db8::1": false,
	} {
		if got := refused(netip.MustParseAddr(address)); got != want {
			t.Errorf("%s refused: %v", address, got)
		}
	}
	for _, host := range []string{"169.254.169.254", "0.0.0.0", "[::ffff:169.254.169.254]"} {
		dial := dialer(Config{}, nil)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		c, err := dial(ctx, "tcp", fmt.Sprintf("%s:25", host))
		cancel()
		if err == nil {
			_ = c.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "no mail server can be") {
			t.Errorf("%s was dialled: %v", host, err)
		}
	}
}
