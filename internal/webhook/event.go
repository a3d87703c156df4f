package webhook

import (
	"encoding/json"

	"github.com/chargectl/chargectl/internal/charge"
)

// event is what is taken from one: its type, and whose report it is about where the type is report.succeeded. All else
// in it is a snapshot, and is asked for.
type event struct {
	kind   string
	report string
}

// parseEvent reads an event (charge-api.md, Webhooks). Names of members count by exact case. An error is charge.KindUsage.
func parseEvent(body []byte) (e event, err error) {
	var root map[string]json.RawMessage
	if err := json.Unmarshal(body, &root); err != nil || root == nil {
		return e, charge.Usagef("the body is not a JSON object")
	}
	if e.kind = text(root["type"]); e.kind == "" {
		return e, charge.Usagef("the event has no type")
	}
	if e.kind != charge.ReportSucceeded {
		return e, nil
	}
	var data, object map[string]json.RawMessage
	_ = json.Unmarshal(root["data"], &data)
	_ = json.Unmarshal(data["object"], &object)
	e.report = text(object["id"])
	return e, charge.CheckID(charge.ReportPrefix, e.report)
}

// text is a JSON string's text, empty for anything else.
func text(raw json.RawMessage) (s string) {
	_ = json.Unmarshal(raw, &s)
	return s
}
