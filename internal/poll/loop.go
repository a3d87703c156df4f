package poll

import (
	"slices"
	"time"
)

const (
	// maxRequests is how many reports are asked for at a time by single requests.
	maxRequests = 8
	// longSleep is for a loop that will be woken.
	longSleep = time.Hour
)

// run is the one loop: it starts what is due and sleeps until something is, as long as a report is open. Each report
// ends with the context of its wait at the latest, so that the loop needs none.
func (p *Poller) run() {
	for {
		next, open := p.step(time.Now())
		if !open {
			return
		}
		timer := time.NewTimer(time.Until(next))
		select {
		case <-timer.C:
		case <-p.wake:
		}
		timer.Stop()
	}
}

// step starts what is due and returns when to come back. Open is false when there is nothing left to come back for.
func (p *Poller) step(now time.Time) (next time.Time, open bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.open) == 0 {
		p.running = false
		p.listing.stop()
		return now, false
	}
	if until := later(p.options.Pause.Until(), p.heldUntil); until.After(now) && !p.options.Once {
		return until, true
	}
	next = now.Add(longSleep)
	if p.grouped() {
		next = p.stepGroup(now)
	}
	if p.listing.awaited.After(now) {
		return p.listing.awaited, true
	}
	for p.requests < p.allowed() {
		r, due := p.first(now)
		if r == nil {
			break
		}
		if due.After(now) {
			next = earlier(next, due)
			break
		}
		p.poll(r)
	}
	return next, true
}

// stepGroup begins the round and the listing that are due, and returns when the next one is.
func (p *Poller) stepGroup(now time.Time) time.Time {
	if !p.listing.awaited.After(now) {
		p.beginRound(now)
	}
	if p.listing.cancel != nil {
		return p.round.next
	}
	if p.listing.from.After(now) {
		return earlier(p.round.next, p.listing.from)
	}
	if p.worthListing() {
		p.startListing(now)
	}
	return p.round.next
}

// allowed is how many single requests may be under way. After as many failures in a row it is the server that is in
// trouble, and one request at a time finds out whether it still is.
func (p *Poller) allowed() int {
	if p.failures >= maxRequests {
		return 1
	}
	return maxRequests
}

// first returns the report that is due before all others among those that no request is under way for. Between equals
// it is the last one: the listing shows the newest first, which are first in most lists of ids too.
func (p *Poller) first(now time.Time) (first *report, due time.Time) {
	troubled := p.allowed() == 1
	for _, r := range slices.Backward(p.open) {
		if r.cancel != nil {
			continue
		}
		at := p.due(r)
		if troubled && r.failing == nil && !at.After(now) {
			return r, at // it is the likeliest to work
		}
		if first == nil || at.Before(due) {
			first, due = r, at
		}
	}
	return first, due
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
