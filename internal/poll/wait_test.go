package poll

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

// TestWait is what design and contract promise of a wait, a row each. Every report is made at the start.
func TestWait(t *testing.T) {
	failing := func(takes time.Duration) *generated {
		g := pending("rpt_failing", takes)
		g.final = charge.Failed
		return g
	}
	unknown := func(takes time.Duration) *generated {
		g := pending("rpt_a", takes)
		g.early = "archiving"
		return g
	}
	limit := &charge.Error{Kind: charge.KindTemporary, Reason: "too many requests", HTTPStatus: 429, RetryAfter: 20 * time.Minute}
	long := &charge.Error{Kind: charge.KindTemporary, Reason: "too many requests", HTTPStatus: 429, RetryAfter: 2 * time.Hour}
	hour := limited(time.Hour)
	a := []string{"rpt_a"}

	for _, c := range []struct {
		name    string
		reports func() []*generated
		fault   func(string, time.Duration) error
		o       waiting
		ids     []string
		want    []string
		took    time.Duration
		asked   int // 0: not counted
	}{
		{"what is finished costs no waiting", one(pending, 0), nil, hour, a, []string{"succeeded"}, 0, 1},
		{"it polls first and then sleeps", one(pending, time.Second), nil, hour, a, []string{"succeeded"}, time.Second, 2},
		{"a failed report ends it", func() []*generated { return []*generated{failing(time.Second)} }, nil, hour,
			[]string{"rpt_failing"}, []string{"failed failed"}, time.Second, 2},
		{"a report that is gone ends it, at once", nil, nil, hour, a, []string{"unknown not_found"}, 0, 1},
		{"each has its own end, in the order of ids",
			func() []*generated {
				return []*generated{pending("rpt_a", time.Second), failing(2 * time.Second)}
			}, nil, hour, []string{"rpt_failing", "rpt_gone", "rpt_a"}, []string{"failed failed", "unknown not_found", "succeeded"}, 2 * time.Second, 0},
		{"an unknown status is waited on", func() []*generated { return []*generated{unknown(10 * time.Second)} }, nil, hour,
			a, []string{"succeeded"}, 10 * time.Second, 11},
		{"and is the last one seen at the deadline", func() []*generated { return []*generated{unknown(2 * time.Hour)} }, nil, hour,
			a, []string{"archiving deadline"}, time.Hour, 0},
		{"one deadline for all", func() []*generated {
			return []*generated{pending("rpt_a", time.Hour), pending("rpt_b", 2*time.Hour)}
		}, nil, limited(time.Minute), []string{"rpt_a", "rpt_b"}, []string{"pending deadline", "pending deadline"}, time.Minute, 0},
		{"no deadline at all", one(pending, 50*time.Hour), nil, waiting{timeout: Never, interval: time.Hour},
			a, []string{"succeeded"}, 50 * time.Hour, 51},
		{"a timeout of 0 polls once", one(pending, time.Second), nil, limited(0), a, []string{"pending deadline"}, 0, 1},
		{"a fixed interval", one(pending, 25*time.Second), nil, waiting{timeout: Timeout(time.Hour), interval: 10 * time.Second},
			a, []string{"succeeded"}, 30 * time.Second, 4},
		{"what may pass does not end it", one(pending, 0), until(5*time.Second, fault(charge.KindTemporary)), hour, a, []string{"succeeded"}, 5 * time.Second, 6},
		{"not even at the deadline", one(pending, 0), until(2*time.Hour, fault(charge.KindTemporary)), hour, a, []string{"unknown deadline"}, time.Hour, 0},
		{"a fault of one poll at 0 is that fault", one(pending, 0), until(time.Hour, fault(charge.KindTemporary)), limited(0), a, []string{"unknown temporary"}, 0, 1},
		{"an untrusted certificate ends it", one(pending, 0), until(time.Hour, fault(charge.KindCertificate)), hour, a, []string{"unknown certificate"}, 0, 1},
		{"a refused redirect ends it", one(pending, 0), until(time.Hour, fault(charge.KindRefused)), hour, a, []string{"unknown refused"}, 0, 1},
		{"a bad key ends all at once", func() []*generated { r, _ := several(3, time.Hour); return r },
			from(10*time.Second, fault(charge.KindAuth)), hour, []string{"rpt_0", "rpt_1", "rpt_2"}, []string{"pending auth", "pending auth", "pending auth"}, 10 * time.Second, 0},
		{"a report that is not for this key ends alone", func() []*generated { r, _ := several(2, time.Second); return r },
			func(id string, _ time.Duration) error {
				if id == "rpt_0" {
					return &charge.Error{Kind: charge.KindAuth, HTTPStatus: http.StatusForbidden, Reason: "this report is another account's"}
				}
				return nil
			}, hour, []string{"rpt_0", "rpt_1"}, []string{"unknown auth", "succeeded"}, time.Second, 3},
		{"a key that is refused ends all", func() []*generated { r, _ := several(2, time.Hour); return r },
			from(10*time.Second, &charge.Error{Kind: charge.KindAuth, HTTPStatus: http.StatusUnauthorized, Reason: "no such key"}), hour,
			[]string{"rpt_0", "rpt_1"}, []string{"pending auth", "pending auth"}, 10 * time.Second, 0},
		{"a refused id ends alone", func() []*generated { r, _ := several(2, time.Second); return r }, onReport("rpt_0", charge.KindUsage), hour,
			[]string{"rpt_0", "rpt_1"}, []string{"unknown usage", "succeeded"}, time.Second, 3},
		{"so does one with an answer nobody knows", func() []*generated { r, _ := several(2, time.Second); return r }, onReport("rpt_0", charge.KindInternal), hour,
			[]string{"rpt_0", "rpt_1"}, []string{"unknown internal", "succeeded"}, time.Second, 3},
		{"Retry-After is honoured", one(pending, 0), until(time.Minute, limit), hour, a, []string{"succeeded"}, 20 * time.Minute, 2},
		{"up to the deadline", one(pending, 0), until(time.Minute, long), hour, a, []string{"unknown deadline"}, time.Hour, 1},
	} {
		inBubble(t, c.name, func(t *testing.T) {
			api := newFakeAPI()
			if c.reports != nil {
				api.reports = c.reports()
			}
			api.fault = c.fault
			ends, took := waited(t, api, c.o, c.ids...)
			if diff := cmp.Diff(c.want, saidAll(ends)); diff != "" {
				t.Errorf("ends, -want +got:\n%s", diff)
			}
			if took != c.took || c.asked > 0 && api.total() != c.asked {
				t.Errorf("it took %s and %d requests, want %s and %d", took, api.total(), c.took, c.asked)
			}
			for i, end := range ends {
				checkWords(t, c.ids[i], end)
			}
		})
	}
}

