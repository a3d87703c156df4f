package api

import (
	"context"
	"net/http"
	"net/url"
	"time"
)

// Probe is what one harmless request shows of the connection to the API.
type Probe struct {
	Date     time.Time     // the server's clock, zero when no answer had it
	Request  string        // the API's request id; may be empty
	Duration time.Duration // until the answer was read
	Proxy    string        // the proxy in use without its password, empty when there is none
}

// Probe asks for one report (GET /reports?limit=1), once. With an error, what is known so far is returned beside it.
func (c *Client) Probe(ctx context.Context) (Probe, error) {
	var p Probe
	at := c.base + "/reports?limit=1"
	if u, err := url.Parse(at); err == nil {
		p.Proxy, _ = proxyFor(c.transport, u) // a proxy that is no URL is the request's own error
	}
	a, err := c.Once().do(ctx, request{op: "reach the API", method: http.MethodGet, url: at, decode: func(a *answer) error {
		_, _, err := listed(a, reportOf)
		return err
	}})
	if a != nil {
		p.Date, p.Request, p.Duration = dateOf(a.header), a.request(), a.took
	}
	return p, err
}
