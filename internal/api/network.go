package api

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// unreachable makes the error of a request that no response came to. It names the proxy in use, because a bare
// timeout behind a proxy does not tell where to search.
func (c *Client) unreachable(u *url.URL, err error) *charge.Error {
	proxy, proxyErr := proxyFor(c.options.Transport, u)
	if proxyErr != nil {
		return charge.AsError(proxyErr)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // its text repeats the URL, query included
	}
	if e, ok := errors.AsType[*charge.Error](err); ok && e.Kind != charge.KindTemporary {
		return e.About("", "")
	}
	at := u.Host
	if proxy != "" {
		at += " through proxy " + proxy
	}
	if e := untrusted(u, at, err); e != nil {
		return e
	}
	e := charge.Errorf(charge.KindTemporary, "cannot reach %s: %s", at, inWords(err))
	if errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || closed(err) { // there was a connection before
		e.Reason = "the connection to " + at + " broke: " + inWords(err)
	}
	if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
		e.Hint = "allow more open files, such as with: ulimit -n 4096"
	}
	e.Err = foreign(err)
	return e
}

// untrusted makes the error of a handshake that failed over the certificate of at, which no retry fixes; nil when it
// failed over something else. The hint goes by the cause, because a CA file helps against one of them alone.
func untrusted(u *url.URL, at string, err error) *charge.Error {
	var (
		host    x509.HostnameError
		invalid x509.CertificateInvalidError
		unknown x509.UnknownAuthorityError
		roots   x509.SystemRootsError
		other   *tls.CertificateVerificationError
	)
	reason, hint := "", ""
	switch now := time.Now(); {
	case errors.As(err, &host):
		reason = "it is for " + namesOf(host.Certificate) + ", not for " + host.Host
		hint = "check the host name " + u.Hostname() + ", and whether something in between answers in its place"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		reason = "it expired at " + minute(invalid.Cert.NotAfter)
		if now.Before(invalid.Cert.NotBefore) {
			reason = "it is not valid before " + minute(invalid.Cert.NotBefore)
		}
		hint = "check the clock of this machine, which says " + minute(now) + "; where it is right, " + u.Host +
			" needs a new certificate"
	case errors.As(err, &unknown), errors.As(err, &roots):
		reason = "nobody that this machine trusts has signed it"
		hint = "if a proxy of your network signs its own certificates, set CHARGE_CA_FILE to a file with its CA"
	case errors.As(err, &other):
		reason = other.Err.Error()
	default:
		return nil
	}
	e := charge.Errorf(charge.KindCertificate, "the certificate of %s is not trusted: %s", at, reason)
	e.Hint, e.Err = hint, err
	return e
}

// namesOf are the names that a certificate is for, as many as a line holds.
func namesOf(cert *x509.Certificate) string {
	names := slices.Clone(cert.DNSNames)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	return charge.Clip(cmp.Or(strings.Join(names, ", "), "no host name"), 100)
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// closed reports whether the other side closed the connection in good order, but without an answer.
func closed(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, net.ErrClosed) ||
		strings.HasSuffix(err.Error(), "server closed idle connection")
}

// inWords describes an error of the network in the words of the operating system or plainer ones. Those of the library
// repeat addresses and name functions.
func inWords(err error) string {
	var dns *net.DNSError
	var number syscall.Errno
	var timeout net.Error
	switch {
	case errors.As(err, &dns) && dns.IsNotFound:
		return "no such host: DNS does not know " + dns.Name
	case errors.As(err, &dns) && dns.IsTimeout:
		return "DNS did not answer when asked for " + dns.Name
	case errors.As(err, &dns):
		return "DNS could not resolve " + dns.Name + " (" + dns.Err + ")"
	case errors.As(err, &number):
		return number.Error()
	case closed(err):
		return "it was closed before an answer came"
	case strings.HasSuffix(err.Error(), "timeout awaiting response headers"):
		return "no answer within 30 s"
	case strings.HasSuffix(err.Error(), "TLS handshake timeout"):
		return "no TLS handshake within 10 s"
	case errors.As(err, &timeout) && timeout.Timeout() && dialing(err):
		return "no connection within 10 s"
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return op.Err.Error()
	}
	return err.Error()
}

func dialing(err error) bool {
	op, ok := errors.AsType[*net.OpError](err)
	return ok && (op.Op == "dial" || op.Op == "proxyconnect")
}

// foreign keeps a cause unless it would pass for one of our own: to errors.Is a timeout of the network is
// context.DeadlineExceeded, as the end of the caller's context is, and a broken connection is the errno of a closed
// standard output.
func foreign(err error) error {
	_, number := errors.AsType[syscall.Errno](err)
	if number || errors.Is(err, io.ErrClosedPipe) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return errors.New(err.Error())
	}
	return err
}