func one(make func(string, time.Duration) *generated, takes time.Duration) func() []*generated {
	return func() []*generated { return []*generated{make("rpt_a", takes)} }
}

func onReport(id string, kind charge.Kind) func(string, time.Duration) error {
	return func(asked string, _ time.Duration) error {
		if asked == id {
			return fault(kind)
		}
		return nil
	}
}

// from fails every request with the error once the run is as old as that.
func from(start time.Duration, err error) func(string, time.Duration) error {
	return func(_ string, since time.Duration) error {
		if since < start {
			return nil
		}
		return err
	}
}

// checkWords holds an end's words to what they promise: which report, and "fail" only where something failed.
func checkWords(t *testing.T, id string, end End) {
	t.Helper()
	if end.ID != id {
		t.Errorf("the end of %s stands where that of %s belongs", end.ID, id)
	}
	if end.Err == nil {
		return
	}
	text, kind := end.Err.Error(), charge.KindOf(end.Err)
	if strings.Contains(text, "fail") != (kind == charge.KindFailed) {
		t.Errorf("%s: %s", kind, text)
	}
	if kind == charge.KindDeadline && (!strings.Contains(text, id) || end.Report.ID != "" && !strings.Contains(text, string(end.Status()))) {
		t.Errorf("it does not say which report and where it stands: %s", text)
	}
}

func TestWaitTellsItsObserver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := pending("rpt_a", 3*time.Second)
		g.early = "archiving"
		api := newFakeAPI(g, pending("rpt_b", 2*time.Second))
		api.fault = func(id string, since time.Duration) error {
			if id == "rpt_a" && since == time.Second {
				return fault(charge.KindTemporary)
			}
			return nil
		}
		p, heard := pollerOf(api, limited(time.Hour))
		var order []string
		for _, end := range p.WaitAll(t.Context(), []string{"rpt_a", "rpt_b"}) {
			order = append(order, end.ID)
		}
		statuses := map[charge.Status]int{}
		for _, status := range heard.statuses {
			statuses[status]++
		}
		if diff := cmp.Diff(map[charge.Status]int{"archiving": 2, "pending": 2, "succeeded": 2}, statuses); diff != "" {
			t.Errorf("polls, -want +got:\n%s", diff)
		}
		if diff := cmp.Diff([]time.Duration{time.Second}, heard.retries); diff != "" {
			t.Errorf("retries, -want +got:\n%s", diff)
		}
		if want := []string{"rpt_b", "rpt_a"}; !cmp.Equal(order, want) {
			t.Errorf("ends came as %v, want %v", order, want)
		}
	})
}

// TestFirstSignalEndsWait is a signal in the middle of a request that nobody answers.
func TestFirstSignalEndsWait(t *testing.T) {
	reports, all := several(20, time.Hour)
	for name, ids := range map[string][]string{"single requests": all[:1], "a listing": all} {
		inBubble(t, name, func(t *testing.T) {
			api := newFakeAPI(reports...)
			api.hang = true
			p, _ := pollerOf(api, limited(time.Hour))
			signal := errors.New("interrupted by SIGTERM")
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(10*time.Second, func() {
				cancel(&charge.Error{Kind: charge.KindInterrupted, Reason: signal.Error(), Err: signal})
			})
			ends := waitAll(ctx, p, limited(time.Hour), ids...)
			if took := time.Since(api.start); took > 11*time.Second {
				t.Errorf("it ended %s after the signal", took-10*time.Second)
			}
			for _, end := range ends {
				if said(end) != "unknown interrupted" || !errors.Is(end.Err, signal) {
					t.Errorf("%s: %v", said(end), end.Err)
				}
			}
		})
	}
}

func TestEndsBeforeSignalStand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := newFakeAPI(pending("rpt_a", time.Second), pending("rpt_b", time.Hour))
		p, _ := pollerOf(api, limited(time.Hour))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Minute, cancel)
		ends := waitAll(ctx, p, limited(time.Hour), "rpt_a", "rpt_b")
		if diff := cmp.Diff([]string{"succeeded", "pending interrupted"}, saidAll(ends)); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}
