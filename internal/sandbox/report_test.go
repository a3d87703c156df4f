package sandbox_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/sandbox"
)

func TestLifeOfAReport(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{GenerationTime: 3 * time.Second})
	fleet := b.fleet(0)
	id := b.create(strings.Replace(april(fleet), `"type"`, `"colour":{"n":12345678901234567890},"type"`, 1))
	for _, step := range []struct {
		after  time.Duration
		status string
	}{
		{0, "pending"}, {999 * time.Millisecond, "pending"}, {time.Millisecond, "processing"},
		{1999 * time.Millisecond, "processing"}, {time.Millisecond, "succeeded"},
	} {
		b.clock.forward(step.after)
		r := b.report(id)
		if r["status"] != step.status {
			t.Fatalf("%v later: %v, want %s", step.after, r["status"], step.status)
		}
		if done := step.status == "succeeded"; done != (r["url"] != nil) || done != (r["size"] != 0.0) || done != (r["succeeded_at"] != nil) {
			t.Errorf("%s with url %v, size %v, succeeded_at %v", step.status, r["url"], r["size"], r["succeeded_at"])
		}
	}
	a := b.get(base + "/reports/" + id)
	if !strings.Contains(a.body, `"colour":{"n":12345678901234567890}`) {
		t.Errorf("unknown parameters are not echoed: %s", a.body)
	}
	file, ok := b.File(id)
	r := a.ok(t)
	if !ok || r["size"] != float64(len(file)) {
		t.Errorf("size %v, the file has %d bytes", r["size"], len(file))
	}
	if want := "https://files.chargeapi.co/reports/" + id + ".csv"; r["url"] != want {
		t.Errorf("url %v, want %s", r["url"], want)
	}
	want := []sandbox.Creation{{
		ID: id, Fleet: fleet, Created: b.clock.Now().Add(-3 * time.Second), Status: "succeeded",
		PeriodStart: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), PeriodEnd: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC),
	}}
	if diff := cmp.Diff(want, b.Created()); diff != "" {
		t.Error(diff)
	}
}

func TestFateDecidesAtCreation(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{Fate: func(n int) (time.Duration, bool) { return time.Duration(n) * time.Hour, n == 2 }})
	ids := []string{b.create(april("")), b.create(april("")), b.create(april(""))}
	for i, want := range [][]any{
		{"succeeded", "processing", "processing"},
		{"succeeded", "failed", "processing"},
		{"succeeded", "failed", "succeeded"},
	} {
		b.clock.forward(time.Hour)
		if diff := cmp.Diff(want, b.states(ids...)); diff != "" {
			t.Errorf("after %d hours: %s", i+1, diff)
		}
	}
	if b.report(ids[1])["url"] != nil {
		t.Error("a failed report has a link")
	}
	if _, ok := b.File(ids[1]); ok {
		t.Error("a failed report has a file")
	}
}

func TestExpand(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{})
	fleet := b.fleet(1)
	bare := b.do("POST", base+"/reports?expand=fleet&expand=account", april(""))
	one := b.create(april(fleet))
	get := func(query string) object { return b.report(one + query) }
	if r := bare.ok(t); r["fleet"] != nil || r["account"].(map[string]any)["id"] != get("")["account"] {
		t.Errorf("a report without a fleet is expanded to %v", r)
	}
	if r := get("?expand=fleet"); r["fleet"].(map[string]any)["id"] != fleet || r["account"] != get("")["account"] {
		t.Errorf("the fleet is expanded to %v of account %v", r["fleet"], r["account"])
	}
	if r := get("?expand[]=fleet"); r["fleet"] != fleet {
		t.Errorf("expand[] is no name of ours, but the fleet is %v", r["fleet"])
	}
	page := b.get(base + "/reports?limit=1&expand=fleet").ok(t)
	if got, _ := page.rows()[0]["fleet"].(map[string]any); got["id"] != fleet {
		t.Errorf("a listing shows the fleet as %v", page.rows()[0]["fleet"])
	}
	next := page.text("next_page_url")
	if !strings.Contains(next, "expand=fleet") || b.get(next).status != http.StatusOK {
		t.Errorf("the next page, %s, does not go on with expand", next)
	}
	if a := b.get(strings.Replace(next, "expand=fleet", "expand=account", 1)); a.status != http.StatusBadRequest {
		t.Errorf("a page URL whose expand was changed: %d", a.status)
	}
}

func TestMaxOpen(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{MaxOpen: 2})
	b.create(april(""))
	b.create(april(""))
	a := b.do("POST", base+"/reports", april(""), "Idempotency-Key", "k")
	if a.status != http.StatusTooManyRequests || a.object(t)["code"] != "rate_limit_exceeded" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	b.clock.forward(time.Minute)
	b.create(april(""), "Idempotency-Key", "k")
	if b.reports() != 3 {
		t.Errorf("%d reports, want 3", b.reports())
	}
}

func TestIdempotency(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{})
	post := func(body string) answer { return b.do("POST", base+"/reports", body, "Idempotency-Key", "one") }

	first := post(april(""))
	b.clock.forward(24*time.Hour - time.Millisecond)
	if again := post(april("")); again.body != first.body {
		t.Errorf("the replay differs:\n%s%s", first.body, again.body)
	}
	if other := post(april(b.fleet(0))); other.status != http.StatusConflict {
		t.Errorf("another body under the key: %d", other.status)
	}
	if b.reports() != 1 {
		t.Errorf("%d reports within the day, want 1", b.reports())
	}
	b.clock.forward(time.Millisecond)
	if later := post(april("")); later.ok(t)["id"] == first.ok(t)["id"] {
		t.Error("the key outlived its 24 hours")
	}
	b.create(april(""))
	b.create(april(""))
	if b.reports() != 4 {
		t.Errorf("%d reports, want 4: without a key each create makes one", b.reports())
	}
}

func TestRefusalsLeaveTheKeyFree(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{})
	if a := b.do("POST", base+"/reports", "{}", "Idempotency-Key", "k"); a.status != http.StatusBadRequest {
		t.Fatal(a.status)
	}
	b.create(april(""), "Idempotency-Key", "k")
}

func TestKeysAreCountedInCharacters(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{})
	b.create(april(""), "Idempotency-Key", strings.Repeat("é", 255))
}

func TestConcurrentCreatesUnderOneKey(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{})
	ids := make(chan string)
	for range 8 {
		go func() {
			a, err := b.try("POST", base+"/reports", april(""), "Idempotency-Key", "k")
			if err != nil {
				a.body = err.Error()
			}
			ids <- a.body
		}()
	}
	first := <-ids
	for range 7 {
		if id := <-ids; id != first {
			t.Errorf("%s and %s", first, id)
		}
	}
	if b.reports() != 1 {
		t.Errorf("%d reports, want 1", b.reports())
	}
}
