package api

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/url"

	"github.com/chargectl/chargectl/internal/charge"
)

// unreachable makes the error of a request that no response came to. It names the proxy in use, because a bare
// timeout behind a proxy tells nobody where to look.
func (c *Client) unreachable(u *url.URL, err error) *charge.Error {
	proxy, proxyErr := proxyFor(c.transport, u)
	if proxyErr != nil {
		return asError(proxyErr)
	}
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err // its text repeats the URL, query included
	}
	if untrusted(err) {
		return &charge.Error{
			Kind:   charge.KindCertificate,
			Reason: fmt.Sprintf("the certificate of %s is not trusted%s: %v", u.Host, through(proxy), err),
			Hint:   "if a proxy of your network signs its own certificates, set CHARGE_CA_FILE to a file with its CA",
			Err:    err,
		}
	}
	return charge.Errorf(charge.KindTemporary, "cannot reach %s%s: %w", u.Host, through(proxy), withoutContext(err))
}

func through(proxy string) string {
	if proxy == "" {
		return ""
	}
	return " through proxy " + proxy
}

// untrusted reports whether a handshake failed over the certificate, which no retry mends.
func untrusted(err error) bool {
	_, verification := errors.AsType[*tls.CertificateVerificationError](err)
	_, authority := errors.AsType[x509.UnknownAuthorityError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	_, host := errors.AsType[x509.HostnameError](err)
	_, roots := errors.AsType[x509.SystemRootsError](err)
	return verification || authority || invalid || host || roots
}

// withoutContext keeps a cause unless it would pass for the end of the caller's context: a timeout of the network is
// context.DeadlineExceeded to errors.Is as well.
func withoutContext(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return errors.New(err.Error())
	}
	return err
}
