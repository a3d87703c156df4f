package api

import (
	"bytes"
	"cmp"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/pattern"
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
	if a.Request = requestID(header); fault != nil {
		a.Err, a.Request = fault, cmp.Or(fault.Request, a.Request)
	}
	a.URL, a.Request, a.Headers = c.scrub(a.URL), c.scrub(a.Request), map[string]string{}
	for _, name := range []string{"Content-Type", "Content-Length", "Content-Range", "ETag", "Last-Modified", "Retry-After",
		"Date", "Location", "Request-Id", "X-Request-Id"} {
		value := header.Get(name)
		if value != "" && name == "Location" {
			value = destination(value)
		}
		if value != "" {
			a.Headers[name] = c.scrub(value)
		}
	}
	c.options.Trace(a)
}

// maskURL prints a URL of the API: no user, no fragment, and of its query no value but limit's. A part without a name is
// all value.
func maskURL(u *url.URL) string {
	masked := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	parts := strings.Split(u.RawQuery, "&")
	for i, part := range parts {
		name, value, found := strings.Cut(part, "=")
		switch {
		case part != "" && !found:
			parts[i] = "…"
		case found && (name != "limit" || decimal(value) < 0):
			parts[i] = name + "=…"
		}
	}
	masked.RawQuery = strings.Join(parts, "&")
	return masked.String()
}

// maskKey shows of a key no more than its kind and mode: ch_sk_test_….
func maskKey(key string) string { return keyStart.Get().FindString(key) + "…" }

var keyStart = pattern.New(`^ch_[^_]{0,3}_(test|live)_`)

// scrub takes the key out of a text that a server wrote: some repeat it in their errors.
func (c *Client) scrub(text string) string {
	if c.secret == nil {
		return text
	}
	return c.secret.Get().ReplaceAllLiteralString(text, maskKey(c.options.Key))
}

// scrubError takes the key out of an error and bounds its texts, in this order: half a key is a secret too.
func (c *Client) scrubError(e *charge.Error) {
	for _, text := range []*string{&e.Op, &e.Reason, &e.Before, &e.Hint, &e.Code, &e.Param, &e.Request, &e.DocURL} {
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
	if c.secret == nil {
		return body
	}
	return bytes.ReplaceAll(body, []byte(c.options.Key), []byte(maskKey(c.options.Key)))
}
