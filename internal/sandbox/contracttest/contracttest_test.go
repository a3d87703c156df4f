package contracttest_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/sandbox/contracttest"
	"github.com/chargectl/chargectl/internal/sandbox/inproc"
)

// notes is a test that writes errors down instead of failing.
type notes struct {
	testing.TB

	mu    sync.Mutex
	lines []string
}

func (n *notes) Errorf(format string, args ...any) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.lines = append(n.lines, fmt.Sprintf(format, args...))
}

// take returns what has been noted and forgets it.
func (n *notes) take() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	lines := n.lines
	n.lines = nil
	return lines
}

// says answers every request with a status, a media type and a body.
func says(status int, media, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", media)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

const (
	emptyPage = `{"data":[],"next_page_url":null,"previous_page_url":null}`
	refusal   = `{"code":null,"message":"no","object":"error","param":null,"request":"req_1","status":404,"type":"x"}`
)

func TestResponsesAreHeldToTheContract(t *testing.T) {
	const media = "application/json"
	tests := []struct {
		name    string
		answer  http.Handler
		path    string
		opts    []contracttest.Option
		breaks  bool
		request bool
	}{
		{name: "a page", answer: says(200, media, emptyPage)},
		{name: "unknown fields", answer: says(200, media, strings.Replace(emptyPage, "{", `{"new":1,`, 1))},
		{name: "no data", answer: says(200, media, `{}`), breaks: true},
		{name: "not JSON", answer: says(200, media, `{"data"`), breaks: true},
		{name: "another media type", answer: says(200, "text/plain", emptyPage), breaks: true},
		{name: "bad report", answer: says(200, media, strings.Replace(emptyPage, "[]", `[{"id":"rpt_1"}]`, 1)), breaks: true},
		{name: "an error", answer: says(404, media, refusal)},
		{name: "an error with another status", answer: says(400, media, refusal), breaks: true},
		{name: "an error without a request id", answer: says(404, media, strings.Replace(refusal, "req_1", "", 1)), breaks: true},
		{name: "an HTML 404", answer: says(404, "text/html", "<html>"), breaks: true},
		{name: "a proxy's page", answer: says(502, "text/html", "<html>")},
		{name: "a fault on purpose", answer: says(200, media, `{}`), opts: []contracttest.Option{contracttest.AllowBadResponses()}},
		{name: "success where nothing is", answer: says(200, media, `{}`), path: "/v1/nothing", breaks: true, request: true},
		{name: "outside the contract", answer: says(200, "text/csv", "a,b"), path: "/reports/rpt_1.csv"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if test.path == "" {
				test.path = "/v1/reports"
			}
			want := 0
			for _, broken := range []bool{test.breaks, test.request} {
				if broken {
					want++
				}
			}
			for way, exchange := range ways(test.answer) {
				n := &notes{TB: t}
				exchange(n, ask("GET", test.path, ""), test.opts...)
				got := n.take()
				if len(got) != want || want > 0 && !strings.HasPrefix(got[0], "GET "+test.path+": ") {
					t.Errorf("%s: %d complaints, want %d: %q", way, len(got), want, got)
				}
			}
		})
	}
}

// TestEventsAreHeldToTheContract changes a good event of a succeeded report in one place at a time.
func TestEventsAreHeldToTheContract(t *testing.T) {
	for _, test := range []struct {
		name          string
		replace       []string // old and new texts in turn
		header, value string
		breaks        bool
	}{
		{name: "as it is"},
		{name: "unknown fields", replace: []string{`{"id":"evt`, `{"new":1,"id":"evt`}},
		{name: "half a report", replace: []string{`"size":9,`, ""}, breaks: true},
		{name: "half a report of another version", replace: []string{`"size":9,`, "", `"2026-03-01"`, `"2025-06-01"`}},
		{name: "something else than a report", replace: []string{`"size":9,`, "", "report.succeeded", "charge.succeeded"}},
		{name: "a report that goes on", replace: []string{`"status":"succeeded"`, `"status":"processing"`}, breaks: true},
		{name: "no report", replace: []string{`"object":{`, `"objekt":{`}, breaks: true},
		{name: "no id", replace: []string{"evt_1", ""}, breaks: true},
		{name: "an instant of seconds", replace: []string{`"2026-05-01T06:00:03.000Z","data"`, `1777615203,"data"`}, breaks: true},
		{name: "not JSON", replace: []string{`{"id":"evt`, `"id":"evt`}, breaks: true},
		{name: "another media type", header: "Content-Type", value: "text/plain", breaks: true},
		{name: "no signature", header: "Charge-Signature", breaks: true},
		{name: "a signature of seconds", header: "Charge-Signature", value: "t=1777615203,v1=" + strings.Repeat("0", 64), breaks: true},
		{name: "a key", header: "Authorization", value: "Bearer ch_sk_test_abc", breaks: true},
	} {
		t.Run(test.name, func(t *testing.T) {
			event := strings.NewReplacer(test.replace...).Replace(goodEvent)
			r := httptest.NewRequest(http.MethodPost, "http://127.0.0.1:4242/", strings.NewReader(event))
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Charge-Signature", "t=2026-05-01T06:00:03.000Z,v1="+strings.Repeat("0", 64))
			if test.header != "" {
				r.Header.Set(test.header, test.value)
			}
			n, passed := &notes{TB: t}, ""
			status, _ := serve(contracttest.Receiver(n, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				passed = string(body)
				w.WriteHeader(http.StatusNoContent)
			})), r)
			if got := n.take(); test.breaks != (len(got) > 0) || len(got) > 1 {
				t.Errorf("breaks the contract: %q", got)
			}
			if status != http.StatusNoContent || passed != event {
				t.Errorf("%d to %s", status, passed)
			}
		})
	}
}

