package api

import (
	"net/http"
	"net/url"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/chargectl/chargectl/internal/charge"
)

func TestMaskURL(t *testing.T) {
	for raw, want := range map[string]string{
		"https://api.test/v1/reports/rpt_1":                 "https://api.test/v1/reports/rpt_1",
		"https://user:pw@api.test/v1/reports#secret":        "https://api.test/v1/reports",
		"https://api.test/v1/reports?limit=100&fleet=flt_1": "https://api.test/v1/reports?limit=100&fleet=…",
		"https://api.test/v1/reports?limit=hunter2&limit=":  "https://api.test/v1/reports?limit=…&limit=…",
		"https://api.test/v1/reports?sometoken":             "https://api.test/v1/reports?…",
		"https://api.test/v1/reports?page=b=c;limit=5":      "https://api.test/v1/reports?page=…",
		"https://api.test/v1/reports?":                      "https://api.test/v1/reports",
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := maskURL(u); got != want {
			t.Errorf("maskURL(%q) = %q, want %q", raw, got, want)
		}
	}
}

func TestMaskKey(t *testing.T) {
	for key, want := range map[string]string{
		"ch_sk_test_abc":     "ch_sk_test_…",
		"ch_sk_live_a_b":     "ch_sk_live_…",
		"ch_rk_live_abc":     "ch_rk_live_…",
		"ch_secret_test_abc": "…",
		"ch_sk_abc":          "…",
		"ch_sk_abc_test":     "…",
		"test_live_abc":      "…",
		"":                   "…",
	} {
		if got := maskKey(key); got != want {
			t.Errorf("maskKey(%q) = %q, want %q", key, got, want)
		}
	}
}

func TestEveryAttemptIsTraced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &flaky{replies: []func() (*http.Response, error){
			with(429, apiError, "Retry-After: 3", "Content-Type: application/json", "Set-Cookie: session=hunter2"),
			reset,
			func() (*http.Response, error) {
				time.Sleep(2 * time.Second)
				return reply(200, testReport, "X-Request-Id: req_h"), nil
			},
		}}
		var seen traces
		if _, err := get(t, client(t, f, seen.option)); err != nil {
			t.Fatal(err)
		}
		const at = "https://api.test/v1/reports/rpt_1"
		want := []Attempt{
			{Method: "GET", URL: at, Number: 1, Status: 429, Request: "req_9", Wait: 3 * time.Second, Bytes: int64(len(apiError)),
				Headers: map[string]string{"Retry-After": "3", "Content-Type": "application/json"}},
			{Method: "GET", URL: at, Number: 2, Wait: 500 * time.Millisecond, Headers: map[string]string{}},
			{Method: "GET", URL: at, Number: 3, Status: 200, Request: "req_h", Duration: 2 * time.Second,
				Bytes: int64(len(testReport)), Headers: map[string]string{"X-Request-Id": "req_h"}},
		}
		if diff := cmp.Diff(want, seen.all, cmpopts.IgnoreFields(Attempt{}, "Err")); diff != "" {
			t.Error(diff)
		}
		wantKind(t, seen.all[0].Err, charge.KindTemporary)
		wantKind(t, seen.all[1].Err, charge.KindTemporary)
		if seen.all[2].Err != nil {
			t.Error(seen.all[2].Err)
		}
	})
}

func TestEveryHopOfAFileIsTraced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &flaky{replies: []func() (*http.Response, error){
			with(302, "", "Location: https://other.test/r.csv?sig=hunter2"), with(200, "a,b\n", `ETag: "a"`),
		}}
		var seen traces
		file, err := client(t, f, seen.option).OpenFile(t.Context(), fileURL, charge.FileRange{})
		if err != nil {
			t.Fatal(err)
		}
		_ = file.Body.Close()
		want := []Attempt{
			{Method: "GET", URL: "https://files.test", Number: 1, Status: 302, Bytes: -1,
				Headers: map[string]string{"Location": "https://other.test"}},
			{Method: "GET", URL: "https://other.test", Number: 2, Status: 200, Bytes: -1,
				Headers: map[string]string{"ETag": `"a"`}},
		}
		if diff := cmp.Diff(want, seen.all); diff != "" {
			t.Error(diff)
		}
	})
}

// Describe promises what is sent, so the test sends it.
func TestDescribe(t *testing.T) {
	var sent *http.Request
	c := client(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		sent = req
		return reply(200, testReport), nil
	}), func(o *Options) { o.Version = "2026-03-01" })
	body := []byte(testBody)
	if _, err := c.CreateReport(t.Context(), body, "key-1"); err != nil {
		t.Fatal(err)
	}
	got, err := c.Describe(body, "key-1")
	if err != nil {
		t.Fatal(err)
	}
	want := RequestText{Method: "POST", URL: "https://api.test/v1/reports", Body: body, Header: []string{
		"Accept: application/json",
		"Authorization: Bearer ch_sk_test_…",
		"Charge-Version: 2026-03-01",
		"Content-Type: application/json",
		"Idempotency-Key: key-1",
		"User-Agent: chargectl/test",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if u, err := url.Parse(got.URL); err != nil || u.String() != sent.URL.String() || sent.Method != got.Method || len(sent.Header) != len(got.Header) {
		t.Errorf("sent %s %s with %v", sent.Method, sent.URL, sent.Header)
	}
}
