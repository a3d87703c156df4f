// Package charge is the vocabulary of chargectl: reports, fleets, requests and errors with a kind.
//
// It is pure: standard library only, no I/O, no clock of its own, no wire format beyond the canonical body that
// idempotency keys are derived from. It is not for talking to the API (api), nor for periods (period).
package charge

import (
	"bytes"
	"encoding/json"
	"slices"
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
	// MetricSystem is the unit system of its preferences, in the API's words; empty when it gave none.
	MetricSystem string

	// Raw is the object byte for byte as the API sent it.
	Raw json.RawMessage
}

// ScopeName is a fleet's id for people, and the whole account where there is none.
func ScopeName(fleet string) string {
	if fleet == "" {
		return "the whole account"
	}
	return "fleet " + fleet
}

// The words of webhooks (charge-api.md, Webhooks).
const (
	ReportSucceeded = "report.succeeded" // the type of the event that says that a report is ready
	SecretPrefix    = "whsec_"           // what the signing secret of an endpoint begins with
	MaskedSecret    = SecretPrefix + "…" // what is shown of one
	EndpointEnabled = "enabled"          // the status of an endpoint that events are sent to
)

// Endpoint is a webhook endpoint: an address that the API sends events to (charge-api.md, Webhooks).
type Endpoint struct {
	ID          string
	URL         string
	Status      string // enabled or disabled; open
	Events      []string
	Description string // empty when there is none

	// Secret gives the secret that events are signed with. It is a function so that no print of the endpoint shows it.
	Secret func() string
	// Raw is the object as the API sent it, but with MaskedSecret for the secret.
	Raw json.RawMessage
}

// Receives reports whether events of a type are sent to the endpoint.
func (e Endpoint) Receives(event string) bool {
	return e.Status == EndpointEnabled && slices.Contains(e.Events, event)
}
