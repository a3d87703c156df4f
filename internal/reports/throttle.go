package reports

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/poll"
)

const (
	maxOpen      = 1000             // of our reports at the server at a time, where it takes so many
	creating     = 4                // creates under way at a time
	fullPause    = 30 * time.Second // before a server that took no more reports is tried with one more than it took; it doubles
	maxFullPause = 5 * time.Minute
	givenUp      = 3 // creates in a row that fail for a reason that may pass, before no other is tried
)

// throttle holds back creates: as many reports are open as the server takes, so many creates are under way at a time, and
// none is sent after the run was stopped. What the server takes is found out from its 429: as many as were open then are
// the limit from there on, so that each that ends makes room for one. Where it refuses even that, the limit falls by an
// eighth; and now and then one more than the limit is tried.
type throttle struct {
	open    chan struct{} // a place for each report that is open at the server, or is to be
	posts   chan struct{} // a place for each create under way
	pause   *poll.Pause   // of all requests, polls too
	ctx     context.Context
	halt    context.CancelCauseFunc // stops new work: no other item can do better; the first reason stays the reason
	failed  atomic.Int32            // creates in a row
	asking  atomic.Int32            // items that have a place and whose create is not under way yet
	narrow  sync.Once               // from then on one create at a time
	mu      sync.Mutex
	posting int           // creates under way
	limit   int           // of open reports, by what the server last took
	refused bool          // the last create
	wait    time.Duration // after the last refusal
	until   time.Time     // then one beyond the limit is tried
	freed   chan struct{} // closed when that may be sooner: a report of ours has ended
}

// newThrottle makes one whose new work ends with ctx.
func newThrottle(ctx context.Context, pause *poll.Pause) *throttle {
	t := &throttle{open: make(chan struct{}, maxOpen), posts: make(chan struct{}, creating), pause: pause, limit: maxOpen, wait: fullPause, freed: make(chan struct{})}
	t.ctx, t.halt = context.WithCancelCause(ctx)
	return t
}

// enter waits for a place among the open reports; its error is why there is no new work.
func (t *throttle) enter() error { return take(t.ctx, t.open) }

// leave gives the place back when the report has ended. A server that was full may then take another.
func (t *throttle) leave() {
	t.mu.Lock()
	defer t.mu.Unlock()
	<-t.open
	t.rouse()
}

// rouse has all who wait for the server see whether it takes another. It is called with mu held.
func (t *throttle) rouse() {
	close(t.freed)
	t.freed = make(chan struct{})
}

// taken is how many reports of ours are open at the server. It is called with mu held. An item that enters and asks meanwhile
// may count as one, but never as one less.
func (t *throttle) taken() int {
	asking := int(t.asking.Load())
	return len(t.open) - asking - t.posting
}

// post runs one create when its turn comes; its error is why there is no new work, or the create's own.
func (t *throttle) post(create func() error) error {
	t.asking.Add(1)
	if err := take(t.ctx, t.posts); err != nil {
		t.asking.Add(-1)
		return err
	}
	defer func() { <-t.posts }()
	for {
		if t.pause.Wait(t.ctx) != nil || t.ctx.Err() != nil {
			t.asking.Add(-1)
			return charge.Ended(t.ctx)
		}
		t.mu.Lock()
		now, before, until, freed := time.Now(), t.wait, t.until, t.freed
		beyond := t.taken()+t.posting >= t.limit
		if !beyond || !now.Before(until) {
			t.posting++
			t.asking.Add(-1)
			if beyond { // one at a time
				t.wait = min(2*t.wait, maxFullPause)
				t.until = now.Add(t.wait)
			}
			t.mu.Unlock()
			err := create()
			t.mu.Lock()
			defer t.mu.Unlock()
			t.posting--
			t.refused = t.refused && err != nil
			if beyond && err == nil { // the server takes more again, perhaps many
				t.wait, t.until = before, now
				t.rouse()
			}
			return err
		}
		t.mu.Unlock()
		select {
		case <-freed:
		case <-time.After(until.Sub(now)):
		case <-t.ctx.Done():
		}
	}
}

// take waits for a free place; its error is why ctx ended.
func take(ctx context.Context, places chan struct{}) error {
	select {
	case places <- struct{}{}:
		if ctx.Err() == nil {
			return nil
		}
		<-places
	case <-ctx.Done():
	}
	return charge.Ended(ctx)
}

// full takes in a 429 to one of our creates. Where it asks to wait, it is about how many requests are sent: everybody
// waits, and from then on one create is under way at a time. Where it does not, it may be about how many reports are open.
func (t *throttle) full(asked time.Duration) {
	if asked > 0 {
		t.pause.Hold(asked)
		t.narrow.Do(func() {
			for range creating - 1 {
				go func() { _ = take(t.ctx, t.posts) }()
			}
		})
		return
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	now, n := time.Now(), max(0, t.taken()-1) // without the one that was refused
	if n > t.limit+t.limit/8 {
		t.wait, t.until = fullPause, now.Add(fullPause)
	} else if !now.Before(t.until) {
		t.until = now.Add(t.wait)
	}
	if !t.refused {
		t.limit = n
	} else if n < t.limit {
		t.limit = n - n/8
	}
	t.refused = true
}

// count stops new work after several creates in a row that failed for a reason which may pass; any other answer, for
// which err is nil, starts the count anew.
func (t *throttle) count(err error) {
	if err == nil {
		t.failed.Store(0)
	} else if t.failed.Add(1) >= givenUp {
		t.halt(err)
	}
}
