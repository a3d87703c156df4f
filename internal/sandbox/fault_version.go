package sandbox

import (
	"bytes"
	"cmp"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// newShape is the first version whose objects are those of the contract.
const newShape = "2026-01-01"

// oldVersion answers in the shape of 2025 (charge-api.md, Transport) who does not ask for a newer one: UNIX seconds,
// fleet_… ids, has_more lists. What is sent is read in either shape of an id.
func oldVersion(s *Sandbox, _ int) {
	s.version, s.oldShapes = "2025-06-01", true
	honest := s.answer
	s.answer = func(r *http.Request, requestID string) (any, *refusal) {
		version := cmp.Or(r.Header.Get("Charge-Version"), s.version)
		if version >= newShape {
			return honest(r, requestID)
		}
		object, refused := honest(modern(r), requestID)
		if refused != nil {
			return nil, refused
		}
		if page, ok := object.(pageObject); ok {
			object = members{"object": "list", "data": page.Data, "has_more": page.NextPageURL != nil, "url": r.URL.Path}
		}
		return s.shaped(version, object), nil
	}
}

// modern is a request with the fleets' ids as the contract has them.
func modern(r *http.Request) *http.Request {
	now := func(text string) string { return strings.ReplaceAll(text, "fleet_", "flt_") }
	at, out := *r.URL, r.WithContext(r.Context())
	at.Path, at.RawQuery = now(at.Path), now(at.RawQuery)
	out.URL = &at
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody+1)) // one that is cut is no JSON
	out.Body = io.NopCloser(bytes.NewReader([]byte(now(string(body)))))
	return out
}

// newFields adds members to every object, in them too. Numbers keep their text, which a double does not hold.
func newFields(s *Sandbox, _ int) {
	honest := s.answer
	s.answer = func(r *http.Request, requestID string) (any, *refusal) {
		object, refused := honest(r, requestID)
		if refused != nil {
			return nil, refused
		}
		plain, _ := decode(encode(object))
		return grown(map[string]any(plain)), nil
	}
}

func grown(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			value[name] = grown(member)
		}
		value["introduced"] = map[string]any{"in": "2027-01-01", "share": json.Number("0.10"), "counts": []any{json.Number("9007199254740993"), nil}}
	case []any:
		for i, element := range value {
			value[i] = grown(element)
		}
	}
	return value
}

// shaped is an object as a version has it.
func (s *Sandbox) shaped(version string, object any) any {
	if !s.oldShapes || version >= newShape {
		return object
	}
	plain, _ := decode(encode(object))
	return old(map[string]any(plain))
}

// old turns the instants and ids in a value into those of 2025.
func old(value any) any {
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			value[name] = old(member)
		}
	case []any:
		for i, element := range value {
			value[i] = old(element)
		}
	case string:
		if t, ok := parseInstant(value); ok {
			return json.Number(strconv.FormatInt(t.Unix(), 10))
		}
		if id, ok := strings.CutPrefix(value, "flt_"); ok {
			return "fleet_" + id
		}
	}
	return value
}
