package reports

import (
	"context"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/poll"
)

// posting starts n creates, each with a place, and counts those that were let through; it returns when all wait.
func posting(t *testing.T, g *throttle, n int) *atomic.Int64 {
	t.Helper()
	var through atomic.Int64
	for range n {
		go func() {
			_ = g.enter()
			_ = g.post(func() error { through.Add(1); return nil })
		}()
	}
	synctest.Wait()
	return &through
}

// after lets time pass and holds the count to what it should be then.
func after(t *testing.T, d time.Duration, through *atomic.Int64, want int64) {
	t.Helper()
	time.Sleep(d)
	synctest.Wait()
	if got := through.Load(); got != want {
		t.Fatalf("%d creates after %s more, want %d", got, d, want)
	}
}

// fullWith is a throttle whose server took n reports and refused the next one.
func fullWith(t *testing.T, n int) *throttle {
	t.Helper()
	g := newThrottle(t.Context(), new(poll.Pause))
	for range n + 1 {
		_ = g.enter()
	}
	g.full(0)
	g.leave()
	return g
}

func TestFullServerIsLeftAloneByAll(t *testing.T) {
	inBubble(t, "until a while has passed", func(t *testing.T) {
		g := newThrottle(t.Context(), new(poll.Pause))
		g.full(0)
		through := posting(t, g, 10)
		after(t, fullPause-time.Nanosecond, through, 0)
		after(t, time.Nanosecond, through, 10)
	})
	inBubble(t, "until a report of ours has ended, which makes room for one", func(t *testing.T) {
		g := fullWith(t, 3)
		through := posting(t, g, 10)
		after(t, time.Second, through, 0)
		g.leave()
		after(t, 0, through, 1)
		g.leave()
		after(t, 0, through, 2)
		after(t, fullPause, through, 10)
	})
	inBubble(t, "for longer each time", func(t *testing.T) {
		g := fullWith(t, 3)
		_ = g.enter()
		for _, want := range []time.Duration{fullPause, 2 * fullPause, 4 * fullPause, 8 * fullPause, maxFullPause, maxFullPause} {
			began := time.Now()
			_ = g.post(func() error { return status(charge.KindTemporary, http.StatusTooManyRequests) })
			if took := time.Since(began); took != want {
				t.Errorf("tried after %s, want %s", took, want)
			}
			g.full(0)
		}
	})
	inBubble(t, "until it takes more, then all", func(t *testing.T) {
		g := fullWith(t, 3)
		time.Sleep(fullPause)
		through := posting(t, g, 10)
		after(t, 0, through, 10)
	})
	inBubble(t, "and is sent fewer where it takes fewer", func(t *testing.T) {
		g := fullWith(t, 80)
		limits := []int{}
		for range 4 {
			for g.taken() >= g.limit {
				g.leave()
			}
			_ = g.enter()
			g.full(0) // the one that was to take the place
			limits = append(limits, g.limit)
			g.leave()
		}
		if !slices.Equal(limits, []int{70, 61, 53, 46}) {
			t.Errorf("%v", limits)
		}
	})
	inBubble(t, "as long as it asked, whatever ends", func(t *testing.T) {
		g := newThrottle(t.Context(), new(poll.Pause))
		_ = g.enter()
		g.full(5 * time.Second)
		through := posting(t, g, 10)
		g.leave()
		after(t, 4*time.Second, through, 0)
		after(t, time.Second, through, 10)
	})
	inBubble(t, "longer than a while where it asked for that", func(t *testing.T) {
		g := newThrottle(t.Context(), new(poll.Pause))
		g.full(2 * fullPause)
		g.full(0)
		through := posting(t, g, 1)
		after(t, 2*fullPause-time.Second, through, 0)
		after(t, time.Second, through, 1)
	})
	inBubble(t, "or until the run is stopped", func(t *testing.T) {
		g := newThrottle(t.Context(), new(poll.Pause))
		g.full(time.Hour)
		ended := make(chan error)
		go func() { ended <- g.post(func() error { return nil }) }()
		synctest.Wait()
		g.halt(fault(charge.KindAuth))
		wantKind(t, <-ended, charge.KindAuth)
	})
	inBubble(t, "or until the deadline", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		g := newThrottle(ctx, new(poll.Pause))
		g.full(time.Hour)
		wantKind(t, g.post(func() error { return nil }), charge.KindDeadline)
	})
}

func TestThrottleCountsPlacesAndPosts(t *testing.T) {
	inBubble(t, "so many open", func(t *testing.T) {
		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		g := newThrottle(ctx, new(poll.Pause))
		for range maxOpen {
			if err := g.enter(); err != nil {
				t.Fatal(err)
			}
		}
		time.AfterFunc(30*time.Second, g.leave)
		if err := g.enter(); err != nil || time.Since(began) != 30*time.Second {
			t.Errorf("%v after %s", err, time.Since(began))
		}
		wantKind(t, g.enter(), charge.KindDeadline)
	})
	inBubble(t, "so many creates at a time", func(t *testing.T) {
		g, most, now := newThrottle(t.Context(), new(poll.Pause)), atomic.Int64{}, atomic.Int64{}
		for range 5 * creating {
			go func() {
				_ = g.post(func() error {
					most.Store(max(most.Load(), now.Add(1)))
					time.Sleep(time.Second)
					now.Add(-1)
					return nil
				})
			}()
		}
		time.Sleep(time.Minute)
		if most.Load() != creating {
			t.Errorf("%d at a time, want %d", most.Load(), creating)
		}
	})
}

func TestThrottleGivesUp(t *testing.T) {
	down := fault(charge.KindTemporary)
	for name, c := range map[string]struct {
		answers []error
		stopped bool
	}{
		"two failures":                   {[]error{down, down}, false},
		"three in a row":                 {[]error{down, down, down}, true},
		"an answer in between":           {[]error{down, down, nil, down, down}, false},
		"three in a row after an answer": {[]error{nil, down, down, down, nil}, true},
	} {
		t.Run(name, func(t *testing.T) {
			g := newThrottle(t.Context(), new(poll.Pause))
			for _, err := range c.answers {
				g.count(err)
			}
			if err := g.enter(); (err != nil) != c.stopped {
				t.Errorf("%v", err)
			}
		})
	}
}
