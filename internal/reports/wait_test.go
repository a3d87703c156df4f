package reports

import (
	"context"
	"errors"
	"iter"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/poll"
)

// inBubble runs each test under a clock of its own, one that goes only while all wait.
func inBubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

func fault(kind charge.Kind) error { return &charge.Error{Kind: kind, Reason: "something is wrong"} }

func limited(d time.Duration) WaitOptions { return WaitOptions{Timeout: poll.Timeout(d)} }

// refusing is an API that answers everything with one error.
type refusing struct{ err error }

func (a refusing) Report(context.Context, string) (charge.Report, error) {
	return charge.Report{}, a.err
}

func (a refusing) ReportPages(context.Context, charge.ReportFilter) iter.Seq2[[]charge.Report, error] {
	return func(yield func([]charge.Report, error) bool) { yield(nil, a.err) }
}

// finishing is an API whose reports succeed so long after the start.
type finishing struct {
	refusing
	start time.Time
	after map[string]time.Duration
}

func (a finishing) Report(_ context.Context, id string) (charge.Report, error) {
	r := charge.Report{ID: id, Status: charge.Pending, Created: a.start, Seen: time.Now()}
	if time.Since(a.start) >= a.after[id] {
		r.Status = charge.Succeeded
	}
	return r, nil
}

// begun keeps what an observer is told of a wait.
type begun struct {
	silent
	items    int
	deadline time.Time
	over     []string
}

func (b *begun) Begin(items int, deadline time.Time)         { b.items, b.deadline = items, deadline }
func (b *begun) Ended(id, _ string, skipped bool, err error) { b.over = append(b.over, id) }

// TestWaitTellsEachEnd also shows that no two calls overlap, and that errors come in the order of ids.
func TestWaitTellsEachEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		api := finishing{start: time.Now(), after: map[string]time.Duration{"rpt_a": 3 * time.Second, "rpt_b": 2 * time.Second, "rpt_c": time.Hour}}
		heard := &begun{}
		s := &Service{Poll: api, Observer: heard}
		var order []string
		var inside atomic.Int32
		errs := s.Wait(t.Context(), []string{"rpt_a", "rpt_c", "rpt_b"}, limited(time.Minute), func(end poll.End) {
			if inside.Add(1) > 1 {
				t.Error("two calls at once")
			}
			order = append(order, end.ID)
			time.Sleep(time.Millisecond) // lets others in, if they are let
			inside.Add(-1)
		})
		if want := []string{"rpt_b", "rpt_a", "rpt_c"}; !cmp.Equal(order, want) || !cmp.Equal(heard.over, want) {
			t.Errorf("ends came as %v and %v, want %v", order, heard.over, want)
		}
		if errs[0] != nil || charge.KindOf(errs[1]) != charge.KindDeadline || errs[2] != nil {
			t.Errorf("%v", errs)
		}
		if heard.items != 3 || !heard.deadline.Equal(api.start.Add(time.Minute)) {
			t.Errorf("it began with %d items until %s", heard.items, heard.deadline)
		}
	})
}

// TestWaitAsksWithRetriesWhereItAsksOnce: the loop repeats what failed, unless it is to ask once.
func TestWaitAsksWithRetriesWhereItAsksOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &Service{Poll: refusing{errors.New("polled")}, Reports: refusing{errors.New("asked once")}, Observer: silent{}}
		for timeout, want := range map[poll.Timeout]string{poll.Once: "asked once", poll.Never: "polled", poll.Timeout(time.Hour): "polled"} {
			errs := s.Wait(t.Context(), []string{"rpt_a"}, WaitOptions{Timeout: timeout}, func(poll.End) {})
			if len(errs) != 1 || errs[0] == nil || errs[0].Error() != want {
				t.Errorf("%d: %v, want %s", timeout, errs, want)
			}
		}
	})
}
