package contracttest_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/sandbox/contracttest"
	"github.com/chargectl/chargectl/internal/sandbox/inproc"
)

const april = `{"parameters":{"type":"charging_summary","period_start":"2026-04-01T00:00:00.000Z","period_end":"2026-05-01T00:00:00.000Z"}}`

// here registers an endpoint on this machine.
const here = `{"url":"http://127.0.0.1:4242/","enabled_events":["report.succeeded"],"description":"d","api_version":null,"metadata":{"a":1}}`

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
	s := sandbox.New(sandbox.Options{
		Vehicles: 2, Clock: func() time.Time { return now },
		Fate: func(n int) (time.Duration, bool) { return 3 * time.Second, n == 2 },
	})
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
	for range 2 {
		good(ask("POST", "/v1/webhook_endpoints", here))
	}
	page := ask("GET", "/v1/webhook_endpoints?limit=1", "")
	page.Header.Set("Charge-Version", "2026-03-01")
	good(page)
	_, body := serve(s.API(), page)
	one := "/v1/webhook_endpoints/" + regexp.MustCompile(`wh_\w+`).FindString(body)
	good(ask("GET", one, ""))
	good(ask("POST", one, `{"status":"disabled","description":null,"metadata":{}}`))
	good(ask("POST", one, `{"enabled_events":["report.succeeded"]}`))
	if n := len(s.Created()); n != 3 {
		t.Errorf("%d reports, want 3", n)
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
		{"no URL", "POST", "/v1/webhook_endpoints", strings.Replace(here, "url", "uri", 1), "", ""},
		{"no events", "POST", "/v1/webhook_endpoints", strings.Replace(here, `"report.succeeded"`, "", 1), "", ""},
		{"description", "POST", "/v1/webhook_endpoints", strings.Replace(here, `"d"`, "1", 1), "", ""},
		{"metadata", "POST", "/v1/webhook_endpoints", strings.Replace(here, `{"a":1}`, "null", 1), "", ""},
		{"endpoint", "GET", "/v1/webhook_endpoints/1", "", "", ""},
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

// TestFaultsKeepTheContract sends good requests to a sandbox with each fault, and with all of them, through both places
// that the contract can stand in. What is cut or never answered is passed over. Some faults leave the contract on
// purpose, and are noticed.
func TestFaultsKeepTheContract(t *testing.T) {
	leaving := []string{"old-version", "proxy-html", "garbage", "chaos"}
	const refuses = "revoked"                          // it would answer everything else
	silent := []string{"stuck", "fails", "event-lost"} // of what does not happen, and does not come, there is no event
	var kept []string
	for _, info := range sandbox.Faults() {
		if slices.Contains(leaving, info.Name) {
			continue
		}
		t.Run(info.Name, func(t *testing.T) {
			if events := overWeeks(t, t, info.Name); events == 0 && !slices.Contains(silent, info.Name) {
				t.Error("no event came")
			}
		})
		if info.Name != refuses {
			kept = append(kept, info.Name)
		}
	}
	t.Run("all", func(t *testing.T) { overWeeks(t, t, kept...) })
	for _, leaves := range leaving {
		t.Run(leaves, func(t *testing.T) {
			n := &notes{TB: t}
			if overWeeks(t, n, leaves); len(n.take()) == 0 {
				t.Error("what is no answer of the contract is taken for one")
			}
		})
	}
}

// overWeeks uses an API with faults as a client would over some weeks, takes its events, and complains to notes. It
// returns how many events came.
func overWeeks(t *testing.T, notes testing.TB, names ...string) int {
	t.Helper()
	var events atomic.Int64
	synctest.Test(t, func(t *testing.T) {
		var faults []sandbox.Fault
		for _, name := range names {
			fault, err := sandbox.ParseFault(name)
			if err != nil {
				t.Fatal(err)
			}
			faults = append(faults, fault)
		}
		s := sandbox.New(sandbox.Options{
			Vehicles: 2, Faults: faults,
			Events: inproc.Handler(contracttest.Receiver(notes, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				events.Add(1)
			}))),
		})
		defer s.Close()
		checked := contracttest.RoundTripper(notes, direct{contracttest.Check(notes, s.API())})
		call := func(method, path, body, key string) {
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			r := ask(method, path, body).WithContext(ctx)
			if r.Header.Set("Charge-Version", "2026-03-01"); slices.Contains(names, "old-version") {
				r.Header.Del("Charge-Version")
			}
			if key != "" {
				r.Header.Set("Idempotency-Key", key)
			}
			defer func() { _ = recover() }() // a handler that cuts the connection
			if resp, err := checked.RoundTrip(r); err == nil {
				_ = resp.Body.Close()
			}
		}
		other := strings.Replace(april, "2026-05", "2026-06", 1)
		for week := range 4 {
			call("POST", "/v1/webhook_endpoints", here, fmt.Sprint("endpoint of week ", week))
			for range 3 {
				call("POST", "/v1/reports", april, fmt.Sprint("april of week ", week))
				call("POST", "/v1/reports", other, "another body under one key")
				call("POST", "/v1/reports?expand=fleet", april, "")
				call("GET", "/v1/reports?limit=2&expand=account&expand=fleet", "", "")
				call("GET", "/v1/fleets", "", "")
				call("GET", "/v1/webhook_endpoints?limit=1", "", "")
				for _, r := range s.Created() {
					call("GET", "/v1/reports/"+r.ID, "", "")
				}
				time.Sleep(2 * time.Second) // of the bubble's clock
			}
			time.Sleep(7 * 24 * time.Hour)
		}
		if len(s.Created()) == 0 {
			t.Error("nothing was created")
		}
	})
	return int(events.Load())
}
