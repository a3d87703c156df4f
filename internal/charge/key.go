package charge

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/chargectl/chargectl/internal/pattern"
)

// Mode is whether a key reaches test data or live data.
type Mode string

// The modes of keys (charge-api.md, Transport).
const (
	Test        Mode = "test"
	Live        Mode = "live"
	UnknownMode Mode = "unknown"
)

// ModeOf reads the mode off a secret key: ch_sk_test_…, ch_sk_live_…, and restricted keys, whose prefix is not
// documented beyond its mode.
func ModeOf(key string) Mode {
	for _, mode := range []Mode{Test, Live} {
		if strings.HasPrefix(key, "ch_") && strings.Contains(key, "_"+string(mode)+"_") {
			return mode
		}
	}
	return UnknownMode
}

// DerivedKey is the idempotency key under which every machine asks for the same report: "chargectl-1-" and the hex
// SHA-256 of mode, API origin, attempt and body, each followed by a newline. The attempt is 1, 2 or 3; with a date, for
// where those keys no longer lead to a report of use, it is followed by a space and that date (docs/sync.md).
func DerivedKey(mode Mode, origin string, attempt int, date string, body []byte) string {
	number := strings.TrimSpace(fmt.Sprint(attempt, " ", date))
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s\n%s\n", mode, origin, number, body))
	return "chargectl-1-" + hex.EncodeToString(sum[:])
}

// keyShape is the form of keys (charge-api.md, Transport), restricted ones included. A letter before it makes it part of
// another word, such as the name of a file.
var keyShape = pattern.New(`(?i)(^|[^a-z])ch_[a-z]{1,12}_(?:test|live)_[a-z0-9_]{8,}`)

// signingShape is the same for the secret of a webhook endpoint (charge-api.md, Webhooks).
var signingShape = pattern.New(`(?i)(^|[^a-z])whsec_[a-z0-9_+/=-]{8,}`)

// HideKeys puts "[API key]" and "[webhook secret]" in place of whatever has the shape of one: people paste keys where
// none belongs, and an error repeats what it refuses.
func HideKeys(text string) string {
	lower := strings.ToLower(text)
	if strings.Contains(lower, "ch_") { // hardly ever, and the expressions are slow
		text = keyShape.Get().ReplaceAllString(text, "${1}[API key]")
	}
	if strings.Contains(lower, "ec_") {
		text = signingShape.Get().ReplaceAllString(text, "${1}[webhook secret]")
	}
	return text
}
