package reports

import (
	"context"
	"sync"
	"sync/atomic"
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

// gate lets creates through: so many reports open, so many requests at a time, and none while the server takes no more
// or after the run has been stopped.
type gate struct {
	open    chan struct{}
	posts   chan struct{}
	single  chan struct{} // held by a create in place of posts once the server has been full
	limited atomic.Bool

	mu     sync.Mutex
	asked  time.Time     // until when the server asked us to wait
	until  time.Time     // no create before this, which is not before asked
	news   chan struct{} // closed and replaced when that may have changed
	failed int
	halted error
}

func newGate() *gate {
	return &gate{
		open: make(chan struct{}, maxOpen), posts: make(chan struct{}, creating), single: make(chan struct{}, 1), news: make(chan struct{}),
	}
}

// enter waits for a place among the open reports.
func (g *gate) enter(ctx context.Context) error {
	if err := take(ctx, g.open); err != nil {
		return err
	}
	_, _, err := g.state()
	if err == nil && ctx.Err() != nil {
		err = ending(ctx) // which also frees places
	}
	if err != nil {
		<-g.open
	}
	return err
}

// leave gives the place back when the report has ended. A server that was full may then take another.
func (g *gate) leave() {
	<-g.open
	g.change(func() { g.until = g.asked })
}

// post runs one create when its turn comes. The error says that the item was not started where the run was stopped.
func (g *gate) post(ctx context.Context, create func() error) error {
	if err := take(ctx, g.posts); err != nil {
		return err
	}
	defer func() { <-g.posts }()
	if err := g.pass(ctx); err != nil {
		return err
	}
	if !g.limited.Load() {
		return create()
	}
	if err := take(ctx, g.single); err != nil {
		return err
	}
	defer func() { <-g.single }()
	if err := g.pass(ctx); err != nil {
		return err
	}
	return create()
}

func take(ctx context.Context, places chan struct{}) error {
	select {
	case places <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ending(ctx)
	}
}

// pass waits until the server takes requests again.
func (g *gate) pass(ctx context.Context) error {
	for {
		wait, news, halted := g.state()
		if halted != nil {
			return notStarted(halted)
		}
		if wait <= 0 {
			return nil
		}
		timer := time.NewTimer(wait)
		select {
		case <-news:
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
		if ctx.Err() != nil {
			return ending(ctx)
		}
	}
}

func (g *gate) state() (wait time.Duration, news <-chan struct{}, halted error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return time.Until(g.until), g.news, g.halted
}

func (g *gate) change(what func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	what()
	close(g.news)
	g.news = make(chan struct{})
}

// full holds all creates back for as long as the server asked; where it did not say, until one of our reports has
// ended or a while has passed: the limit may be one of open reports, ours or others'. From then on one create at a time finds that out.
func (g *gate) full(asked time.Duration) {
	g.limited.Store(true)
	g.change(func() {
		now := time.Now()
		g.asked = later(g.asked, now.Add(asked))
		g.until = g.asked
		if asked <= 0 {
			g.until = later(g.asked, now.Add(fullPause))
		}
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// halt stops new work: no other item can do better. The first reason stays the reason.
func (g *gate) halt(err error) {
	g.change(func() {
		if g.halted == nil {
			g.halted = err
		}
	})
}

// count halts after several creates in a row that failed for a reason which may pass; any other answer, for which
// err is nil, starts the count anew.
func (g *gate) count(err error) {
	g.mu.Lock()
	g.failed++
	if err == nil {
		g.failed = 0
	}
	enough := g.failed >= givenUp
	g.mu.Unlock()
	if enough {
		g.halt(err)
	}
}
