package api

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// CreateReport asks for a report (POST /reports): body is sent as it is, under the idempotency key key, both the same
// in every try. An idempotency key that is not 1 to 255 visible ASCII characters is a usage error. MayExist of an error
// is whether the report may exist all the same. A 409 is KindUsage; after a try in this call whose answer was lost it
// is tried again for 10 s, and then KindTemporary.
func (c *Client) CreateReport(ctx context.Context, body []byte, key string) (charge.Report, error) {
	return one(ctx, c, request{op: "create report", kind: reports, body: body, key: key}, reportOf)
}

// RequestText is a request for people to read: what would be sent, without the key.
type RequestText struct {
	Method string
	URL    string
	Header []string // "Name: value", sorted
	Body   []byte   // exact
}

// Describe returns what CreateReport would send for body and key, and sends nothing. Of the API key it shows the
// prefix that shows its mode. An idempotency key that CreateReport would refuse is a usage error.
func (c *Client) Describe(body []byte, key string) (RequestText, error) {
	if err := checkIdempotencyKey(key); err != nil {
		return RequestText{}, err
	}
	header := c.header(key)
	header.Set("Authorization", "Bearer "+maskKey(c.options.Key))
	if c.options.Key == "" {
		header.Del("Authorization")
	}
	text := RequestText{Method: http.MethodPost, URL: c.base + reports.path, Body: body}
	for name := range header {
		text.Header = append(text.Header, name+": "+header.Get(name))
	}
	slices.Sort(text.Header)
	return text, nil
}

// Report returns one report (GET /reports/{id}). An id that is none is a usage error; an answer about another report
// is KindTemporary.
func (c *Client) Report(ctx context.Context, id string) (charge.Report, error) {
	return byID(ctx, c, request{op: "get", kind: reports, id: id}, reportOf)
}

// Fleet returns one fleet (GET /fleets/{id}), with errors as those of Report.
func (c *Client) Fleet(ctx context.Context, id string) (charge.Fleet, error) {
	return byID(ctx, c, request{op: "get", kind: fleets, id: id}, fleetOf)
}

// ReportPages lists reports, newest first, a page of up to 100 at a time, each requested when the loop asks for it.
// It ends after an error. A next page of another origin is KindRefused, one that was requested before KindInternal.
func (c *Client) ReportPages(ctx context.Context, f charge.ReportFilter) iter.Seq2[[]charge.Report, error] {
	query := url.Values{}
	if f.Status != "" {
		query.Set("status", string(f.Status))
	}
	if f.Fleet != "" {
		query.Set("fleet", f.Fleet)
	}
	return func(yield func([]charge.Report, error) bool) {
		pages(ctx, c, reports, query, reportOf, yield)
	}
}

// FleetPages lists fleets, inactive ones too, as ReportPages does reports.
func (c *Client) FleetPages(ctx context.Context) iter.Seq2[[]charge.Fleet, error] {
	return func(yield func([]charge.Fleet, error) bool) {
		pages(ctx, c, fleets, url.Values{}, fleetOf, yield)
	}
}

// Probe asks for one report (GET /reports?limit=1), once. It returns the server's clock, zero when no answer had it, and
// how long it took until the answer was read, with an error too as far as they are known.
func (c *Client) Probe(ctx context.Context) (clock time.Time, took time.Duration, err error) {
	r := request{op: "reach the API", url: c.base + reports.path + "?limit=1", decode: func(a *answer) error {
		_, _, err := listed(a, reportOf)
		return err
	}}
	a, err := c.Once().do(ctx, r)
	if a != nil {
		clock, took = dateOf(a.header), a.took
	}
	return clock, took, err
}
