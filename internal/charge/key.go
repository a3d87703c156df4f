package charge

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
)

// Mode says whether a key reaches test data or live data.
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
	switch {
	case !strings.HasPrefix(key, "ch_"):
		return UnknownMode
	case strings.Contains(key, "_test_"):
		return Test
	case strings.Contains(key, "_live_"):
		return Live
	default:
		return UnknownMode
	}
}

// DerivedKey is the idempotency key under which every machine asks for the same report: "chargectl-1-" and the hex
// SHA-256 of mode, API origin, attempt (1, 2, 3) and body, each followed by a newline.
func DerivedKey(mode Mode, origin string, attempt int, body []byte) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%d\n%s\n", mode, origin, attempt, body))
	return "chargectl-1-" + hex.EncodeToString(sum[:])
}
