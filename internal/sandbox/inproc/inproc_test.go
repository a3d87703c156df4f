package inproc_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/sandbox/inproc"
)

const base = "https://api.chargeapi.co/v1"

// request is one to the API with a key, or to the file host without.
func request(ctx context.Context, t *testing.T, method, url, body string) *http.Request {
	t.Helper()
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(url, "/reports/rpt_") || strings.HasPrefix(url, base) {
		r.Header.Set("Authorization", "Bearer ch_sk_test_abc")
		r.Header.Set("Content-Type", "application/json")
	}
	return r
}

// ask returns the body of an answer that must be a success.
func ask(t *testing.T, s *sandbox.Sandbox, method, url, body string) []byte {
	t.Helper()
	resp, err := inproc.Transport(s).RoundTrip(request(t.Context(), t, method, url, body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s %s: %d %s (%v)", method, url, resp.StatusCode, answer, err)
	}
	return answer
}

type report struct{ ID, Status, URL string }

// finished creates a report, lets its time pass, and returns it.
func finished(t *testing.T, s *sandbox.Sandbox, after time.Duration) (r report) {
	t.Helper()
	const april = `{"parameters":{"type":"charging_summary","period_start":"2026-04-01T00:00:00.000Z","period_end":"2026-05-01T00:00:00.000Z"}}`
	for _, answer := range []func() []byte{
		func() []byte { return ask(t, s, "POST", base+"/reports", april) },
		func() []byte { time.Sleep(after); return ask(t, s, "GET", base+"/reports/"+r.ID, "") }, // by the bubble's clock
	} {
		if err := json.Unmarshal(answer(), &r); err != nil {
			t.Fatal(err)
		}
	}
	if r.Status != "succeeded" {
		t.Fatalf("after %v the report is %s", after, r.Status)
	}
	return r
}

func TestTransportInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sandbox.New(sandbox.Options{GenerationTime: 3 * time.Hour, Vehicles: 5})
		r := finished(t, s, 3*time.Hour)
		file, ok := s.File(r.ID)
		if got := ask(t, s, "GET", r.URL, ""); !ok || string(got) != string(file) {
			t.Errorf("%d bytes arrived, %d were sent", len(got), len(file))
		}
	})
}

// TestBodyNobodyReads would end in a deadlock of the bubble if a handler waited for its reader.
func TestBodyNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sandbox.New(sandbox.Options{})
		resp, err := inproc.Transport(s).RoundTrip(request(t.Context(), t, "GET", base+"/fleets", ""))
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%v, %v", resp, err)
		}
	})
}

// stalled starts to read a file that stops in the middle.
func stalled(ctx context.Context, t *testing.T) *http.Response {
	t.Helper()
	fault, err := sandbox.ParseFault("stall")
	if err != nil {
		t.Fatal(err)
	}
	s := sandbox.New(sandbox.Options{Faults: []sandbox.Fault{fault}})
	r := finished(t, s, time.Minute)
	resp, err := inproc.Transport(s).RoundTrip(request(ctx, t, "GET", r.URL, ""))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(resp.Body, make([]byte, resp.ContentLength/2)); err != nil {
		t.Fatal(err)
	}
	return resp
}

func TestStallEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		resp := stalled(ctx, t)
		if n, err := resp.Body.Read(make([]byte, 1)); n != 0 || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%d bytes and %v, want none before the deadline", n, err)
		}
		_ = resp.Body.Close()
	})
}

func TestStallEndsWithTheBody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		resp := stalled(t.Context(), t)
		time.AfterFunc(time.Minute, func() { _ = resp.Body.Close() })
		if n, err := resp.Body.Read(make([]byte, 1)); n != 0 || err == nil {
			t.Errorf("%d bytes and %v from a closed body", n, err)
		}
	})
}

func TestCanceledBeforeTheAnswer(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	resp, err := inproc.Transport(sandbox.New(sandbox.Options{})).RoundTrip(request(ctx, t, "GET", base+"/fleets", ""))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's error", err)
		_ = resp.Body.Close()
	}
}

func TestTransportKnowsTwoOrigins(t *testing.T) {
	s := sandbox.New(sandbox.Options{})
	for _, url := range []string{"http://api.chargeapi.co/v1/fleets", "https://api.chargeapi.co:8443/v1/fleets", "https://example.com/v1/fleets"} {
		_, err := inproc.Transport(s).RoundTrip(request(t.Context(), t, "GET", url, ""))
		if dns, ok := errors.AsType[*net.DNSError](err); !ok || !dns.IsNotFound {
			t.Errorf("%s: %v, want no such host", url, err)
		}
	}
	ask(t, s, "GET", "https://API.chargeapi.co:443/v1/fleets", "") // default port and case do not matter
}
