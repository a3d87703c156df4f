package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

// fakePages serves pages by request URI and notes what was requested.
type fakePages struct {
	pages map[string]string
	asked []string
}

func (b *fakePages) RoundTrip(req *http.Request) (*http.Response, error) {
	at := req.URL.String()
	b.asked = append(b.asked, at)
	if body, ok := b.pages[at]; ok {
		return reply(200, body), nil
	}
	return reply(400, apiError), nil
}

func pageText(next string, ids ...string) string {
	items := make([]string, len(ids))
	for i, id := range ids {
		items[i] = `{"id":"` + id + `","status":"pending","n":9007199254740993}`
	}
	return `{"data":[` + strings.Join(items, ",") + `],"next_page_url":` + next + `}`
}

const firstPage = "https://api.test/v1/reports?limit=100"

func TestPagesAreFollowedExactly(t *testing.T) {
	second := `https://API.test:443/v1/reports?page=page_%2f%2Fx&limit=100&a=%20+;&`
	b := &fakePages{pages: map[string]string{
		firstPage: pageText(`"`+second+`"`, "rpt_1", "rpt_2"),
		second:    pageText(`"https://api.test/v1/reports?page=page_more"`),
		"https://api.test/v1/reports?page=page_more": pageText("null", "rpt_3"),
	}}
	ids, err := allPages(t.Context(), client(t, b))
	if err != nil || !slices.Equal(ids, []string{"rpt_1", "rpt_2", "rpt_3"}) {
		t.Errorf("%v, %v", ids, err)
	}
	if diff := cmp.Diff([]string{firstPage, second, "https://api.test/v1/reports?page=page_more"}, b.asked); diff != "" {
		t.Error(diff)
	}
}

func TestPagesAreRequestedOneByOne(t *testing.T) {
	b := &fakePages{pages: map[string]string{
		firstPage + "&status=failed": pageText(`"https://api.test/v1/reports?page=page_2"`, "rpt_1"),
	}}
	for reports, err := range client(t, b).ReportPages(t.Context(), charge.ReportFilter{Status: "failed"}) {
		if err != nil || string(reports[0].Raw) != `{"id":"rpt_1","status":"pending","n":9007199254740993}` {
			t.Errorf("%+v, %v", reports, err)
		}
		break
	}
	if len(b.asked) != 1 {
		t.Errorf("requests: %v", b.asked)
	}
}

func TestPagesThatAreRefused(t *testing.T) {
	for next, kind := range map[string]charge.Kind{
		`"https://evil.test/v1/reports?page=2"`: charge.KindRefused,
		`"http://api.test/v1/reports"`:          charge.KindRefused,
		`"https://api.test:8443/v1/reports"`:    charge.KindRefused,
		`"https://api.test.evil.test/"`:         charge.KindRefused,
		`"https://api.test@evil.test/"`:         charge.KindRefused,
		`"https://user:pw@api.test/"`:           charge.KindRefused,
		`"https://evil.test\\@api.test/"`:       charge.KindRefused,
		`"//evil.test/"`:                        charge.KindRefused,
		`"/v1/reports?page=2"`:                  charge.KindRefused,
		`"https:api.test/"`:                     charge.KindRefused,
		`"file:///etc/passwd"`:                  charge.KindRefused,
		`"` + firstPage + `"`:                   charge.KindInternal,
	} {
		b := &fakePages{pages: map[string]string{firstPage: pageText(next, "rpt_1")}}
		ids, err := allPages(t.Context(), client(t, b))
		wantText(t, wantKind(t, err, kind).Error(), "list reports: the API's next page")
		if !slices.Equal(ids, []string{"rpt_1"}) || len(b.asked) != 1 {
			t.Errorf("%s: reports %v, requests %v", next, ids, b.asked)
		}
	}
}

