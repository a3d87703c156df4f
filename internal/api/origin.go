package api

import (
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// originOf is the scheme, host and port of a URL in the one form that origins are compared in (RFC 6454, section 4):
// lower case, default ports dropped, IPv6 addresses in brackets.
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

// escapeQuery escapes what cannot stand in a request line, and nothing else: the rest may be signed.
func escapeQuery(query string) string {
	var escaped strings.Builder
	for _, b := range []byte(query) {
		if b <= ' ' || b >= 0x7f || b == '"' || b == '<' || b == '>' {
			fmt.Fprintf(&escaped, "%%%02X", b)
			continue
		}
		escaped.WriteByte(b)
	}
	return escaped.String()
}

// secure reports whether a URL may be asked at all: HTTPS, or where loopback is allowed plain HTTP to it.
func secure(u *url.URL, loopback bool) bool {
	switch strings.ToLower(u.Scheme) {
	case "https":
		return true
	case "http":
		return loopback && charge.Loopback(u.Hostname())
	default:
		return false
	}
}
