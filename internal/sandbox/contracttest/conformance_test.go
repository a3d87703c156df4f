package contracttest_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/sandbox/contracttest"
)

const april = `{"parameters":{"type":"charging_summary","period_start":"2026-04-01T00:00:00.000Z","period_end":"2026-05-01T00:00:00.000Z"}}`

// ask builds a request with a key, as a client would send it.
func ask(method, path, body string) *http.Request {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer ch_sk_test_abc")
	r.Header.Set("Content-Type", "application/json")
	return r
}

// serve answers a request and returns status and body.
func serve(h http.Handler, r *http.Request) (int, string) {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}

// TestTheSandboxKeepsTheContract sends good requests in every state a report can be in.
func TestTheSandboxKeepsTheContract(t *testing.T) {
	now := time.Date(2026, 5, 1, 6, 0, 0, 0, time.UTC)
	s := sandbox.New(sandbox.Options{Vehicles: 2, Clock: func() time.Time { return now }})
	s.Fail(func(_ string, n int) bool { return n == 2 })
	h := contracttest.Check(t, s.API())
	good := func(r *http.Request) {
		t.Helper()
		if status, body := serve(h, r); status != http.StatusOK {
			t.Errorf("%s %s: %d %s", r.Method, r.URL, status, body)
		}
	}
	for range 2 {
		create := ask("POST", "/v1/reports", april)
		create.Header.Set("Charge-Version", "2026-03-01")
		good(create)
	}
	for range 2 {
		replayed := ask("POST", "/v1/reports", april)
		replayed.Header.Set("Idempotency-Key", "one")
		good(replayed)
	}
	for range 4 { // pending, processing twice, ended
		for _, created := range s.Created() {
			good(ask("GET", "/v1/reports/"+created.ID, ""))
		}
		good(ask("GET", "/v1/reports", ""))
		good(ask("GET", "/v1/reports?limit=1&status=pending", ""))
		now = now.Add(time.Second)
	}
	good(ask("GET", "/v1/fleets?limit=2&status=active", ""))
	good(ask("POST", "/v1/webhook_endpoints", `{"url":"https://a.example/hook","enabled_events":["report.succeeded"]}`))
	if s.Reports() != 3 {
		t.Errorf("%d reports, want 3", s.Reports())
	}
}

// TestRefusalsKeepTheContract sends what the contract forbids; the answers must be the documented error object, and
// the sandbox must not be more lenient than the contract.
func TestRefusalsKeepTheContract(t *testing.T) {
	s := sandbox.New(sandbox.Options{Vehicles: 2})
	h := contracttest.Check(t, s.API(), contracttest.AllowBadRequests())
	strict := &notes{TB: t}
	contract := contracttest.Check(strict, s.API())
	for _, bad := range []struct {
		name, method, path, body string
		header, value            string
	}{
		{"no key", "GET", "/v1/reports", "", "Authorization", ""},
		{"path", "GET", "/v1/nothing", "", "", ""},
		{"report", "GET", "/v1/reports/rpt-1", "", "", ""},
		{"fleet", "GET", "/v1/fleets/1", "", "", ""},
		{"method", "DELETE", "/v1/reports", "", "", ""},
		{"limit", "GET", "/v1/reports?limit=0", "", "", ""},
		{"limit", "GET", "/v1/fleets?limit=x", "", "", ""},
		{"page", "GET", "/v1/reports?page=2", "", "", ""},
		{"version", "GET", "/v1/reports", "", "Charge-Version", "new"},
		{"media type", "POST", "/v1/reports", april, "Content-Type", "text/plain"},
		{"empty", "POST", "/v1/reports", "", "", ""},
		{"no parameters", "POST", "/v1/reports", "{}", "", ""},
		{"no type", "POST", "/v1/reports", strings.Replace(april, "type", "kind", 1), "", ""},
		{"fleet", "POST", "/v1/reports", strings.Replace(april, "{", `{"fleet":null,`, 1), "", ""},
		{"instant", "POST", "/v1/reports", strings.ReplaceAll(april, ".000Z", "Z"), "", ""},
		{"key", "POST", "/v1/reports", april, "Idempotency-Key", strings.Repeat("k", 256)},
		{"webhook", "POST", "/v1/webhook_endpoints", `{"url":"https://a.example"}`, "", ""},
	} {
		t.Run(bad.name, func(t *testing.T) {
			for _, h := range []http.Handler{h, contract} {
				r := ask(bad.method, bad.path, bad.body)
				if bad.header != "" {
					r.Header.Set(bad.header, bad.value)
				}
				if status, body := serve(h, r); status < 400 {
					t.Errorf("%d %s", status, body)
				}
			}
			if got := strict.take(); len(got) != 1 || !strings.Contains(got[0], "the request breaks the contract") {
				t.Errorf("the contract says %q, want one complaint about the request", got)
			}
		})
	}
}

// TestFaultsThatKeepTheContract shows that seeded faults are either the documented error or a proxy's page.
func TestFaultsThatKeepTheContract(t *testing.T) {
	var faults []sandbox.Fault
	for _, text := range []string{"flaky=3", "rate-limit=2", "late=1", "empty-list=1", "fails=1"} {
		fault, err := sandbox.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		faults = append(faults, fault)
	}
	h := contracttest.Check(t, sandbox.New(sandbox.Options{Vehicles: 2, Faults: faults}).API())
	seen := map[int]bool{}
	for range 40 {
		for _, r := range []*http.Request{ask("POST", "/v1/reports", april), ask("GET", "/v1/reports", ""), ask("GET", "/v1/reports/rpt_a", "")} {
			status, _ := serve(h, r)
			seen[status] = true
		}
	}
	for _, status := range []int{200, 404, 429, 500, 502, 503} {
		if !seen[status] {
			t.Errorf("no answer was a %d", status)
		}
	}
}