func TestAPageWithoutOrigin(t *testing.T) {
	for _, next := range []string{`"/v1/reports?page=2"`, `"//api.test/v1/reports"`} {
		_, err := allPages(t.Context(), client(t, answering(200, pageText(next, "rpt_1"))))
		wantText(t, wantKind(t, err, charge.KindRefused).Error(), "names no scheme and host")
	}
}

// endless always has another next page, and a report on one alone.
type endless struct{ full, asked int }

func (e *endless) RoundTrip(r *http.Request) (*http.Response, error) {
	e.asked++
	var ids []string
	if e.asked == e.full {
		ids = []string{"rpt_1"}
	}
	return answering(200, pageText(fmt.Sprintf(`"https://api.test/v1/reports?page=page_%d"`, e.asked), ids...)).RoundTrip(r)
}

func TestEmptyPagesWithoutEnd(t *testing.T) {
	e := &endless{full: maxEmpty}
	ids, err := allPages(t.Context(), client(t, e))
	wantText(t, wantKind(t, err, charge.KindInternal).Error(), "empty for too long")
	if len(ids) != 1 || e.asked != 2*maxEmpty {
		t.Errorf("%d reports on %d pages", len(ids), e.asked)
	}
}

func TestAnIncompletePageIsNoEmptyList(t *testing.T) {
	for _, body := range []string{
		`{}`, `{"data":null}`, `{"data":{}}`, `[]`, `{"data":[],"next_page_url":7}`, `{"data":["rpt_1"]}`,
		`{"data":[{"id":"rpt_1"}]}`, `{"data":[` + testReport + `,null]}`, `{"data":[`,
	} {
		ids, err := allPages(t.Context(), client(t, answering(200, body)).Once())
		if e := wantKind(t, err, charge.KindTemporary); ids != nil {
			t.Errorf("%s gave %v and %v", body, ids, e)
		}
	}
}

func TestPagesStopAfterAnError(t *testing.T) {
	var errs []error
	for _, err := range client(t, answering(403, apiError)).ReportPages(t.Context(), charge.ReportFilter{}) {
		errs = append(errs, err)
	}
	if len(errs) != 1 {
		t.Fatalf("%d turns, want one", len(errs))
	}
	wantKind(t, errs[0], charge.KindAuth)
}

func TestFleetPages(t *testing.T) {
	b := &fakePages{pages: map[string]string{
		"https://api.test/v1/fleets?limit=100":   `{"data":[{"id":"flt_A","name":"Nord"}],"next_page_url":"https://api.test/v1/fleets?page=page_2"}`,
		"https://api.test/v1/fleets?page=page_2": `{"data":[{"id":"flt_B","name":"Süd"}]}`,
	}}
	var names []string
	for fleets, err := range client(t, b).FleetPages(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, fleets[0].Name)
	}
	if !slices.Equal(names, []string{"Nord", "Süd"}) {
		t.Error(names)
	}
}

func TestFleet(t *testing.T) {
	c := client(t, answering(200, `{"id":"flt_A","name":"Nord","timezone":"Europe/Paris"}`)).Once()
	if fleet, err := c.Fleet(t.Context(), "flt_A"); err != nil || fleet.Timezone != "Europe/Paris" {
		t.Errorf("%+v, %v", fleet, err)
	}
	_, err := c.Fleet(t.Context(), "flt_B")
	wantText(t, wantKind(t, err, charge.KindTemporary).Error(), "get fleet flt_B: the answer is about another fleet")
}

func FuzzPage(f *testing.F) {
	for _, seed := range []string{pageText("null", "rpt_1"), `{"data":[]}`, `{}`, `{"data":null}`, `{"data":[],"next_page_url":"x"}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		reports, _, err := listed(answered(200, string(body)), reportOf)
		if err != nil {
			wantClassified(t, err)
			return
		}
		if reports == nil {
			t.Errorf("%q was read as a page without a data array", body)
		}
		for _, r := range reports {
			if r.ID == "" || r.Status == "" {
				t.Errorf("%q was read as %+v", body, reports)
			}
		}
	})
}
