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
	maxOpen   = 100              // of our reports at the server at a time
	creating  = 4                // creates under way at a time
	fullPause = 30 * time.Second // for a server that takes no more reports, unless one of ours ends before
	givenUp   = 3                // creates in a row that fail for a reason that may pass, before no other is tried
)

// throttle holds back creates: so many reports open, so many creates at a time, none while the server takes no more, and
// none after the run was stopped.
type throttle struct {
	open  chan struct{} // a place for each report that is open at the server
	posts chan struct{} // a place for each create under way
	pause *poll.Pause   // of all requests, polls too
	ctx   context.Context
	halt  context.CancelCauseFunc // stops new work: no other item can do better; the first reason stays the reason

	failed atomic.Int32 // creates in a row
	narrow sync.Once    // from then on one create at a time

	fullMu sync.Mutex
	until  time.Time     // the server is full until then, or until a report of ours ends
	freed  chan struct{} // closed when one did
}

// newThrottle makes one whose new work ends with ctx.
func newThrottle(ctx context.Context, pause *poll.Pause) *throttle {
	t := &throttle{open: make(chan struct{}, maxOpen), posts: make(chan struct{}, creating), pause: pause, freed: make(chan struct{})}
	t.ctx, t.halt = context.WithCancelCause(ctx)
	return t
}

// enter waits for a place among the open reports; its error is why there is no new work.
func (t *throttle) enter() error { return take(t.ctx, t.open) }

// leave gives the place back when the report has ended. A server that was full may then take another.
func (t *throttle) leave() {
	<-t.open
	t.fullMu.Lock()
	defer t.fullMu.Unlock()
	t.until = time.Time{}
	close(t.freed)
	t.freed = make(chan struct{})
}

// post runs one create when its turn comes; its error is why there is no new work, or the create's own.
func (t *throttle) post(create func() error) error {
	if err := take(t.ctx, t.posts); err != nil {
		return err
	}
	defer func() { <-t.posts }()
	for {
		if err := t.pause.Wait(t.ctx); err != nil {
			return err
		}
		if t.ctx.Err() != nil {
			return charge.Ended(t.ctx)
		}
		t.fullMu.Lock()
		wait, freed := time.Until(t.until), t.freed
		t.fullMu.Unlock()
		if wait <= 0 {
			return create()
		}
		select {
		case <-freed:
		case <-time.After(wait):
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

// full takes in a 429: everybody waits for as long as the server asked. Where it did not ask, the limit may be one of
// open reports, so creates wait until one of ours ends or for a while. From then on only one create is under way.
func (t *throttle) full(asked time.Duration) {
	t.narrow.Do(func() {
		go func() {
			for range creating - 1 {
				_ = take(t.ctx, t.posts)
			}
		}()
	})
	if asked > 0 {
		t.pause.Hold(asked)
		return
	}
	t.fullMu.Lock()
	defer t.fullMu.Unlock()
	t.until = time.Now().Add(fullPause)
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
