package api

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

const maxText = 1000 // bytes of a server's text that an error repeats

// maskKey shows of a key no more than its kind and mode: ch_sk_test_….
func maskKey(key string) string {
	parts := strings.SplitN(key, "_", 4)
	if len(parts) < 4 || parts[0] != "ch" || len(parts[1]) > 3 || (parts[2] != "test" && parts[2] != "live") {
		return "…"
	}
	return strings.Join(parts[:3], "_") + "_…"
}

// secretOf matches a key in any case: host names are lowered before they are shown.
func secretOf(key string) *regexp.Regexp {
	if key == "" {
		return nil
	}
	return regexp.MustCompile("(?i)" + regexp.QuoteMeta(key))
}

// scrub takes the key out of a text that a server wrote: some repeat it in their errors.
func (c *Client) scrub(text string) string {
	if c.secret == nil {
		return text
	}
	return c.secret.ReplaceAllLiteralString(text, maskKey(c.key))
}

// hide takes the key out of an answer that repeats it: an object is shown whole, a receipt keeps it, and the link in it
// is asked for at another host. It changes header and returns the body.
func (c *Client) hide(header http.Header, body []byte) []byte {
	if c.secret == nil {
		return body
	}
	for _, values := range header {
		for i, value := range values {
			values[i] = c.scrub(value)
		}
	}
	if !bytes.Contains(body, []byte(c.key)) {
		return body
	}
	return bytes.ReplaceAll(body, []byte(c.key), []byte(maskKey(c.key)))
}

// scrubError takes the key out of an error and bounds its texts, in this order: half a key is a secret too.
func (c *Client) scrubError(e *charge.Error) {
	for _, text := range []*string{&e.Op, &e.Reason, &e.Hint, &e.Code, &e.Param, &e.Request, &e.DocURL} {
		*text = charge.Clip(c.scrub(*text), maxText)
	}
}
