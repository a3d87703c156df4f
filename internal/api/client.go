// Package api speaks the Charge API over HTTP: key, version, retries, idempotency keys, errors, pages and the stream
// of a report's file (charge-api.md).
//
// A request to the API (exchange.go) is sent until its object comes. Every try carries the same bytes and, for a
// create, the same idempotency key; policy.go decides whether and when there is another. Each answer is read whole,
// within bounds, and decoded once (answer.go, json.go, wire.go). A request ends with its object or with a *charge.Error.
//
// MayExist of a create's error is whether the report may exist all the same. It may, once a try ended without the
// API's word on it: a broken connection, a timeout, a 5xx, a 2xx without a report. It may not where nothing was sent, or
// where a 4xx was the answer to the only try. A 409 after such a lost try may mean that the API still works on it.
//
// A file is opened with one try (file.go), through the redirects of the file host, without any credential.
//
// The key goes to the base URL's own origin and nowhere else, and it is taken out of everything that a server sends.
// Links to files are secrets too: errors and traces show no more than their origin.
//
// The package is not for waiting for reports (poll), for resuming files or writing them to disk (download), for
// pacing one request after another (reports), nor for choosing exit codes (cli/exit).
package api

import (
	"math/rand/v2"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/pattern"
)

// Options are what a client is made of.
type Options struct {
	BaseURL   string            // such as https://api.chargeapi.co/v1
	Key       string            // the secret; empty is allowed, but then every request fails at once and nothing is sent
	Version   string            // the Charge-Version header, such as 2026-03-01; empty sends none
	UserAgent string            // such as chargectl/1.2.3 (linux/amd64)
	Transport http.RoundTripper // for API and file host alike: one NewTransport for the whole program
	Trace     func(Attempt)     // called after every HTTP attempt, also from several goroutines; may be nil
}

// Client asks the Charge API and its file host. It is safe for use by several goroutines.
type Client struct {
	options   Options
	base      string // without a trailing slash
	origin    string
	loopback  bool             // whether the API is on this machine, so that its file host may be too
	secret    *pattern.Pattern // the key in any case, because host names are lowered before they are shown; nil without key
	tries     int
	throttled bool           // whether the caller takes in a 429
	jitter    func() float64 // in [0, 1)
}

// New checks the options and makes a client; no request is sent. The base URL must be one that a key may be sent to
// (charge.ParseBaseURL), and Version a date: else a usage error. A key that no header can carry is KindAuth.
func New(o Options) (*Client, error) {
	u, err := charge.ParseBaseURL(o.BaseURL)
	switch {
	case err != nil:
		return nil, err
	case o.Version != "" && !dateShaped(o.Version):
		return nil, charge.Usagef("the API version %q is not a date such as 2026-03-01", charge.Clip(o.Version, 40))
	case !visible(o.Key):
		return nil, charge.Errorf(charge.KindAuth, "the API key holds a space or another character that no key has")
	}
	c := &Client{options: o, base: strings.TrimRight(u.String(), "/"), origin: originOf(u), loopback: charge.Loopback(u.Hostname()),
		tries: maxTries, jitter: rand.Float64}
	if o.Key != "" {
		c.secret = pattern.New("(?i)" + regexp.QuoteMeta(o.Key))
	}
	return c, nil
}

// Origin returns the origin of the base URL in its compared form, such as https://api.chargeapi.co.
func (c *Client) Origin() string { return c.origin }

// Once returns the same client with every request tried once: for loops that pace themselves.
func (c *Client) Once() *Client {
	once := *c
	once.tries = 1
	return &once
}

// Throttled returns the same client with a 429 left to the caller, who holds back all of its requests.
func (c *Client) Throttled() *Client {
	throttled := *c
	throttled.throttled = true
	return &throttled
}

// dateShaped reports whether s is four digits, two and two, with dashes between them.
func dateShaped(s string) bool {
	return strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return '0'
		}
		return r
	}, s) == "0000-00-00"
}

// visible reports whether s is all visible ASCII, which a header carries unchanged (RFC 9110, section 5.5).
func visible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '!' || r > '~' })
}

// originOf is the scheme, host and port of a URL in the one form that origins are compared in (RFC 6454, section 4):
// lower case, without default ports.
func originOf(u *url.URL) string {
	scheme := strings.ToLower(u.Scheme)
	origin := strings.TrimSuffix(scheme+"://"+strings.ToLower(u.Host), map[string]string{"https": ":443", "http": ":80"}[scheme])
	return strings.TrimSuffix(origin, ":") // a port that is empty
}

// secure reports whether a parsed URL may be asked at all: HTTPS, or where loopback is allowed plain HTTP to it.
func secure(u *url.URL, loopback bool) bool {
	return u.Scheme == "https" || u.Scheme == "http" && loopback && charge.Loopback(u.Hostname())
}

// escapeQuery escapes what cannot stand in a request line, and nothing else: the rest may be signed.
func escapeQuery(query string) string {
	return unsendable.Get().ReplaceAllStringFunc(query, url.PathEscape)
}

var unsendable = pattern.New("[^!#-;=?-~]")
