package api

import (
	"net/http"
	"net/url"
	"strings"
	"time"
)

// Attempt is one HTTP request and what came of it, without anything secret: no key, no body, no link to a file.
type Attempt struct {
	Method   string
	URL      string            // of the API: values in the query masked, but for limit; of a file host: the origin alone
	Number   int               // 1 for the first try; for a file, the number of redirects followed plus 1
	Status   int               // 0 when no response came
	Request  string            // the API's request id; may be empty
	Duration time.Duration     // until the body was read (API) or the header had come (file host)
	Wait     time.Duration     // before the next try; 0 when none follows
	Bytes    int64             // of the body: read (API) or announced (file host, -1 when it was not)
	Headers  map[string]string // of the response, by allow-list; of a Location the origin alone
	Err      error             // why the attempt was no success; may be nil
}

func tracedHeaders() []string {
	return []string{"Content-Type", "Content-Length", "Content-Range", "ETag", "Last-Modified", "Retry-After", "Date",
		"Location", "Request-Id", "X-Request-Id"}
}

// tell hands an attempt and the headers that may be shown to the trace.
func (c *Client) tell(a Attempt, header http.Header) {
	if c.trace == nil {
		return
	}
	a.Headers = map[string]string{}
	for _, name := range tracedHeaders() {
		value := header.Get(name)
		if value == "" {
			continue
		}
		if name == "Location" {
			value = destination(value)
		}
		a.Headers[name] = c.scrub(value)
	}
	c.trace(a)
}

// maskURL prints a URL of the API: no user, no fragment, and of its query no value but limit's.
func maskURL(u *url.URL) string {
	masked := *u
	masked.User, masked.Fragment, masked.RawFragment, masked.RawQuery, masked.ForceQuery = nil, "", "", "", false
	text := masked.String()
	if u.RawQuery == "" {
		return text
	}
	return text + "?" + maskQuery(u.RawQuery)
}

// maskQuery keeps the names and the order; a part without a name is all value.
func maskQuery(query string) string {
	parts := strings.Split(query, "&")
	for i, part := range parts {
		name, value, found := strings.Cut(part, "=")
		switch _, number := parseDigits(value); {
		case !found:
			parts[i] = "…"
		case name != "limit" || !number:
			parts[i] = name + "=…"
		}
	}
	return strings.Join(parts, "&")
}
