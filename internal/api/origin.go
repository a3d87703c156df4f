package api

import (
	"net"
	"net/netip"
	"net/url"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// Origin returns the scheme, host and port of a base URL in the one form that origins are compared in (RFC 6454,
// section 4): lower case, default ports dropped, IPv6 addresses in brackets. What is no base URL is a usage error.
func Origin(baseURL string) (string, error) {
	u, err := parseBase(baseURL)
	if err != nil {
		return "", err
	}
	return originOf(u), nil
}

func originOf(u *url.URL) string {
	scheme, host, port := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()
	if port != "" && port != defaultPort(scheme) {
		return scheme + "://" + net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	return scheme + "://" + host
}

func defaultPort(scheme string) string {
	switch scheme {
	case "https":
		return "443"
	case "http":
		return "80"
	default:
		return ""
	}
}

// parseBase accepts what the key may be sent to: HTTPS, or plain HTTP that never leaves this machine. A URL with a
// password in it is never repeated in the error.
func parseBase(baseURL string) (*url.URL, error) {
	u, err := url.Parse(baseURL)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, charge.Usagef("the base URL is not a URL with a host, such as https://api.chargeapi.co/v1")
	case u.User != nil:
		return nil, charge.Usagef("the base URL of %s holds a user name or password; the key is all that is sent", u.Host)
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(baseURL, "#"):
		return nil, charge.Usagef("the base URL %s must end with its path: no query, no fragment", maskURL(u))
	case !secure(u, true):
		return nil, charge.Usagef("the base URL %q must be https; plain http is for localhost, 127.0.0.0/8 and [::1] alone",
			charge.Clip(baseURL, 200))
	}
	return u, nil
}

// secure reports whether a URL may be asked at all: HTTPS, or where loopback is allowed plain HTTP to it.
func secure(u *url.URL, loopback bool) bool {
	switch strings.ToLower(u.Scheme) {
	case "https":
		return true
	case "http":
		return loopback && isLoopback(u.Hostname())
	default:
		return false
	}
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