const goodEvent = `{"id":"evt_1","object":"event","api_version":"2026-03-01","created":"2026-05-01T06:00:03.000Z","data":{"object":{` +
	`"id":"rpt_abcdefghijklmnopqrstuvwxyz012345","object":"report","account":"acct_1","created":"2026-05-01T06:00:00.000Z",` +
	`"fleet":null,"parameters":{"type":"charging_summary","period_start":"2026-04-01T00:00:00.000Z",` +
	`"period_end":"2026-05-01T00:00:00.000Z"},"size":9,"status":"succeeded","succeeded_at":"2026-05-01T06:00:03.000Z",` +
	`"type":"csv","url":"https://files.chargeapi.co/x.csv"},"previous_attributes":{"status":"processing"}},"livemode":false,` +
	`"pending_webhooks":1,"request":{"id":null,"idempotency_key":null},"type":"report.succeeded"}`

// ways are the two places the contract can stand in.
func ways(answer http.Handler) map[string]func(testing.TB, *http.Request, ...contracttest.Option) {
	return map[string]func(testing.TB, *http.Request, ...contracttest.Option){
		"Check": func(t testing.TB, r *http.Request, opts ...contracttest.Option) {
			serve(contracttest.Check(t, answer, opts...), r)
		},
		"RoundTripper": func(t testing.TB, r *http.Request, opts ...contracttest.Option) {
			resp, err := contracttest.RoundTripper(t, direct{answer}, opts...).RoundTrip(r)
			if err != nil {
				t.Errorf("%v", err)
				return
			}
			_ = resp.Body.Close()
		},
	}
}

// direct is a round tripper that asks a handler.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w.Result(), nil
}

// TestBodiesPassThrough shows that both sides still see each other's bodies.
func TestBodiesPassThrough(t *testing.T) {
	s := sandbox.New(sandbox.Options{Vehicles: 1})
	r := ask("POST", "https://api.chargeapi.co/v1/reports", april)
	r.RequestURI = ""
	client := http.Client{Transport: contracttest.RoundTripper(t, inproc.Transport(s))}
	resp, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK || !strings.Contains(string(body), s.Created()[0].ID) {
		t.Errorf("%d %s (%v)", resp.StatusCode, body, err)
	}
}

// TestWhatIsCutIsPassedOver goes through a real server, where handlers can hijack and abort.
func TestWhatIsCutIsPassedOver(t *testing.T) {
	cuts := map[string]http.HandlerFunc{
		"aborted": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"aborted in the middle": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "100")
			_, _ = io.WriteString(w, "{")
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		},
		"hijacked": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				t.Error(err)
				return
			}
			_ = conn.Close()
		},
	}
	for name, cut := range cuts {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(contracttest.Check(t, cut))
			defer server.Close()
			r := ask("GET", server.URL+"/v1/reports", "")
			r.RequestURI = ""
			client := http.Client{Transport: contracttest.RoundTripper(t, server.Client().Transport)}
			resp, err := client.Do(r)
			if err == nil {
				_, err = io.ReadAll(resp.Body)
				_ = resp.Body.Close()
			}
			if err == nil {
				t.Error("the cut did not reach the client")
			}
		})
	}
}
