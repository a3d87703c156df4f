package api

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// originOf is the scheme, host and port of a URL in the one form that origins are compared in (RFC 6454, section 4):
// lower case, default ports dropped, IPv6 addresses in brackets.
func originOf(u *url.URL) string {
	scheme, host, port := strings.ToLower(u.Scheme), strings.ToLower(u.Hostname()), u.Port()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port != "" && !(scheme == "https" && port == "443") && !(scheme == "http" && port == "80") {
		host += ":" + port
	}
	return scheme + "://" + host
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

// secure reports whether a parsed URL may be asked at all: HTTPS, or where loopback is allowed plain HTTP to it.
func secure(u *url.URL, loopback bool) bool {
	return u.Scheme == "https" || u.Scheme == "http" && loopback && charge.Loopback(u.Hostname())
}
