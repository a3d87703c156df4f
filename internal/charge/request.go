package charge

import (
	"maps"
	"slices"
	"time"
)

// Request is a report to ask for. Extra holds members of parameters that this program has no field for; values are
// what encoding/json decodes with UseNumber.
type Request struct {
	Type     string
	Fleet    string // id; empty for the whole account
	Start    time.Time
	End      time.Time
	GroupBy  string
	Vehicles []string
	Extra    map[string]any
}

// Body returns the canonical JSON body of POST /reports: members sorted by name, no spaces, vehicles sorted and
// unique, numbers as they were written. Equal requests have equal bytes, which idempotency keys rely on.
func (r Request) Body() ([]byte, error) {
	root := map[string]any{"parameters": r.parameters()}
	if r.Fleet != "" {
		root["fleet"] = r.Fleet
	}
	return canonical(root)
}

// Canonical returns the canonical JSON of everything but fleet and period: what tells two reports of one fleet and
// period apart. ok is false when only the type is set.
func (r Request) Canonical() (text []byte, ok bool, err error) {
	params := r.parameters()
	delete(params, "period_start")
	delete(params, "period_end")
	text, err = canonical(params)
	return text, len(params) > 1, err
}

// Answered reports whether a report is what r asks for: of the same type and the same instants, and, as far as they
// were sent, of the same fleet, grouping and vehicles. What was not sent is not compared: a server may fill it in
// (charge-api.md, Reports).
func (r Request) Answered(by Report) bool {
	p := by.Parameters
	return p.Type == r.Type && p.Start.Equal(r.Start.Truncate(time.Millisecond)) && p.End.Equal(r.End.Truncate(time.Millisecond)) &&
		(r.Fleet == "" || by.Fleet == r.Fleet) &&
		(r.GroupBy == "" || p.GroupBy == "" || p.GroupBy == r.GroupBy) &&
		(len(r.Vehicles) == 0 || len(p.Vehicles) == 0 || slices.Equal(unique(r.Vehicles), unique(p.Vehicles)))
}

// parameters are a copy: making a body never writes into the caller's Extra.
func (r Request) parameters() map[string]any {
	params := map[string]any{}
	maps.Copy(params, r.Extra)
	params["type"], params["period_start"], params["period_end"] = r.Type, FormatInstant(r.Start), FormatInstant(r.End)
	if r.GroupBy != "" {
		params["group_by"] = r.GroupBy
	}
	if len(r.Vehicles) > 0 {
		filters := map[string]any{}
		given, _ := params["filters"].(map[string]any)
		maps.Copy(filters, given)
		filters["vehicle"] = unique(r.Vehicles)
		params["filters"] = filters
	}
	return params
}

func unique(names []string) []string { return slices.Compact(slices.Sorted(slices.Values(names))) }

func canonical(value any) ([]byte, error) {
	text, err := EncodeJSON(value)
	if err != nil {
		return nil, Usagef("these parameters cannot be sent as JSON: %w", err)
	}
	return text, nil
}
