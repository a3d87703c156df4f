package reports

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// link is a file host that counts the transfers under way at a time, and refuses those beyond a number.
type link struct {
	takes   func(busy int64) time.Duration
	reads   time.Duration // of a transfer once it is answered
	refuses int64

	busy, most, refused atomic.Int64
}

func (l *link) OpenFile(context.Context, string, charge.FileRange) (*charge.File, error) {
	busy := l.busy.Add(1)
	defer l.busy.Add(-1)
	for most := l.most.Load(); busy > most && !l.most.CompareAndSwap(most, busy); most = l.most.Load() {
	}
	time.Sleep(l.takes(busy))
	if l.refuses > 0 && busy > l.refuses {
		l.refused.Add(1)
		return nil, &charge.Error{Kind: charge.KindTemporary, HTTPStatus: 429, Reason: "too many"}
	}
	return nil, nil
}

// over makes so many transfers and returns how long all took.
func (l *link) over(t *testing.T, s *slots, transfers int) time.Duration {
	t.Helper()
	began := time.Now()
	var all sync.WaitGroup
	for range transfers {
		all.Go(func() {
			err := s.run(t.Context(), func() error {
				for {
					if _, err := s.OpenFile(t.Context(), "", charge.FileRange{}); err == nil {
						time.Sleep(l.reads)
						return nil
					}
					time.Sleep(time.Second)
				}
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	return time.Since(began)
}

func TestTransfersAtATimeFollowTheLink(t *testing.T) {
	far := func(int64) time.Duration { return 80 * time.Millisecond }
	narrow := func(busy int64) time.Duration { return time.Duration(busy) * 400 * time.Millisecond }
	near := func(int64) time.Duration { return 2 * time.Millisecond }
	for name, c := range map[string]struct {
		jobs  int
		takes func(int64) time.Duration
		reads time.Duration
		most  int64
	}{
		"far, small files":                {0, far, 0, mostSlots},
		"a narrow link":                   {0, narrow, 0, firstSlots},
		"near":                            {0, near, 0, firstSlots},
		"near, on a machine that is busy": {0, near, 40 * time.Millisecond, firstSlots},
		"a number that is given":          {2, far, 0, 2},
		"a large one":                     {50, narrow, 0, 50},
	} {
		inBubble(t, name, func(t *testing.T) {
			l := &link{takes: c.takes, reads: c.reads}
			l.over(t, newSlots(l, c.jobs), 200)
			if got := l.most.Load(); got < c.most || c.most < mostSlots && got > c.most+2 {
				t.Errorf("%d transfers at a time, want %d", got, c.most)
			}
		})
	}
}

// TestARefusalIsNotRepeated: a file host with a limit is met a few times, not by every transfer.
func TestARefusalIsNotRepeated(t *testing.T) {
	for _, jobs := range []int{0, 16} {
		inBubble(t, "", func(t *testing.T) {
			random := rand.New(rand.NewPCG(1, 2)) // no two requests end and begin at the same moment
			var randomMu sync.Mutex
			takes := func(int64) time.Duration {
				randomMu.Lock()
				defer randomMu.Unlock()
				return time.Duration(float64(80*time.Millisecond) * (0.5 + random.Float64()))
			}
			l := &link{takes: takes, refuses: 10}
			s := newSlots(l, jobs)
			l.over(t, s, 500)
			if l.refused.Load() == 0 || l.refused.Load() > 20 || s.most > int(l.refuses) || s.most < 4 || len(s.free) != s.limit {
				t.Errorf("%d refusals, at most %d at a time, %d of %d places are free", l.refused.Load(), s.most, len(s.free), s.limit)
			}
			l.refused.Store(0)
			l.over(t, s, 500)
			if l.refused.Load() > 0 {
				t.Errorf("%d more refusals", l.refused.Load())
			}
		})
	}
}

func TestATransferWaitsForItsPlaceUntilTheRunEnds(t *testing.T) {
	inBubble(t, "", func(t *testing.T) {
		s := newSlots(nil, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		err := s.run(t.Context(), func() error {
			return s.run(ctx, func() error {
				t.Error("two at a time")
				return nil
			})
		})
		wantKind(t, err, charge.KindDeadline)
		if len(s.free) != 1 {
			t.Error("the place is gone")
		}
	})
}
