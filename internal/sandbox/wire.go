package sandbox

import "time"

// layout is the API's only form of an instant: RFC 3339, UTC, milliseconds (charge-api.md, Transport).
const layout = "2006-01-02T15:04:05.000Z"

type reportObject struct {
	ID          string  `json:"id"`
	Object      string  `json:"object"`
	Account     any     `json:"account"` // its id or, expanded, its object
	Created     string  `json:"created"`
	Fleet       any     `json:"fleet"` // likewise, or null
	Parameters  members `json:"parameters"`
	Size        int64   `json:"size"`
	Status      string  `json:"status"`
	SucceededAt *string `json:"succeeded_at"`
	Type        string  `json:"type"`
	URL         *string `json:"url"`
}

type fleetObject struct {
	ID            string           `json:"id"`
	Object        string           `json:"object"`
	Name          string           `json:"name"`
	Status        string           `json:"status"`
	Timezone      string           `json:"timezone"`
	MetricSystem  string           `json:"metric_system"`
	TotalVehicles int              `json:"total_vehicles"`
	Preferences   fleetPreferences `json:"preferences"`
}

type fleetPreferences struct {
	ReportFrequency string `json:"report_frequency"`
	DefaultCurrency string `json:"default_currency"`
}

type endpointObject struct {
	ID            string   `json:"id"`
	Object        string   `json:"object"`
	APIVersion    *string  `json:"api_version"`
	Created       string   `json:"created"`
	Description   *string  `json:"description"`
	EnabledEvents []string `json:"enabled_events"`
	Livemode      bool     `json:"livemode"`
	Metadata      members  `json:"metadata"`
	Secret        string   `json:"secret"`
	Status        string   `json:"status"`
	URL           string   `json:"url"`
}

type eventObject struct {
	ID              string       `json:"id"`
	Object          string       `json:"object"`
	APIVersion      string       `json:"api_version"`
	Created         string       `json:"created"`
	Data            eventData    `json:"data"`
	Livemode        bool         `json:"livemode"`
	PendingWebhooks int          `json:"pending_webhooks"`
	Request         eventRequest `json:"request"`
	Type            string       `json:"type"`
}

type eventData struct {
	Object             any     `json:"object"`
	PreviousAttributes members `json:"previous_attributes"`
}

type eventRequest struct {
	ID             string  `json:"id"`
	IdempotencyKey *string `json:"idempotency_key"`
}

type pageObject struct {
	Data            []any   `json:"data"`
	NextPageURL     *string `json:"next_page_url"`
	PreviousPageURL *string `json:"previous_page_url"`
}

// orNull is JSON null for an empty text.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

func formatInstant(t time.Time) string { return t.UTC().Format(layout) }

// parseInstant is strict: time.Parse alone would take a comma for the point.
func parseInstant(text string) (time.Time, bool) {
	t, err := time.Parse(layout, text)
	return t, err == nil && t.Format(layout) == text
}
