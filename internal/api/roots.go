package api

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"os"
	"slices"
	"sync"

	"github.com/chargectl/chargectl/internal/charge"
)

// roots are the certificates that are trusted: the system's, and those of a CA file. The system's take milliseconds to
// read, so that is done only for a handshake that needs them: beside its dial where there is no CA file, and else when a
// certificate has no chain to the file's.
type roots struct {
	own    *x509.CertPool // the CA file's; nil without one
	pem    []byte
	system func() // has crypto/x509 read the system's, which it does once
	all    func() *x509.CertPool
}

// newRoots reads the CA file; empty is none.
func newRoots(caFile string) (*roots, error) {
	r := &roots{system: sync.OnceFunc(func() { _, _ = x509.SystemCertPool() })}
	if caFile == "" {
		return r, nil
	}
	var err error
	if r.pem, err = os.ReadFile(caFile); err != nil {
		return nil, charge.Usagef("the CA file cannot be read: %w", err)
	}
	if r.own = x509.NewCertPool(); !r.own.AppendCertsFromPEM(r.pem) {
		return nil, charge.Usagef("the CA file %s holds no certificate in PEM form", caFile)
	}
	r.all = sync.OnceValue(r.both)
	return r, nil
}

// both are the system's certificates and the CA file's.
func (r *roots) both() *x509.CertPool {
	pool, err := x509.SystemCertPool()
	if err != nil {
		pool = x509.NewCertPool()
	}
	pool.AppendCertsFromPEM(r.pem)
	return pool
}

// throughProxies are the roots for hosts behind a proxy, to which secure does not dial; nil is the system's own. Where
// the environment names no proxy nothing uses them.
func (r *roots) throughProxies() *x509.CertPool {
	named := func(variable string) bool { return os.Getenv(variable) != "" }
	if r.own == nil || !slices.ContainsFunc([]string{"HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"}, named) {
		return r.own
	}
	return r.all()
}

// errHandshake ends in the words that net/http has for it.
var errHandshake = errors.New("TLS handshake timeout")

// secure has a transport's connections to hosts behind TLS, but for those through a proxy, trust these roots.
func (r *roots) secure(t *http.Transport) {
	t.DialTLSContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		if r.own == nil {
			go r.system()
		}
		host, _, err := net.SplitHostPort(addr)
		if err != nil {
			return nil, err
		}
		conn, err := t.DialContext(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		config := t.TLSClientConfig.Clone()
		config.ServerName = host
		if r.own != nil {
			// Not to skip it: verify does all that the handshake would do, against one set of roots after the other.
			config.InsecureSkipVerify = true
			config.VerifyConnection = func(state tls.ConnectionState) error { return r.verify(host, state.PeerCertificates) }
		}
		secured := tls.Client(conn, config)
		limited, cancel := context.WithTimeout(ctx, t.TLSHandshakeTimeout)
		defer cancel()
		if err := secured.HandshakeContext(limited); err != nil {
			_ = conn.Close()
			if limited.Err() != nil && ctx.Err() == nil {
				err = errHandshake
			}
			return nil, err
		}
		return secured, nil
	}
}

// verify is what crypto/tls does with a server's certificates. The host is given: a ConnectionState has no name where that
// is an address.
func (r *roots) verify(host string, certificates []*x509.Certificate) error {
	options := x509.VerifyOptions{Roots: r.own, DNSName: host, Intermediates: x509.NewCertPool()}
	for _, certificate := range certificates[1:] {
		options.Intermediates.AddCert(certificate)
	}
	_, err := certificates[0].Verify(options)
	if err != nil {
		options.Roots = r.all()
		_, err = certificates[0].Verify(options)
	}
	if err != nil {
		return &tls.CertificateVerificationError{UnverifiedCertificates: certificates, Err: err}
	}
	return nil
}
