package api

import (
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
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
	base      string // without a trailing slash
	origin    string
	loopback  bool // whether the API is on this machine, so that its file host may be too
	key       string
	secret    *regexp.Regexp // the key as it may turn up in a text
	version   string
	userAgent string
	transport http.RoundTripper
	trace     func(Attempt)
	tries     int
	throttled bool           // whether the caller takes in a 429
	jitter    func() float64 // in [0, 1)
}

// New checks the options and makes a client; no request is sent. The base URL must be one that a key may be sent to
// (charge.ParseBaseURL), and Version must have the shape YYYY-MM-DD: else a usage error. A key that no header can carry
// is KindAuth, a missing Transport KindInternal.
func New(o Options) (*Client, error) {
	u, err := charge.ParseBaseURL(o.BaseURL)
	if err != nil {
		return nil, err
	}
	if o.Version != "" && !regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`).MatchString(o.Version) {
		return nil, charge.Usagef("the API version %q is not a date such as 2026-03-01", charge.Clip(o.Version, 40))
	}
	if o.Key != "" && !visible(o.Key) {
		return nil, charge.Errorf(charge.KindAuth, "the API key holds a space or another character that no key has")
	}
	if o.Transport == nil {
		return nil, charge.Errorf(charge.KindInternal, "a client needs a transport")
	}
	return &Client{
		base:      strings.TrimRight(u.String(), "/"),
		origin:    originOf(u),
		loopback:  charge.Loopback(u.Hostname()),
		key:       o.Key,
		secret:    secretOf(o.Key),
		version:   o.Version,
		userAgent: o.UserAgent,
		transport: o.Transport,
		trace:     o.Trace,
		tries:     maxTries,
		jitter:    rand.Float64,
	}, nil
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

// visible reports whether s is all visible ASCII, which a header carries unchanged (RFC 9110, section 5.5).
func visible(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r < '!' || r > '~' })
}
