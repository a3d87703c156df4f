package sandbox

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// asked is what a valid POST /reports asks for.
type asked struct {
	fleet      string // empty for the whole account
	parameters members
	start, end time.Time
	vehicles   []string
}

func (s *Sandbox) createReport(c call) (any, *refusal) {
	a, refused := s.parseCreate(c.body)
	if refused != nil {
		return nil, refused
	}
	if s.defaults {
		s.fillIn(&a)
	}
	s.unfinished = slices.DeleteFunc(s.unfinished, func(r *report) bool { return r.over(c.now) })
	if len(s.unfinished) >= s.maxOpen {
		return nil, tooMany("%d reports are being generated, which is as many as the account may have", s.maxOpen)
	}
	r := s.add(a, c)
	s.unfinished = append(s.unfinished, r)
	return s.view(r, c), nil
}

func (s *Sandbox) parseCreate(body []byte) (a asked, refused *refusal) {
	root, ok := decode(body)
	if !ok {
		return a, invalid("", "the body is not one JSON object")
	}
	if fleet, sent := root["fleet"]; sent {
		if a.fleet, _ = fleet.(string); !strings.HasPrefix(a.fleet, "flt_") {
			return a, invalid("fleet", "fleet must be the id of a fleet, or be left out for the whole account")
		}
		if s.fleet(a.fleet) == nil {
			return a, noFleet(a.fleet)
		}
	}
	if a.parameters, ok = root["parameters"].(map[string]any); !ok {
		return a, invalid("parameters", "parameters must be an object")
	}
	if text, _ := a.parameters["type"].(string); text == "" {
		return a, invalid("parameters.type", "parameters.type must be the type of a report")
	}
	if a.start, refused = a.instant("period_start"); refused != nil {
		return a, refused
	}
	if a.end, refused = a.instant("period_end"); refused != nil {
		return a, refused
	}
	if !a.end.After(a.start) {
		return a, invalid("parameters.period_end", "parameters.period_end is exclusive and must be after parameters.period_start")
	}
	if _, ok := nullable(a.parameters["group_by"]); !ok {
		return a, invalid("parameters.group_by", "parameters.group_by must be a string or null")
	}
	filters, ok := a.parameters["filters"].(map[string]any)
	if !ok && a.parameters["filters"] != nil {
		return a, invalid("parameters.filters", "parameters.filters must be an object or null")
	}
	const param = "parameters.filters.vehicle"
	if vehicle, sent := filters["vehicle"]; sent {
		if a.vehicles, ok = texts(vehicle); !ok {
			return a, invalid(param, "%s must be an array of vehicle ids", param)
		}
	}
	for _, id := range a.vehicles {
		if !slices.ContainsFunc(s.fleetsOf(a.fleet), func(f fleet) bool { return slices.Contains(f.vehicles, id) }) {
			return a, absent("vehicle_not_found", param, "no such vehicle where this report looks: %s", id)
		}
	}
	return a, nil
}

func (a *asked) instant(name string) (time.Time, *refusal) {
	text, _ := a.parameters[name].(string)
	t, ok := parseInstant(text)
	if !ok {
		param := "parameters." + name
		return t, invalid(param, "%s must be an instant in UTC with milliseconds, such as 2026-03-03T14:05:23.789Z", param)
	}
	return t, nil
}

// fillIn does what the example of the API's own documentation shows: fleet, group_by and filters come back that were
// not sent. The report is about what was filled in: a fleet, and all its vehicles.
func (s *Sandbox) fillIn(a *asked) {
	if a.fleet == "" {
		i := slices.IndexFunc(s.fleets, func(f fleet) bool {
			return len(a.vehicles) > 0 && slices.Contains(f.vehicles, a.vehicles[0])
		})
		a.fleet = s.fleets[max(i, 0)].ID
	}
	filled := members{"group_by": "vehicle", "filters": members{"vehicle": s.fleet(a.fleet).vehicles}}
	maps.Copy(filled, a.parameters)
	a.parameters = filled
}
