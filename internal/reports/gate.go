package reports

import (
	"context"
	"sync"
	"time"
)

const (
	// maxOpen is how many of our reports may be open at the server at a time.
	maxOpen = 100
	// creating is how many creates are under way at a time.
	creating = 4
	// fullPause is how long a server that takes no more reports is left alone unless one of ours ends before.
	fullPause = 30 * time.Second
	// givenUp is how many creates in a row may fail for good before no other is tried.
	givenUp = 3
)

// gate lets creates through: so many reports open, so many requests at a time, and none while the server asked for a
// pause or after the run has been stopped.
type gate struct {
	open  chan struct{}
	posts chan struct{}

	mu     sync.Mutex
	until  time.Time
	ended  chan struct{} // closed and replaced when one of our reports ends
	failed int
	halted error
}

func newGate() *gate {
	return &gate{open: make(chan struct{}, maxOpen), posts: make(chan struct{}, creating), ended: make(chan struct{})}
}

// enter waits for a place among the open reports.
func (g *gate) enter(ctx context.Context) error {
	select {
	case g.open <- struct{}{}:
	case <-ctx.Done():
		return ending(ctx)
	}
	err := g.stopped()
	if err != nil {
		<-g.open
	}
	return err
}

// leave gives the place back when the report has ended, and wakes who waits for that.
func (g *gate) leave() {
	<-g.open
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.ended)
	g.ended = make(chan struct{})
}

// post runs one create when its turn comes.
func (g *gate) post(ctx context.Context, create func() error) error {
	select {
	case g.posts <- struct{}{}:
	case <-ctx.Done():
		return ending(ctx)
	}
	defer func() { <-g.posts }()
	if err := g.pass(ctx); err != nil {
		return err
	}
	return create()
}

// pass waits until the server takes requests again.
func (g *gate) pass(ctx context.Context) error {
	for {
		g.mu.Lock()
		wait, halted := time.Until(g.until), g.halted
		g.mu.Unlock()
		switch {
		case halted != nil:
			return notStarted(halted)
		case wait <= 0:
			return nil
		case !pause(ctx, wait):
			return ending(ctx)
		}
	}
}

// slow holds all creates back for as long as the server asked.
func (g *gate) slow(d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if until := time.Now().Add(d); until.After(g.until) {
		g.until = until
	}
}

// room waits until one of our reports has ended, or for a while: the server may be full of others' reports.
func (g *gate) room(ctx context.Context) error {
	g.mu.Lock()
	ended := g.ended
	g.mu.Unlock()
	timer := time.NewTimer(fullPause)
	defer timer.Stop()
	select {
	case <-ended:
	case <-timer.C:
	case <-ctx.Done():
		return ending(ctx)
	}
	return g.stopped()
}

// halt stops new work: no other item can do better.
func (g *gate) halt(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.halted == nil {
		g.halted = err
	}
}

// count halts after several failures in a row; a success starts the count anew.
func (g *gate) count(err error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if err == nil {
		g.failed = 0
		return
	}
	if g.failed++; g.failed >= givenUp && g.halted == nil {
		g.halted = err
	}
}

func (g *gate) stopped() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.halted
}
