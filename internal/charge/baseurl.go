package charge

import (
	"net/netip"
	"net/url"
	"strings"
)

// ParseBaseURL reads the address of the API. It must be what a key may be sent to: HTTPS, or plain HTTP that never
// leaves this machine, without user, query and fragment. Anything else is a usage error, which repeats no more of the
// text than its host: people paste passwords and keys.
func ParseBaseURL(text string) (*url.URL, error) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "":
		return nil, Usagef("the base URL must look like https://HOST/PATH")
	case u.User != nil:
		return nil, Usagef("the base URL must not hold a user name or password: the key is all that is sent")
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		return nil, Usagef("the base URL must end with its path: no ? and no #")
	case u.Scheme == "https", u.Scheme == "http" && Loopback(u.Hostname()):
		return u, nil
	case u.Scheme == "http":
		return nil, Usagef("the base URL must be https: %q is not this machine, and a key must not travel in the clear",
			HideKeys(Clip(u.Hostname(), maxEcho)))
	default:
		return nil, Usagef("the base URL must start with https://")
	}
}

// Loopback reports whether a host is this machine: localhost, 127.0.0.0/8 or ::1 (RFC 6761, section 6.3, and RFC 6890).
func Loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.IsLoopback()
}
