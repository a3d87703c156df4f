package sandbox_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
)

func TestTransportInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &bench{sandbox.New(sandbox.Options{GenerationTime: 3 * time.Hour, Vehicles: 5}), t, nil}
		id := b.create(april(""))
		time.Sleep(3 * time.Hour) // of the bubble's clock
		r := b.report(id)
		file, ok := b.File(id)
		if r["status"] != "succeeded" || !ok {
			t.Fatalf("after its time the report is %v", r["status"])
		}
		if got := b.get(r.text("url")); got.body != string(file) {
			t.Errorf("%d bytes arrived, %d were sent", len(got.body), len(file))
		}
	})
}

// TestBodyNobodyReads would end in a deadlock of the bubble if a handler waited for its reader.
func TestBodyNobodyReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := sandbox.New(sandbox.Options{})
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, base+"/fleets", nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := s.Transport().RoundTrip(r)
		if err != nil || resp.StatusCode != http.StatusUnauthorized {
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
	b := &bench{sandbox.New(sandbox.Options{Faults: []sandbox.Fault{fault}}), t, nil}
	id := b.create(april(""))
	time.Sleep(time.Minute)
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.report(id).text("url"), nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := b.Transport().RoundTrip(r)
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
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/fleets", nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := sandbox.New(sandbox.Options{}).Transport().RoundTrip(r)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want the context's error", err)
		_ = resp.Body.Close()
	}
}

func TestTransportKnowsTwoOrigins(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	for _, url := range []string{"http://api.chargeapi.co/v1/fleets", "https://api.chargeapi.co:8443/v1/fleets", "https://example.com/v1/fleets"} {
		_, err := b.try("GET", url, "")
		if dns, ok := errors.AsType[*net.DNSError](err); !ok || !dns.IsNotFound {
			t.Errorf("%s: %v, want no such host", url, err)
		}
	}
	if a := b.get("https://API.chargeapi.co:443/v1/fleets", "Authorization", "Bearer "+key); a.status != http.StatusOK {
		t.Errorf("the default port and case matter: %d", a.status)
	}
}
