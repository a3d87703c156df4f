package api

import (
	"context"
	"iter"
	"net/http"
	"net/url"

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
	return c.report(ctx, request{op: "create report", method: http.MethodPost, url: c.base + "/reports", body: body,
		key: key}, "")
}

// Report returns one report (GET /reports/{id}). An id that is none is a usage error; an answer about another report
// is KindTemporary.
func (c *Client) Report(ctx context.Context, id string) (charge.Report, error) {
	if err := charge.CheckID(charge.ReportPrefix, id); err != nil {
		return charge.Report{}, err
	}
	return c.report(ctx, request{op: "get report " + id, report: id, method: http.MethodGet, url: c.base + "/reports/" + id}, id)
}

// report sends a request whose answer is one report: the wanted one, if it is known which.
func (c *Client) report(ctx context.Context, r request, wanted string) (report charge.Report, err error) {
	r.decode = func(a *answer) error {
		v, err := a.object()
		if err != nil {
			return err
		}
		if report, err = reportOf(a, v); err != nil {
			return err
		}
		if wanted != "" && report.ID != wanted {
			return charge.Errorf(charge.KindTemporary, "the answer is about another report, %s", report.ID)
		}
		return nil
	}
	if _, err := c.do(ctx, r); err != nil {
		return charge.Report{}, err
	}
	return report, nil
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
