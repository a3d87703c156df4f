package api

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// A lost response leads to one report: the second try carries the same key and bytes, which the API knows.
func TestAResponseLostAfterProcessing(t *testing.T) {
	created := map[string]string{}
	c := dial(t, func(w http.ResponseWriter, req *http.Request) {
		var body bytes.Buffer
		_, _ = body.ReadFrom(req.Body)
		key := req.Header.Get("Idempotency-Key")
		if first, ok := created[key]; ok && first == body.String() {
			fmt.Fprint(w, testReport)
			return
		}
		created[key] = body.String()
		hangUp(w)
	})
	r, err := c.CreateReport(t.Context(), []byte(testBody), "key-1")
	if err != nil || r.ID != "rpt_1" || len(created) != 1 {
		t.Errorf("%+v, %v, created %v", r, err, created)
	}
}

func hangUp(w http.ResponseWriter) {
	if conn, _, err := http.NewResponseController(w).Hijack(); err == nil {
		_ = conn.Close()
	}
}

func TestRedirectsAreNotFollowed(t *testing.T) {
	var strangers atomic.Int64
	stranger := listen(t, func(http.ResponseWriter, *http.Request) { strangers.Add(1) })
	for _, status := range []int{301, 302, 303, 307, 308} {
		c := dial(t, func(w http.ResponseWriter, req *http.Request) {
			http.Redirect(w, req, stranger.URL+"/v1/reports?token=hunter2", status)
		})
		_, get := get(t, c)
		_, post := c.CreateReport(t.Context(), []byte(testBody), "key-1")
		_, list := allPages(t.Context(), c)
		for _, err := range []error{get, post, list} {
			e := wantKind(t, err, charge.KindRefused)
			wantText(t, e.Error(), stranger.URL)
			if e.HTTPStatus != status || strings.Contains(e.Error(), "hunter2") {
				t.Errorf("%+v", e)
			}
		}
	}
	if n := strangers.Load(); n != 0 {
		t.Errorf("the stranger was asked %d times", n)
	}
}

func TestRequestHeaders(t *testing.T) {
	headers := make(chan http.Header, 1)
	c := dial(t, func(w http.ResponseWriter, req *http.Request) {
		headers <- req.Header
		w.Header().Set("Set-Cookie", "a=b")
		fmt.Fprint(w, testReport)
	}, func(o *Options) { o.Version = "2026-03-01" })
	for _, wantKey := range []string{"", "key-1", ""} {
		err := error(nil)
		if wantKey == "" {
			_, err = get(t, c)
		} else {
			_, err = c.CreateReport(t.Context(), []byte(testBody), wantKey)
		}
		h := <-headers
		if err != nil || h.Get("Authorization") != "Bearer "+testKey || h.Get("Accept") != "application/json" ||
			h.Get("User-Agent") != "chargectl/test" || h.Get("Charge-Version") != "2026-03-01" ||
			h.Get("Idempotency-Key") != wantKey || h.Get("Cookie") != "" {
			t.Errorf("%v, sent %v", err, h)
		}
	}
}

func TestNoVersionIsSentUnlessAsked(t *testing.T) {
	c := dial(t, func(w http.ResponseWriter, req *http.Request) {
		if v, ok := req.Header["Charge-Version"]; ok {
			t.Errorf("sent %q", v)
		}
		fmt.Fprint(w, testReport)
	})
	if _, err := get(t, c); err != nil {
		t.Error(err)
	}
}

// flood writes until the client hangs up, at most 200 MB, and says how much that was.
func flood(sent chan<- int, status int, announce bool) http.HandlerFunc {
	const total = 200 << 20
	return func(w http.ResponseWriter, _ *http.Request) {
		if announce {
			w.Header().Set("Content-Length", fmt.Sprint(total))
		}
		w.WriteHeader(status)
		chunk, n := bytes.Repeat([]byte("x"), 1<<16), 0
		for n < total {
			m, err := w.Write(chunk)
			if n += m; err != nil {
				break
			}
		}
		sent <- n
	}
}

