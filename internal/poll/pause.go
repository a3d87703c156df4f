package poll

import (
	"context"
	"sync"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// Pause is until when no request may be sent because the API asked for that. Whoever sees a Retry-After or a 429 holds,
// whoever is about to send a request waits: limits count all requests together. The zero value holds nothing back. It
// is safe for use by several goroutines.
type Pause struct {
	mu    sync.Mutex // guards until
	until time.Time
}

// Hold has all requests wait for d from now on; one that waits for longer already goes on doing so.
func (p *Pause) Hold(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.until = later(p.until, time.Now().Add(d))
}

// Until is when requests may be sent again; in the past when they may be now.
func (p *Pause) Until() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.until
}

// Wait blocks until requests may be sent, or returns why ctx ended before (charge.Ended).
func (p *Pause) Wait(ctx context.Context) error {
	for {
		wait := time.Until(p.Until())
		if wait <= 0 {
			return nil
		}
		if !charge.Sleep(ctx, wait) {
			return charge.Ended(ctx)
		}
	}
}
