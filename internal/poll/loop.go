package poll

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
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
	l := &p.listing
	if len(p.open) == 0 {
		p.running = false
		l.stop()
		return now, false
	}
	if until := later(p.options.Pause.Until(), p.heldUntil); until.After(now) && !p.options.Once {
		return until, true
	}
	next = now.Add(longSleep)
	if p.grouped() {
		if !l.awaited.After(now) {
			p.beginRound(now)
		}
		next = p.round.next
		switch {
		case l.cancel != nil:
		case l.from.After(now):
			next = earlier(next, l.from)
		case p.worthListing():
			p.startListing(now)
		}
	}
	if l.awaited.After(now) {
		return l.awaited, true
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

// poll starts a single request for a report.
func (p *Poller) poll(r *report) {
	ctx, cancel := context.WithCancel(r.ctx)
	r.cancel = cancel
	p.requests++
	p.options.Go(func() {
		defer cancel()
		seen, err := p.api.Report(ctx, r.id)
		p.answered(r, seen, err)
	})
}

// answered takes in what a single request came to, and frees its place.
func (p *Poller) answered(r *report, seen charge.Report, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.requests--
	r.cancel = nil
	switch {
	case r.over: // a listing was faster, or nobody waits any more
	case err == nil:
		p.saw(r, seen, time.Now())
	case r.ctx.Err() != nil:
		p.end(r, r.stillOpen(charge.Ended(r.ctx)))
	default:
		p.missed(r, charge.AsError(err), time.Now())
	}
	p.rouse()
}

// saw takes in what a request showed of a report, a single one or a page of the listing.
func (p *Poller) saw(r *report, seen charge.Report, now time.Time) {
	r.last, r.seen, r.again, r.failing = seen, now, time.Time{}, nil
	r.atFirst, r.polled = !r.polled && seen.Status.Terminal(), true
	r.pace = p.pace(r, now)
	p.failures = 0
	p.observer.Polled(seen, r.age(now))
	switch {
	case seen.Status.Terminal():
		p.end(r, seen.Verdict())
	case p.options.Once:
		p.end(r, r.stillOpen(askedOnce()))
	}
}

// askedOnce ends a wait that was not to wait.
func askedOnce() *charge.Error { return charge.Errorf(charge.KindDeadline, "asked once") }

// missed takes in a single request that failed: what may pass is tried again, what cannot ends the report, and what no
// other request can escape ends all of them: the key is no good, or the server is not who it should be. A 403 is about
// what was asked for.
func (p *Poller) missed(r *report, e *charge.Error, now time.Time) {
	invisible := e.Kind == charge.KindNotFound && r.from != given && r.age(now) < visibleWithin
	switch {
	case e.Kind == charge.KindAuth && e.HTTPStatus != http.StatusForbidden, e.Kind == charge.KindCertificate,
		e.Kind == charge.KindRefused:
		p.over = e
		for _, r := range slices.Clone(p.open) {
			p.end(r, r.stillOpen(e))
		}
	case invisible && p.options.Once:
		p.end(r, r.stillOpen(askedOnce()))
	case invisible, e.Kind == charge.KindTemporary && !p.options.Once:
		p.retry(r, e, now)
	default:
		p.end(r, e)
	}
}

// retry has the request repeated. All others wait where the server asked for that, and where too many have failed.
func (p *Poller) retry(r *report, e *charge.Error, now time.Time) {
	wait := retryPace(p.pace(r, now), e.RetryAfter)
	r.failing, r.again = e, now.Add(wait)
	if e.HTTPStatus == http.StatusTooManyRequests || e.RetryAfter > 0 {
		p.options.Pause.Hold(wait)
	}
	if e.Kind == charge.KindTemporary {
		if p.failures++; p.failures >= maxRequests {
			p.heldUntil = later(p.heldUntil, r.again)
		}
	}
	p.observer.PollFailed(r.id, e, wait)
}

// end gives a report its end and forgets it.
func (p *Poller) end(r *report, err error) {
	r.over, r.err = true, err
	if r.cancel != nil {
		r.cancel()
	}
	i := slices.Index(p.open, r)
	p.open = slices.Delete(p.open, i, i+1)
	r.ended <- r
}

func later(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

func earlier(times ...time.Time) time.Time { return slices.MinFunc(times, time.Time.Compare) }
