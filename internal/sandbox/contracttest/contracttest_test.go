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
