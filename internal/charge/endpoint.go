package charge

import (
	"encoding/json"
	"slices"
)

// ReportSucceeded is the type of the event that says that a report is ready (charge-api.md, Webhooks).
const ReportSucceeded = "report.succeeded"

// SecretPrefix is what the signing secret of a webhook endpoint begins with (charge-api.md, Webhooks).
const SecretPrefix = "whsec_"

// MaskedSecret is what is shown of a signing secret.
const MaskedSecret = SecretPrefix + "…"

// EndpointEnabled is the status of a webhook endpoint that events are sent to.
const EndpointEnabled = "enabled"

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
