package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

const inProgress = `{"object":"error","type":"invalid_request_error","code":"idempotency_key_in_use","message":"In progress.","status":409}`

func create(t *testing.T, c *Client) (charge.Report, error) {
	t.Helper()
	return c.CreateReport(t.Context(), []byte(testBody), "key-1")
}

// A repeat that is answered 409, after a try whose answer was lost, may meet its own first try still at work.
func TestAConflictAfterALostAnswer(t *testing.T) {
	const ms, s = time.Millisecond, time.Second
	type replies = []func() (*http.Response, error)
	conflict := with(409, inProgress)
	for name, tc := range map[string]struct {
		replies  replies
		at       []time.Duration
		kind     charge.Kind // empty when the report comes in the end
		mayExist bool
	}{
		"passes": {append(replies{reset}, times(3, conflict)...), []time.Duration{0, 250 * ms, 1250 * ms, 2250 * ms, 3250 * ms}, "", false},
		"stays": {append(replies{reset}, times(99, conflict)...),
			[]time.Duration{0, 250 * ms, 1250 * ms, 2250 * ms, 3250 * ms, 4250 * ms, 5250 * ms, 6250 * ms, 7250 * ms, 8250 * ms, 9250 * ms, 10250 * ms},
			charge.KindTemporary, true},
		"after the other tries are used up": {append(times(4, reset), times(2, conflict)...),
			[]time.Duration{0, 250 * ms, 750 * ms, 1750 * ms, 3750 * ms, 4750 * ms, 5750 * ms}, "", false},
		"asks to wait":            {replies{reset, with(409, inProgress, "Retry-After: 4"), conflict}, []time.Duration{0, 250 * ms, 4250 * ms, 5250 * ms}, "", false},
		"asks to wait too long":   {replies{reset, with(409, inProgress, "Retry-After: 11")}, []time.Duration{0, 250 * ms}, charge.KindTemporary, true},
		"after a 502 of a proxy":  {replies{with(502, htmlPage), conflict}, []time.Duration{0, 250 * ms, 1250 * ms}, "", false},
		"after an empty 200":      {replies{with(200, ""), conflict}, []time.Duration{0, 250 * ms, 1250 * ms}, "", false},
		"gives way to another":    {append(replies{reset, conflict}, with(400, apiError)), []time.Duration{0, 250 * ms, 1250 * ms}, charge.KindUsage, true},
		"is broken in between":    {replies{reset, conflict, reset, conflict}, []time.Duration{0, 250 * ms, 1250 * ms, 1750 * ms, 2750 * ms}, "", false},
		"on the first try":        {replies{conflict}, []time.Duration{0}, charge.KindUsage, false},
		"after a 500 of the API":  {replies{with(500, apiError), conflict}, []time.Duration{0, 250 * ms, 1250 * ms}, "", false},
		"after a 429":             {replies{with(429, apiError), conflict}, []time.Duration{0, 250 * ms}, charge.KindUsage, false},
		"after a refused connect": {replies{breaks(refused()), conflict}, []time.Duration{0, 250 * ms}, charge.KindUsage, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &flaky{replies: tc.replies}
				_, err := create(t, client(t, f))
				if !slices.Equal(f.at, tc.at) {
					t.Errorf("tried at %v, want %v", f.at, tc.at)
				}
				if tc.kind == "" {
					if err != nil {
						t.Error(err)
					}
					return
				}
				if e := wantKind(t, err, tc.kind); e.MayExist != tc.mayExist {
					t.Errorf("MayExist %v: %v", e.MayExist, e)
				}
			})
		})
	}
}

func breaks(err error) func() (*http.Response, error) {
	return func() (*http.Response, error) { return nil, err }
}

func refused() error { return &net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED} }

func TestAConflictThatStaysSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := create(t, client(t, &flaky{replies: append(times(1, reset), times(99, with(409, inProgress))...)}))
		e := wantKind(t, err, charge.KindTemporary)
		wantText(t, e.Error(), "create report: In progress: an earlier attempt, whose answer was lost, may still be in progress")
		if e.HTTPStatus != 409 || e.Code != "idempotency_key_in_use" {
			t.Errorf("%+v", e)
		}
	})
}

