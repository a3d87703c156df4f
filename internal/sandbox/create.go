package sandbox

import (
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
	expand, refused := s.parseExpand(c.URL.Query(), expandable)
	if refused != nil {
		return nil, refused
	}
	body, refused := readBody(c.Request)
	if refused != nil {
		return nil, refused
	}
	return s.once(c.Request, body, func(key string) (any, *refusal) {
		a, refused := s.parseCreate(body)
		if refused != nil {
			return nil, refused
		}
		s.fill(&a)
		now := s.now()
		if s.open(now) >= s.maxOpen {
			return nil, tooMany("%d reports are being generated, which is as many as the account may have", s.maxOpen)
		}
		return s.view(s.add(a, key, c.requestID, now), now, expand), nil
	})
}

func (s *Sandbox) parseCreate(body []byte) (a asked, refused *refusal) {
	root, ok := decode(body)
	if !ok {
		return a, invalid("", "the body is not one JSON object")
	}
	if a.fleet, refused = s.parseFleet(root); refused != nil {
		return a, refused
	}
	a.parameters, ok = root.object("parameters", false)
	if !ok || a.parameters == nil {
		return a, invalid("parameters", "parameters must be an object")
	}
	if _, ok := a.parameters.text("type"); !ok {
		return a, invalid("parameters.type", "parameters.type must be the type of a report")
	}
	if refused = a.parsePeriod(); refused != nil {
		return a, refused
	}
	if _, ok := a.parameters.nullable("group_by"); !ok {
		return a, invalid("parameters.group_by", "parameters.group_by must be a string or null")
	}
	return a, s.parseFilters(&a)
}

func (s *Sandbox) parseFleet(root members) (string, *refusal) {
	if _, sent := root["fleet"]; !sent {
		return "", nil
	}
	id, _ := root["fleet"].(string)
	if !strings.HasPrefix(id, "flt_") {
		return "", invalid("fleet", "fleet must be the id of a fleet, or be left out for the whole account")
	}
	if s.fleet(id) == nil {
		return "", absent("fleet_not_found", "fleet", "no such fleet: %s", id)
	}
	return id, nil
}

func (a *asked) parsePeriod() (refused *refusal) {
	if a.start, refused = a.instant("period_start"); refused != nil {
		return refused
	}
	if a.end, refused = a.instant("period_end"); refused != nil {
		return refused
	}
	if !a.end.After(a.start) {
		return invalid("parameters.period_end", "parameters.period_end is exclusive and must be after parameters.period_start")
	}
	return nil
}

func (a *asked) instant(name string) (time.Time, *refusal) {
	text, _ := a.parameters.text(name)
	t, ok := parseInstant(text)
	if !ok {
		param := "parameters." + name
		return t, invalid(param, "%s must be an instant in UTC with milliseconds, such as 2026-03-03T14:05:23.789Z", param)
	}
	return t, nil
}

func (s *Sandbox) parseFilters(a *asked) *refusal {
	filters, ok := a.parameters.object("filters", true)
	if !ok {
		return invalid("parameters.filters", "parameters.filters must be an object or null")
	}
	const param = "parameters.filters.vehicle"
	if a.vehicles, ok = filters.texts("vehicle"); !ok {
		return invalid(param, "%s must be an array of vehicle ids", param)
	}
	for _, id := range a.vehicles {
		if !s.covers(a.fleet, id) {
			return absent("vehicle_not_found", param, "no such vehicle where this report looks: %s", id)
		}
	}
	return nil
}
