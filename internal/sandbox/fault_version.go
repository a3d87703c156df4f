package sandbox

import (
	"bytes"
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
	s.version = "2025-06-01"
	s.snapshot = func(version string, object any) any {
		if version >= newShape {
			return object
		}
		body, _ := encode(object)
		shaped, _ := decode(body)
		return old(shaped)
	}
	honest := s.api
	s.api = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Charge-Version") >= newShape {
			honest.ServeHTTP(w, r)
			return
		}
		answer := capture(honest, modern(r))
		if object, ok := decode(answer.body.Bytes()); ok && answer.status == http.StatusOK {
			body, _ := encode(old(listOf(r, object)))
			answer.body.Reset()
			answer.body.Write(body)
			answer.header.Set("Content-Length", strconv.Itoa(len(body)))
		}
		answer.send(w)
	})
}

// modern is a request with the fleets' ids as the contract has them.
func modern(r *http.Request) *http.Request {
	now := func(text string) string { return strings.ReplaceAll(text, "fleet_", "flt_") }
	out := r.Clone(r.Context())
	out.URL.Path, out.URL.RawQuery = now(r.URL.Path), now(r.URL.RawQuery)
	body, _ := io.ReadAll(io.LimitReader(r.Body, maxBody+1)) // one that is cut is no JSON
	out.Body = io.NopCloser(bytes.NewReader([]byte(now(string(body)))))
	return out
}

// listOf turns a page into one of 2025; any other object stays as it is.
func listOf(r *http.Request, object members) members {
	data, page := object["data"].([]any)
	if !page {
		return object
	}
	return members{"object": "list", "data": data, "has_more": object["next_page_url"] != nil, "url": r.URL.Path}
}

// old turns the instants and ids in a value into those of 2025.
func old(value any) any {
	switch value := value.(type) {
	case members:
		return old(map[string]any(value))
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
