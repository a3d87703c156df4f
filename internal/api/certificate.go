package api

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

const caHint = "if a proxy of your network signs its own certificates, set CHARGE_CA_FILE to a file with its CA"

// untrusted makes the error of a handshake that failed over the certificate of at, which no retry fixes; nil when it
// failed over something else. The hint goes by the cause, because a CA file helps against one of them alone.
func untrusted(u *url.URL, at string, err error) *charge.Error {
	e := &charge.Error{Kind: charge.KindCertificate, Err: err, Reason: fmt.Sprintf("the certificate of %s is not trusted: ", at)}
	if host, ok := errors.AsType[x509.HostnameError](err); ok {
		e.Reason += "it is for " + namesOf(host.Certificate) + ", not for " + host.Host
		e.Hint = "check the host name " + u.Hostname() + ", and whether something in between answers in its place"
		return e
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired {
		now := time.Now().UTC()
		if now.Before(invalid.Cert.NotBefore) {
			e.Reason += "it is not valid before " + minute(invalid.Cert.NotBefore)
		} else {
			e.Reason += "it expired at " + minute(invalid.Cert.NotAfter)
		}
		e.Hint = fmt.Sprintf("check the clock of this machine, which says %s; where it is right, %s needs a new certificate", minute(now), u.Host)
		return e
	}
	if authority(err) {
		e.Reason += "nobody that this machine trusts has signed it"
		e.Hint = caHint
		return e
	}
	if verification, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		e.Reason += verification.Err.Error()
		return e
	}
	return nil
}

// authority reports whether a certificate is signed by somebody who is not trusted, or by nobody.
func authority(err error) bool {
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, roots := errors.AsType[x509.SystemRootsError](err)
	return unknown || roots
}

// namesOf are the names that a certificate is for, as many as a line holds.
func namesOf(cert *x509.Certificate) string {
	names := append([]string(nil), cert.DNSNames...)
	for _, ip := range cert.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return "no host name"
	}
	return charge.Clip(strings.Join(names, ", "), 100)
}

func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }
