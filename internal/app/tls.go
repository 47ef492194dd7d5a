package app

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"zona/internal/config"
)

// selfSignedFor is how long a certificate of our own lasts; browsers refuse longer ones.
const selfSignedFor = 825 * 24 * time.Hour

// serverTLS returns how the listener is protected; nil for plain HTTP on loopback and behind a proxy.
func serverTLS(cfg config.Config, now time.Time) (*tls.Config, error) {
	certificate, key := cfg.Certificate, cfg.Key
	switch cfg.TLS {
	case "files":
	case "self-signed":
		var err error
		if certificate, key, err = selfSigned(cfg, now); err != nil {
			return nil, err
		}
	default:
		return nil, nil //nolint:nilnil // no TLS is an answer here, not a missing value
	}
	pair, err := tls.LoadX509KeyPair(certificate, key)
	if err != nil {
		return nil, fmt.Errorf("load certificate %s: %w", certificate, err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}, nil
}

// selfSigned returns the instance's own certificate, made at first start and again when it is about to end.
func selfSigned(cfg config.Config, now time.Time) (certificate, key string, err error) {
	certificate, key = filepath.Join(cfg.Data, "certificate.pem"), filepath.Join(cfg.Data, "certificate.key")
	if pair, err := tls.LoadX509KeyPair(certificate, key); err == nil && now.Add(30*24*time.Hour).Before(pair.Leaf.NotAfter) {
		return certificate, key, nil
	} else if err != nil && !errors.Is(err, os.ErrNotExist) {
		return "", "", fmt.Errorf("own certificate %s: %w", certificate, err)
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return "", "", err
	}
	template := &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: "Zona"},
		NotBefore:    now.Add(-time.Hour),
		NotAfter:     now.Add(selfSignedFor),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, name := range hostNames(cfg) {
		if ip := net.ParseIP(name); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, name)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return "", "", err
	}
	rawKey, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", "", err
	}
	if err := os.MkdirAll(cfg.Data, 0o700); err != nil {
		return "", "", err
	}
	if err := writePEM(key, "PRIVATE KEY", rawKey); err != nil {
		return "", "", err
	}
	return certificate, key, writePEM(certificate, "CERTIFICATE", der)
}

// hostNames are the names under which people reach the server.
func hostNames(cfg config.Config) []string {
	names := []string{"localhost", "127.0.0.1", "::1"}
	if u, err := url.Parse(cfg.URL); err == nil && u.Hostname() != "" {
		names = append(names, u.Hostname())
	}
	if host, _, err := net.SplitHostPort(cfg.Listen); err == nil && host != "" {
		names = append(names, host)
	}
	if own, err := os.Hostname(); err == nil {
		names = append(names, own)
	}
	return names
}

func writePEM(path, kind string, der []byte) error {
	f, err := os.OpenFile(filepath.Clean(path), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return errors.Join(pem.Encode(f, &pem.Block{Type: kind, Bytes: der}), f.Sync(), f.Close())
}
