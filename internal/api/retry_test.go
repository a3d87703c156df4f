package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// flaky fails in the order of its replies, then sends a report; it notes when it was asked and what.
type flaky struct {
	replies []func() (*http.Response, error)
	began   time.Time
	at      []time.Duration
	bodies  []string
	keys    []string
}

func (f *flaky) RoundTrip(req *http.Request) (*http.Response, error) {
	if f.began.IsZero() {
		f.began = time.Now()
	}
	f.at = append(f.at, time.Since(f.began))
	if req.Body != nil {
		body, _ := io.ReadAll(req.Body)
		f.bodies = append(f.bodies, string(body))
	}
	f.keys = append(f.keys, req.Header.Get("Idempotency-Key"))
	if n := len(f.at) - 1; n < len(f.replies) {
		resp, err := f.replies[n]()
		connect(req, err)
		return resp, err
	}
	return reply(200, testReport), nil
}

func times(n int, f func() (*http.Response, error)) []func() (*http.Response, error) {
	return slices.Repeat([]func() (*http.Response, error){f}, n)
}

func with(status int, body string, headers ...string) func() (*http.Response, error) {
	return func() (*http.Response, error) { return reply(status, body, headers...), nil }
}

func reset() (*http.Response, error) { return nil, errors.New("connection reset by peer") }

func TestRetries(t *testing.T) {
	const ms, s = time.Millisecond, time.Second
	doubling := []time.Duration{0, 250 * ms, 750 * ms, 1750 * ms, 3750 * ms}
	after := func(d ...time.Duration) []time.Duration { return append([]time.Duration{0}, d...) }
	slow := func() (*http.Response, error) { time.Sleep(20 * s); return reset() }
	for name, tc := range map[string]struct {
		replies []func() (*http.Response, error)
		at      []time.Duration
		kind    charge.Kind // empty when the report comes in the end
	}{
		"none needed":             {nil, after(), ""},
		"network":                 {times(4, reset), doubling, ""},
		"network, to the end":     {times(9, reset), doubling, charge.KindTemporary},
		"503":                     {times(2, with(503, "")), doubling[:3], ""},
		"408 then 425":            {[]func() (*http.Response, error){with(408, ""), with(425, "")}, doubling[:3], ""},
		"429":                     {times(1, with(429, apiError)), doubling[:2], ""},
		"empty 200":               {times(1, with(200, "")), doubling[:2], ""},
		"HTML 200":                {times(1, with(200, htmlPage)), doubling[:2], ""},
		"truncated 200":           {times(1, with(200, testReport[:9])), doubling[:2], ""},
		"no status":               {times(1, with(200, `{"id":"rpt_1"}`)), doubling[:2], ""},
		"another report":          {times(9, with(200, `{"id":"rpt_2","status":"x"}`)), doubling, charge.KindTemporary},
		"400":                     {times(1, with(400, apiError)), after(), charge.KindUsage},
		"401":                     {times(1, with(401, apiError)), after(), charge.KindAuth},
		"404":                     {times(1, with(404, apiError)), after(), charge.KindNotFound},
		"404 of a proxy":          {times(1, with(404, htmlPage)), after(), charge.KindTemporary},
		"302":                     {times(1, with(302, "", "Location: https://evil.test/")), after(), charge.KindRefused},
		"Retry-After":             {times(2, with(429, "", "Retry-After: 7")), after(7*s, 14*s), ""},
		"Retry-After on 500":      {times(1, with(500, "", "Retry-After: 60")), after(60 * s), ""},
		"Retry-After, no window":  {times(4, with(503, "", "Retry-After: 60")), after(60*s, 120*s, 180*s, 240*s), ""},
		"Retry-After too long":    {times(1, with(503, "", "Retry-After: 61")), after(), charge.KindTemporary},
		"Retry-After 0":           {times(1, with(503, "", "Retry-After: 0")), doubling[:2], ""},
		"Retry-After nonsense":    {times(1, with(503, "", "Retry-After: soon")), doubling[:2], ""},
		"Retry-After by our date": {times(1, with(503, "", "Retry-After: Sat, 01 Jan 2000 00:00:09 GMT")), after(9 * s), ""},
		"Retry-After by its date": {times(1, with(503, "", "Retry-After: Tue, 03 Mar 2026 14:05:42 GMT",
			"Date: Tue, 03 Mar 2026 14:05:30 GMT")), after(12 * s), ""},
		"slow failures": {times(9, slow), after(20250 * ms), charge.KindTemporary},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f := &flaky{replies: tc.replies}
				_, err := get(t, client(t, f))
				if !slices.Equal(f.at, tc.at) {
					t.Errorf("tried at %v, want %v", f.at, tc.at)
				}
				if tc.kind != "" {
					wantKind(t, err, tc.kind)
				} else if err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestAPostIsTheSameInEveryTry(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &flaky{replies: []func() (*http.Response, error){reset, with(503, ""), with(200, ""), with(200, htmlPage)}}
		body := testBody
		if _, err := client(t, f).CreateReport(t.Context(), []byte(body), "key-1"); err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(f.bodies, slices.Repeat([]string{body}, 5)) || !slices.Equal(f.keys, slices.Repeat([]string{"key-1"}, 5)) {
			t.Errorf("bodies %q, keys %q", f.bodies, f.keys)
		}
	})
}

func TestOnceTriesOnce(t *testing.T) {
	f := &flaky{replies: times(1, with(503, apiError, "Retry-After: 5"))}
	_, err := get(t, client(t, f).Once())
	if e := wantKind(t, err, charge.KindTemporary); e.RetryAfter != 5*time.Second || len(f.at) != 1 {
		t.Errorf("%+v after %d tries", e, len(f.at))
	}
}

func TestTheErrorTellsOfTheTries(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := get(t, client(t, answering(502, htmlPage)))
		wantText(t, err.Error(), "get report rpt_1: ", "HTTP 502", "in the last of 5 attempts")
	})
}

func TestTheContextEndsAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began := time.Now()
		_, err := client(t, answering(503, apiError, "Retry-After: 30")).Report(ctx, "rpt_1")
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		wantText(t, err.Error(), "get report rpt_1: ", "No such report")
	})
}

func TestTheContextEndsATryWithItsCause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := roundTrip(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		signal := charge.Errorf(charge.KindInterrupted, "SIGTERM came")
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(signal) })
		began := time.Now()
		_, err := client(t, hang).Report(ctx, "rpt_1")
		if !errors.Is(err, context.Canceled) || !errors.Is(err, signal) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		wantKind(t, err, charge.KindInterrupted)
	})
}

// A timeout of the network satisfies errors.Is(err, context.DeadlineExceeded), which callers take for their own.
func TestATimeoutOfTheNetworkIsNotTheCallers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, err := get(t, client(t, roundTrip(func(*http.Request) (*http.Response, error) {
			return nil, context.DeadlineExceeded
		})))
		if wantKind(t, err, charge.KindTemporary); errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v passes for the end of the caller's context", err)
		}
	})
}

func TestTryLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := roundTrip(func(req *http.Request) (*http.Response, error) {
			<-req.Context().Done()
			return nil, req.Context().Err()
		})
		began := time.Now()
		_, err := get(t, client(t, hang))
		wantText(t, wantKind(t, err, charge.KindTemporary).Error(), "no complete answer within 90 s")
		if time.Since(began) != tryLimit || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}