func TestFloodsAreBounded(t *testing.T) {
	for _, tc := range []struct {
		status   int
		announce bool
		kind     charge.Kind
		says     string
	}{
		{502, true, charge.KindTemporary, "HTTP 502 Bad Gateway with more than 1 MiB"},
		{502, false, charge.KindTemporary, "more than 1 MiB"},
		{404, false, charge.KindTemporary, "more than 1 MiB"},
		{200, true, charge.KindInternal, "more than 16 MiB"},
		{200, false, charge.KindInternal, "more than 16 MiB"},
	} {
		sent := make(chan int, 1)
		c := dial(t, flood(sent, tc.status, tc.announce)).Once()
		_, err := get(t, c)
		wantText(t, wantKind(t, err, tc.kind).Error(), tc.says)
		if n := <-sent; n > 64<<20 {
			t.Errorf("%d: the server could send %d bytes", tc.status, n)
		}
	}
}

func TestACutAnswerIsTemporary(t *testing.T) {
	c := dial(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		fmt.Fprint(w, testReport)
	})
	_, err := get(t, c.Once())
	wantText(t, wantKind(t, err, charge.KindTemporary).Error(), "truncated JSON")
}

func TestCompressedAnswersAreUnpackedWithinTheBound(t *testing.T) {
	for size, says := range map[int]string{1000: "", 17 << 20: "more than 16 MiB"} {
		c := dial(t, func(w http.ResponseWriter, req *http.Request) {
			if req.Header.Get("Accept-Encoding") != "gzip" {
				t.Error("compression was not offered")
			}
			w.Header().Set("Content-Encoding", "gzip")
			pack := gzip.NewWriter(w)
			_, _ = io.WriteString(pack, testReport+strings.Repeat(" ", size))
			_ = pack.Close()
		}).Once()
		_, err := get(t, c)
		if says == "" && err != nil {
			t.Error(err)
		}
		if says != "" {
			wantText(t, wantKind(t, err, charge.KindInternal).Error(), says)
		}
	}
}

func TestNobodyListens(t *testing.T) {
	server := httptest.NewServer(nil)
	server.Close()
	transport, _ := NewTransport("")
	c := client(t, transport, func(o *Options) { o.BaseURL = server.URL }).Once()
	_, err := get(t, c)
	e := wantKind(t, err, charge.KindTemporary)
	wantText(t, e.Error(), "cannot reach "+strings.TrimPrefix(server.URL, "http://")+": connection refused")
	if e.HTTPStatus != 0 || strings.Contains(e.Error(), "proxy") {
		t.Errorf("%+v", e)
	}
}

func TestConcurrentUse(t *testing.T) {
	c := dial(t, func(w http.ResponseWriter, req *http.Request) {
		fmt.Fprintf(w, `{"id":%q,"status":"pending"}`, strings.TrimPrefix(req.URL.Path, "/v1/reports/"))
	})
	errs := make(chan error)
	for i := range 20 {
		go func() {
			id := fmt.Sprintf("rpt_%d", i)
			r, err := c.Report(t.Context(), id)
			if err == nil && r.ID != id {
				err = errors.New("got " + r.ID + ", want " + id)
			}
			errs <- err
		}()
	}
	for range 20 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

func TestProbe(t *testing.T) {
	const date = "Tue, 03 Mar 2026 14:05:42 GMT"
	for status, body := range map[int]string{200: pageText("null", "rpt_1"), 401: apiError} {
		b := roundTrip(func(req *http.Request) (*http.Response, error) {
			if req.URL.String() != "https://api.test/v1/reports?limit=1" {
				t.Error(req.URL)
			}
			return reply(status, body, "Date: "+date, "Request-Id: req_9"), nil
		})
		clock, _, err := client(t, b).Probe(t.Context())
		if (err == nil) != (status == 200) || clock.Format(time.TimeOnly) != "14:05:42" {
			t.Errorf("%d: %v, %v", status, clock, err)
		}
	}
}
