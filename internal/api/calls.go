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
	if key == "" || len(key) > 255 || !visible(key) {
		return charge.Report{}, charge.Usagef("an idempotency key is 1 to 255 visible ASCII characters without spaces")
	}
	r := request{op: "create report", method: http.MethodPost, url: c.base + "/reports", body: body, key: key}
	return one(ctx, c, r, "report", "", reportOf)
}

// RequestText is a request for people to read: what would be sent, without the key.
type RequestText struct {
	Method string
	URL    string
	Header []string // "Name: value", sorted
	Body   []byte   // exact
}

// Describe returns what CreateReport would send for body and key, and sends nothing. Of the API key it shows the
// prefix that shows its mode.
func (c *Client) Describe(body []byte, key string) RequestText {
	header := c.header(http.MethodPost, key)
	header.Set("Authorization", "Bearer "+maskKey(c.options.Key))
	if c.options.Key == "" {
		header.Del("Authorization")
	}
	text := RequestText{Method: http.MethodPost, URL: c.base + "/reports", Body: body}
	for name := range header {
		text.Header = append(text.Header, name+": "+header.Get(name))
	}
	slices.Sort(text.Header)
	return text
}

// Report returns one report (GET /reports/{id}). An id that is none is a usage error; an answer about another report
// is KindTemporary.
func (c *Client) Report(ctx context.Context, id string) (charge.Report, error) {
	if err := charge.CheckID(charge.ReportPrefix, id); err != nil {
		return charge.Report{}, err
	}
	r := request{op: "get report " + id, report: id, method: http.MethodGet, url: c.base + "/reports/" + id}
	return one(ctx, c, r, "report", id, reportOf)
}

// Fleet returns one fleet (GET /fleets/{id}). An id that is none is a usage error; an answer about another fleet is
// KindTemporary.
func (c *Client) Fleet(ctx context.Context, id string) (charge.Fleet, error) {
	if err := charge.CheckID(charge.FleetPrefix, id); err != nil {
		return charge.Fleet{}, err
	}
	r := request{op: "get fleet " + id, method: http.MethodGet, url: c.base + "/fleets/" + id}
	return one(ctx, c, r, "fleet", id, fleetOf)
}

// one sends a request whose answer is one object of a kind: the wanted one, if it is known which.
func one[T any](ctx context.Context, c *Client, r request, kind, wanted string, item func(*answer, value) (T, error)) (T, error) {
	var object T
	r.decode = func(a *answer) error {
		v, err := a.object()
		if err != nil {
			return err
		}
		object, err = item(a, v)
		if id := v.id(); err == nil && wanted != "" && id != wanted {
			return charge.Errorf(charge.KindTemporary, "the answer is about another %s, %s", kind, id)
		}
		return err
	}
	if _, err := c.do(ctx, r); err != nil {
		return *new(T), err
	}
	return object, nil
}

// ReportPages lists reports, newest first, a page of up to 100 at a time, each requested when the loop asks for it.
// It ends after an error. A next page of another origin is KindRefused, one that was requested before KindInternal.
func (c *Client) ReportPages(ctx context.Context, f charge.ReportFilter) iter.Seq2[[]charge.Report, error] {
	query := url.Values{"limit": {pageLimit}}
	if f.Status != "" {
		query.Set("status", string(f.Status))
	}
	if f.Fleet != "" {
		query.Set("fleet", f.Fleet)
	}
	return pages(ctx, c, "list reports", c.base+"/reports?"+query.Encode(), reportOf)
}

// FleetPages lists fleets, inactive ones too, as ReportPages does reports.
func (c *Client) FleetPages(ctx context.Context) iter.Seq2[[]charge.Fleet, error] {
	return pages(ctx, c, "list fleets", c.base+"/fleets?limit="+pageLimit, fleetOf)
}

// Probe asks for one report (GET /reports?limit=1), once. It returns the server's clock, zero when no answer had it, and
// how long it took until the answer was read, with an error too as far as they are known.
func (c *Client) Probe(ctx context.Context) (clock time.Time, took time.Duration, err error) {
	r := request{op: "reach the API", method: http.MethodGet, url: c.base + "/reports?limit=1", decode: func(a *answer) error {
		_, _, err := listed(a, reportOf)
		return err
	}}
	a, err := c.Once().do(ctx, r)
	if a != nil {
		clock, took = dateOf(a.header), a.took
	}
	return clock, took, err
}
