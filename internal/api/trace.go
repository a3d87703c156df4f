package api

import (
	"bytes"
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

const maxText = 1000 // bytes of a server's text that an error repeats

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

// tell hands an attempt, the headers that may be shown, and its error if there is one, to the trace.
func (c *Client) tell(a Attempt, header http.Header, fault *charge.Error) {
	if c.options.Trace == nil {
		return
	}
	if fault != nil {
		a.Err, a.Request = fault, cmp.Or(fault.Request, a.Request)
	}
	a.URL, a.Request, a.Headers = c.scrub(a.URL), c.scrub(a.Request), map[string]string{}
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Range", "ETag", "Last-Modified", "Retry-After",
		"Date", "Location", "Request-Id", "X-Request-Id"} {
		value := header.Get(name)
		if value == "" {
			continue
		}
		if name == "Location" {
			value = destination(value)
		}
		a.Headers[name] = c.scrub(value)
	}
	c.options.Trace(a)
}

// maskURL prints a URL of the API: no user, no fragment, and of its query no value but limit's. The names keep their
// order, and a part without a name is all value.
func maskURL(u *url.URL) string {
	masked := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	if u.RawQuery == "" {
		return masked.String()
	}
	parts := strings.Split(u.RawQuery, "&")
	for i, part := range parts {
		name, value, found := strings.Cut(part, "=")
		switch _, number := parseDigits(value); {
		case !found:
			parts[i] = "…"
		case name != "limit" || !number:
			parts[i] = name + "=…"
		}
	}
	return masked.String() + "?" + strings.Join(parts, "&")
}

// maskKey shows of a key no more than its kind and mode: ch_sk_test_….
func maskKey(key string) string {
	parts := strings.SplitN(key, "_", 4)
	if len(parts) < 4 || parts[0] != "ch" || len(parts[1]) > 3 || (parts[2] != "test" && parts[2] != "live") {
		return "…"
	}
	return strings.Join(parts[:3], "_") + "_…"
}

// scrub takes the key out of a text that a server wrote: some repeat it in their errors.
func (c *Client) scrub(text string) string {
	if c.secret == nil {
		return text
	}
	return c.secret.ReplaceAllLiteralString(text, maskKey(c.options.Key))
}

// scrubError takes the key out of an error and bounds its texts, in this order: half a key is a secret too.
func (c *Client) scrubError(e *charge.Error) {
	for _, text := range []*string{&e.Op, &e.Reason, &e.Hint, &e.Code, &e.Param, &e.Request, &e.DocURL} {
		*text = charge.Clip(c.scrub(*text), maxText)
	}
}

// hide takes the key out of an answer that repeats it: an object is shown whole, a receipt keeps it, and the link in it
// is asked for at another host. It changes header and returns the body.
func (c *Client) hide(header http.Header, body []byte) []byte {
	for _, values := range header {
		for i, value := range values {
			values[i] = c.scrub(value)
		}
	}
	if key := c.options.Key; key != "" && bytes.Contains(body, []byte(key)) {
		return bytes.ReplaceAll(body, []byte(key), []byte(maskKey(key)))
	}
	return body
}