func TestTheContextEndsAConflict(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		c := client(t, &flaky{replies: append(times(1, reset), times(99, with(409, inProgress))...)})
		_, err := c.CreateReport(ctx, []byte(testBody), "key-1")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 3*time.Second || !charge.AsError(err).MayExist {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// Whether something may have been made is known of every error of a create.
func TestMayExist(t *testing.T) {
	deep := `{"id":"rpt_1","status":"pending","x":` + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + `}`
	for name, tc := range map[string]struct {
		reply func() (*http.Response, error)
		want  bool
	}{
		"the API refuses":             {with(400, apiError), false},
		"the API does not know us":    {with(401, apiError), false},
		"forbidden by a proxy":        {with(403, htmlPage), false},
		"conflict":                    {with(409, inProgress), false},
		"too large for a proxy":       {with(413, htmlPage), false},
		"unprocessable":               {with(422, apiError), false},
		"limit":                       {with(429, apiError), false},
		"redirect":                    {with(307, "", "Location: /x"), false},
		"the API failed":              {with(500, apiError), true},
		"refused connection":          {breaks(refused()), false},
		"unknown host":                {breaks(&net.DNSError{Err: "no such host", Name: "api.test", IsNotFound: true}), false},
		"see other":                   {with(303, "", "Location: /x"), true},
		"408":                         {with(408, ""), true},
		"500 of something else":       {with(500, ""), true},
		"502 of a proxy":              {with(502, htmlPage), true},
		"504":                         {with(504, `{"message":"timeout"}`), true},
		"reset":                       {reset, true},
		"broken pipe":                 {breaks(&net.OpError{Op: "write", Net: "tcp", Err: syscall.EPIPE}), true},
		"closed":                      {breaks(io.EOF), true},
		"empty 200":                   {with(200, ""), true},
		"truncated 200":               {with(201, testReport[:20]), true},
		"200 of a page":               {with(200, htmlPage), true},
		"200 without a report":        {with(200, `{"object":"report"}`), true},
		"200 of another API version":  {with(200, `{"id":"rpt_1","status":"pending","created":1772546723}`), true},
		"200 that is too deep":        {with(200, deep), true},
		"200 with an id that is none": {with(200, `{"id":"rpt_../x","status":"pending"}`), true},
	} {
		_, err := create(t, client(t, roundTrip(func(*http.Request) (*http.Response, error) { return tc.reply() })).Once())
		if e := charge.AsError(err); e == nil || e.MayExist != tc.want {
			t.Errorf("%s: MayExist %v, want %v: %v", name, e != nil && e.MayExist, tc.want, err)
		}
	}
	_, err := get(t, client(t, answering(502, htmlPage)).Once())
	if wantKind(t, err, charge.KindTemporary).MayExist {
		t.Errorf("a GET creates nothing: %v", err)
	}
}

func TestALostAnswerIsNotForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, last := range map[string]func() (*http.Response, error){
			"401": with(401, apiError), "dial": breaks(refused()), "500": with(500, apiError),
		} {
			_, err := create(t, client(t, &flaky{replies: append(times(1, reset), times(9, last)...)}))
			if !charge.AsError(err).MayExist {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// The errno of a broken connection is that of a closed standard output, which it must not be taken for.
func TestAConnectionThatBreaksUnderABody(t *testing.T) {
	server := listen(t, func(w http.ResponseWriter, _ *http.Request) { hangUp(w) })
	transport, err := NewTransport("")
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Options{BaseURL: server.URL, Key: testKey, Transport: transport})
	if err != nil {
		t.Fatal(err)
	}
	body := bytes.Repeat([]byte("x"), 8<<20) // more than the buffers in between take
	for range 20 {
		_, err := c.Once().CreateReport(t.Context(), body, "key-1")
		e := wantKind(t, err, charge.KindTemporary)
		wantText(t, e.Error(), "create report: the connection to 127.0.0.1:", " broke: ")
		if !e.MayExist || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) || errors.Is(err, io.ErrClosedPipe) {
			t.Fatalf("MayExist %v, %#v", e.MayExist, err)
		}
	}
}

func TestNothingWasSent(t *testing.T) {
	dead := listen(t, nil)
	dead.Close()
	plain := listen(t, func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") })
	secure, _ := secureServer(t)
	for name, base := range map[string]string{
		"nobody listens": dead.URL, "no TLS": strings.Replace(plain.URL, "http:", "https:", 1), "not trusted": secure.URL,
	} {
		transport, err := NewTransport("")
		if err != nil {
			t.Fatal(err)
		}
		_, err = create(t, client(t, transport, func(o *Options) { o.BaseURL = base }).Once())
		transport.CloseIdleConnections()
		if e := charge.AsError(err); e == nil || e.MayExist {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAStreamThatIsResetWasSent(t *testing.T) {
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	transport, err := NewTransport("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig
	_, err = create(t, client(t, transport, func(o *Options) { o.BaseURL = server.URL }).Once())
	if e := wantKind(t, err, charge.KindTemporary); !e.MayExist {
		t.Errorf("%+v", e)
	}
}

func TestAnEndedContextBeforeTheConnectionSentNothing(t *testing.T) {
	transport, err := NewTransport("")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
		cancel()
		<-ctx.Done()
		return nil, ctx.Err()
	}
	_, err = client(t, transport).CreateReport(ctx, []byte(testBody), "key-1")
	if !errors.Is(err, context.Canceled) || charge.AsError(err).MayExist {
		t.Errorf("%#v", err)
	}
}

// net/http sends a request with an idempotency key a second time by itself when a kept connection closes under it.
func TestARepeatOfTheTransportIsARepeat(t *testing.T) {
	var posts atomic.Int64
	c := dial(t, func(w http.ResponseWriter, req *http.Request) {
		switch {
		case req.Method == http.MethodGet:
			fmt.Fprint(w, testReport)
		case posts.Add(1) == 1:
			_, _ = io.Copy(io.Discard, req.Body)
			hangUp(w)
		default:
			w.WriteHeader(http.StatusConflict)
			fmt.Fprint(w, inProgress)
		}
	}).Once()
	if _, err := get(t, c); err != nil { // so that there is a connection to keep
		t.Fatal(err)
	}
	_, err := create(t, c)
	e := wantKind(t, err, charge.KindTemporary)
	if !e.MayExist || e.HTTPStatus != http.StatusConflict || posts.Load() != 2 {
		t.Errorf("%d POSTs, %+v", posts.Load(), e)
	}
}

// The version goes with every request, and with none where the account's own is wanted.
func TestTheVersionGoesWithEveryRequest(t *testing.T) {
	for _, version := range []string{"2026-03-01", ""} {
		asked := 0
		c := client(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			asked++
			if got, sent := req.Header["Charge-Version"]; sent != (version != "") || sent && got[0] != version {
				t.Errorf("%s %s: sent %q, want %q", req.Method, req.URL, got, version)
			}
			switch {
			case strings.HasSuffix(req.URL.Path, "/flt_1"):
				return reply(200, `{"id":"flt_1"}`), nil
			case strings.HasSuffix(req.URL.Path, "/rpt_1"), req.Method == http.MethodPost:
				return reply(200, testReport), nil
			default:
				return reply(200, pageText("null")), nil
			}
		}), func(o *Options) { o.Version = version })
		_, one := get(t, c)
		_, created := create(t, c)
		_, fleet := c.Fleet(t.Context(), "flt_1")
		_, listed := allPages(t.Context(), c)
		_, _, probed := c.Probe(t.Context())
		for _, err := range c.FleetPages(t.Context()) {
			listed = errors.Join(listed, err)
		}
		if err := errors.Join(one, created, fleet, listed, probed); err != nil || asked != 6 {
			t.Errorf("%d requests, %v", asked, err)
		}
		text, err := c.Describe(nil, "k")
		if err != nil {
			t.Fatal(err)
		}
		if shown := bytes.Contains(fmt.Append(nil, text.Header), []byte("Charge-Version")); shown != (version != "") {
			t.Errorf("version %q: shown %v", version, shown)
		}
	}
}

func TestAnotherShapeNamesTheVersion(t *testing.T) {
	report := func(c *Client) error { _, err := c.Report(t.Context(), "rpt_1"); return err }
	list := func(c *Client) error { _, err := allPages(t.Context(), c); return err }
	fleet := func(c *Client) error { _, err := c.Fleet(t.Context(), "flt_1"); return err }
	for name, tc := range map[string]struct {
		body string
		ask  func(*Client) error
		says string
	}{
		"seconds":   {`{"id":"rpt_1","status":"pending","created":1772546723}`, report, `a report whose "created" is a number`},
		"has_more":  {`{"object":"list","data":[],"has_more":false}`, list, `a page with "has_more" instead of "next_page_url"`},
		"in a page": {`{"data":[{"id":"rpt_1","status":"failed","created":1}],"next_page_url":null}`, list, `a report whose "created" is a number`},
		"fleet_":    {`{"id":"fleet_1"}`, fleet, "a fleet whose id begins with fleet_"},
	} {
		for version, sent := range map[string]string{"2026-03-01": "Charge-Version 2026-03-01 was sent", "": "no Charge-Version was sent"} {
			f := &flaky{replies: times(9, with(200, tc.body))}
			e := wantKind(t, tc.ask(client(t, f, func(o *Options) { o.Version = version })), charge.KindUsage)
			wantText(t, e.Error(), ": the API answered with ", tc.says, ": this looks like another API version; ", sent, ": see api_version")
			if len(f.at) != 1 || e.Hint == "" {
				t.Errorf("%s: %d tries, %+v", name, len(f.at), e)
			}
		}
	}
	if _, err := allPages(t.Context(), client(t, answering(200, `{"data":[],"has_more":false,"next_page_url":null}`))); err != nil {
		t.Errorf("a new member beside the documented ones: %v", err)
	}
}
