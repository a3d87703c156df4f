// Package credential finds, keeps and forgets the API key: from the environment, a command, a file, the profile in use
// or the system's keyring. It is the only package that knows the keyring.
//
// It is not for settings: the caller reads those (package config) and hands over what they say as Sources, and writes
// the profile when Login or Logout ask for it. Nor does it know the idempotency keys of requests (package charge).
//
// The first source that is set counts. One that is set and fails is an error, and the next one is not tried: a run that
// silently used another account's key would be worse than one that ends.
package credential

import (
	"fmt"
	"io"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	redacted  = "[API key]"
	maxKey    = 512
	minTelled = 20 // a shorter key would be given away by its last four characters
)

// Key is a secret API key. Whatever prints, logs or encodes one shows "[API key]"; only Secret gives it away.
type Key struct {
	// A function, because reflection prints the text of unexported string fields without asking any method.
	secret func() string
	source string
}

// ParseKey reads a key that a person or a store gave: ch_ and printable ASCII, one trailing line end dropped. The
// error is of KindUsage and never repeats the text.
func ParseKey(text string) (Key, error) {
	text = strings.TrimSuffix(strings.TrimSuffix(text, "\n"), "\r")
	switch {
	case text == "":
		return Key{}, charge.Usagef("the key is empty")
	case len(text) > maxKey:
		return Key{}, charge.Usagef("the key is longer than %d bytes", maxKey)
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }):
		return Key{}, charge.Usagef("the key holds spaces, line ends or other characters that no key has")
	case !strings.HasPrefix(text, "ch_") || text == "ch_":
		return Key{}, charge.Usagef("this is not a key of the Charge API: those start with ch_sk_test_ or ch_sk_live_")
	}
	return Key{secret: func() string { return text }}, nil
}

// Secret returns the key itself, for the Authorization header and for nothing else.
func (k Key) Secret() string {
	if k.secret == nil {
		return ""
	}
	return k.secret()
}

// Source says where the key was found, such as "environment CHARGE_API_KEY"; empty for a key just parsed.
func (k Key) Source() string { return k.source }

// Mode says whether the key reaches test or live data.
func (k Key) Mode() charge.Mode { return charge.ModeOf(k.Secret()) }

// Last4 returns the last four characters, by which people tell keys apart; empty for a key too short to hide the rest.
func (k Key) Last4() string {
	secret := k.Secret()
	if len(secret) < minTelled {
		return ""
	}
	return secret[len(secret)-4:]
}

// Format shows no part of the key, whatever the verb.
func (k Key) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, redacted) }

// MarshalText shows no part of the key: logs and JSON are made of it.
func (k Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Describe is what may be shown in place of a secret: that it is set, and by which end people know it.
func Describe(secret string) string {
	key, err := ParseKey(secret)
	if err != nil {
		return "set, but not a key"
	}
	if tail := key.Last4(); tail != "" {
		return "set, ends in " + tail
	}
	return "set"
}
