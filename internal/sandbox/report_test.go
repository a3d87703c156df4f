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
	b := newBench(t, sandbox.Options{GenerationTime: 3 * time.Second})
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

func TestFailDecidesAtCreation(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	b.Fail(func(fleet string, n int) bool { return fleet == "" && n == 2 })
	ids := []string{b.create(april("")), b.create(april("")), b.create(april(""))}
	b.Fail(func(string, int) bool { return true })
	b.clock.forward(time.Minute)
	for i, want := range []string{"succeeded", "failed", "succeeded"} {
		r := b.report(ids[i])
		if r["status"] != want || (want == "failed") != (r["url"] == nil) {
			t.Errorf("report %d is %v with url %v, want %s", i+1, r["status"], r["url"], want)
		}
	}
	if _, ok := b.File(ids[1]); ok {
		t.Error("a failed report has a file")
	}
}

func TestGenerateIsToldWhichReport(t *testing.T) {
	type asked struct {
		Seed uint64
		N    int
		Key  string
	}
	var got []asked
	b := newBench(t, sandbox.Options{Seed: 7, Generate: func(seed uint64, n int, key string) time.Duration {
		got = append(got, asked{seed, n, key})
		return time.Duration(n) * time.Hour
	}})
	first, second := b.create(april("")), b.create(april(""), "Idempotency-Key", "k")
	b.clock.forward(time.Hour)
	if diff := cmp.Diff([]asked{{7, 1, ""}, {7, 2, "k"}}, got); diff != "" {
		t.Error(diff)
	}
	if b.report(first)["status"] != "succeeded" || b.report(second)["status"] != "processing" {
		t.Error("the reports did not take 1 h and 2 h")
	}
}

func TestMaxOpen(t *testing.T) {
	b := newBench(t, sandbox.Options{MaxOpen: 2})
	b.create(april(""))
	b.create(april(""))
	a := b.do("POST", base+"/reports", april(""), "Idempotency-Key", "k")
	if a.status != http.StatusTooManyRequests || a.object(t)["code"] != "rate_limit_exceeded" {
		t.Fatalf("%d %s", a.status, a.body)
	}
	b.clock.forward(time.Minute)
	b.create(april(""), "Idempotency-Key", "k")
	if b.Reports() != 3 {
		t.Errorf("%d reports, want 3", b.Reports())
	}
}

func TestIdempotency(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	post := func(body string) answer { return b.do("POST", base+"/reports", body, "Idempotency-Key", "one") }

	first := post(april(""))
	b.clock.forward(24*time.Hour - time.Millisecond)
	if again := post(april("")); again.body != first.body {
		t.Errorf("the replay differs:\n%s%s", first.body, again.body)
	}
	if other := post(april(b.fleet(0))); other.status != http.StatusConflict {
		t.Errorf("another body under the key: %d", other.status)
	}
	if b.Reports() != 1 {
		t.Errorf("%d reports within the day, want 1", b.Reports())
	}
	b.clock.forward(time.Millisecond)
	if later := post(april("")); later.ok(t)["id"] == first.ok(t)["id"] {
		t.Error("the key outlived its 24 hours")
	}
	b.create(april(""))
	b.create(april(""))
	if b.Reports() != 4 {
		t.Errorf("%d reports, want 4: without a key each create makes one", b.Reports())
	}
}

func TestRefusalsLeaveTheKeyFree(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	if a := b.do("POST", base+"/reports", "{}", "Idempotency-Key", "k"); a.status != http.StatusBadRequest {
		t.Fatal(a.status)
	}
	b.create(april(""), "Idempotency-Key", "k")
}

func TestKeysAreCountedInCharacters(t *testing.T) {
	b := newBench(t, sandbox.Options{})
	b.create(april(""), "Idempotency-Key", strings.Repeat("é", 255))
}

func TestConcurrentCreatesUnderOneKey(t *testing.T) {
	b := newBench(t, sandbox.Options{})
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
	if b.Reports() != 1 {
		t.Errorf("%d reports, want 1", b.Reports())
	}
}
