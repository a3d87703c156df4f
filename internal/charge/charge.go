// Package charge is the vocabulary of chargectl: reports, fleets, requests and errors with a kind.
//
// It is pure: standard library only, no I/O, no clock of its own, no wire format beyond the canonical body that
// idempotency keys are derived from. It is not for talking to the API (api), nor for periods (period).
package charge

import (
	"bytes"
	"encoding/json"
	"time"
)

const instantLayout = "2006-01-02T15:04:05.000Z"

// FormatInstant prints t as the API wants it: RFC 3339, UTC, exactly three decimals (charge-api.md, Transport).
func FormatInstant(t time.Time) string { return t.UTC().Format(instantLayout) }

// EncodeJSON is json.Marshal without its HTML escapes: <, > and & stay as they are.
func EncodeJSON(value any) ([]byte, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	err := enc.Encode(value)
	return bytes.TrimSpace(text.Bytes()), err
}

// Fleet is a group of vehicles with a name and a time zone (charge-api.md, Fleets).
type Fleet struct {
	ID       string
	Name     string
	Status   string
	Timezone string // IANA name, such as Europe/Paris
	Vehicles int64

	// Raw is the object byte for byte as the API sent it.
	Raw json.RawMessage
}
