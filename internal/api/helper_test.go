package api

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/sandbox/contracttest"
)

const (
	testKey    = "ch_sk_test_SECRETsecretSECRETsecret"
	testReport = `{"id":"rpt_1","object":"report","status":"pending"}`
	testBody   = `{"parameters":{"period_end":"2026-05-01T00:00:00.000Z","period_start":"2026-04-01T00:00:00.000Z","type":"t"}}`
	apiError   = `{"object":"error","type":"invalid_request_error","code":"report_not_found","param":"id",` +
		`"message":"No such report.","doc_url":"https://docs/e","request":"req_9","status":404}`
)

// roundTrip is a transport made of a function, for tests whose time is not the wall clock's.
type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := f(req)
	connect(req, err)
	return resp, err
}

// connect tells of connections as net/http does: of one that is wanted, and of the one that is there unless err is about
// finding or reaching the host.
func connect(req *http.Request, err error) {
	trace := httptrace.ContextClientTrace(req.Context())
	if trace == nil {
		return
	}
	trace.GetConn(req.Host)
	if _, dns := errors.AsType[*net.DNSError](err); !dns && (err == nil || !dialing(err)) {
		trace.GotConn(httptrace.GotConnInfo{})
	}
}

// reply makes a response; headers are "Name: value".
func reply(status int, body string, headers ...string) *http.Response {
	return streamed(status, io.NopCloser(strings.NewReader(body)), headers...)
}

func streamed(status int, body io.ReadCloser, headers ...string) *http.Response {
	h := http.Header{}
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		h.Add(name, value)
	}
	return &http.Response{StatusCode: status, Header: h, Body: body, ContentLength: -1}
}

// answered is the answer of a response that came whole.
func answered(status int, body string) *answer {
	a := &answer{status: status, header: http.Header{}}
	a.decode([]byte(strings.TrimSpace(body)), nil)
	return a
}

// decoded reads an object as it comes in an answer.
func decoded[T any](raw string, item func(*answer, value) (T, error)) (T, error) {
	a := answered(200, raw)
	v, err := a.object()
	if err != nil {
		return *new(T), err
	}
	return item(a, v)
}

// client makes a client of a transport, without jitter: pauses are half their full length.
func client(t *testing.T, transport http.RoundTripper, change ...func(*Options)) *Client {
	t.Helper()
	o := Options{BaseURL: "https://api.test/v1", Key: testKey, UserAgent: "chargectl/test", Transport: transport}
	for _, f := range change {
		f(&o)
	}
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if _, real := c.options.Transport.(*Transport); !real { // whose proxy errors name; dial wraps it itself
		c.options.Transport = contracttest.RoundTripper(t, c.options.Transport, contracttest.AllowBadResponses())
	}
	c.jitter = func() float64 { return 0 }
	return c
}

// dial makes a client of a real server on loopback.
func dial(t *testing.T, handler http.HandlerFunc, change ...func(*Options)) *Client {
	t.Helper()
	server := listen(t, handler)
	transport, err := NewTransport("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	at := func(o *Options) { o.BaseURL = server.URL + "/v1" }
	c := client(t, transport, append([]func(*Options){at}, change...)...)
	c.options.Transport = contracttest.RoundTripper(t, c.options.Transport, contracttest.AllowBadResponses())
	return c
}

func listen(t *testing.T, handler http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.Start()
	t.Cleanup(server.Close)
	return server
}

// answering replies the same to every request.
func answering(status int, body string, headers ...string) roundTrip {
	return func(*http.Request) (*http.Response, error) { return reply(status, body, headers...), nil }
}

// traces collects the attempts that are traced.
type traces struct {
	mu  sync.Mutex
	all []Attempt
}

func (l *traces) option(o *Options) {
	o.Trace = func(a Attempt) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.all = append(l.all, a)
	}
}

func wantKind(t *testing.T, err error, kind charge.Kind) *charge.Error {
	t.Helper()
	e, ok := errors.AsType[*charge.Error](err)
	if !ok || e.Kind != kind {
		t.Fatalf("got %#v (%v), want kind %s", err, err, kind)
	}
	return e
}

func wantText(t *testing.T, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%q does not say %q", text, part)
		}
	}
}

func get(t *testing.T, c *Client) (charge.Report, error) {
	t.Helper()
	return c.Report(t.Context(), "rpt_1")
}

// allPages reads a sequence to its end.
func allPages(ctx context.Context, c *Client) (ids []string, err error) {
	for reports, err := range c.ReportPages(ctx, charge.ReportFilter{}) {
		if err != nil {
			return ids, err
		}
		for _, r := range reports {
			ids = append(ids, r.ID)
		}
	}
	return ids, nil
}
