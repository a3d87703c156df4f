package poll

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

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
		p.end(r, stillOpen(r, charge.Ended(r.ctx)))
	default:
		p.missed(r, err, time.Now())
	}
	p.rouse()
}

// saw takes in what a request showed of a report, a single one or a page of the listing.
func (p *Poller) saw(r *report, seen charge.Report, now time.Time) {
	r.last, r.seen, r.again, r.failing = seen, now, time.Time{}, nil
	r.atFirst, r.polled = !r.polled, true
	r.pace = p.pace(r, now)
	p.failures = 0
	p.observer.Polled(seen, r.age(now))
	switch {
	case seen.Status.Terminal():
		p.end(r, seen.Verdict())
	case p.options.Once:
		p.end(r, stillOpen(r, askedOnce()))
	}
}

// missed takes in a single request that failed: what may pass is tried again, what cannot ends the report, and what no
// other request can escape ends all of them.
func (p *Poller) missed(r *report, err error, now time.Time) {
	kind := charge.KindOf(err)
	invisible := kind == charge.KindNotFound && r.maybeInvisible(now)
	switch {
	case endsAll(err):
		p.over = err
		for _, r := range slices.Clone(p.open) {
			p.end(r, stillOpen(r, err))
		}
	case invisible && p.options.Once:
		p.end(r, stillOpen(r, askedOnce()))
	case invisible:
		p.retry(r, err, now)
	case kind == charge.KindTemporary && !p.options.Once:
		p.retry(r, err, now)
		if p.failures++; p.failures >= maxRequests {
			p.heldUntil = later(p.heldUntil, r.again)
		}
	default:
		p.end(r, err)
	}
}

// retry has the request repeated, and all others wait where the server asked for that.
func (p *Poller) retry(r *report, err error, now time.Time) {
	wait := retryPace(p.pace(r, now), retryAfter(err))
	r.failing, r.again = err, now.Add(wait)
	if rateLimited(err) || retryAfter(err) > 0 {
		p.options.Pause.Hold(wait)
	}
	p.observer.PollFailed(r.id, err, wait)
}

// end gives a report its end and forgets it.
func (p *Poller) end(r *report, err error) {
	r.over, r.err = true, err
	r.atFirst = r.atFirst && r.last.Status.Terminal()
	if r.cancel != nil {
		r.cancel()
	}
	i := slices.Index(p.open, r)
	p.open = slices.Delete(p.open, i, i+1)
	r.ended <- r
}

func retryAfter(err error) time.Duration {
	if e, ok := errors.AsType[*charge.Error](err); ok {
		return e.RetryAfter
	}
	return 0
}

func rateLimited(err error) bool {
	e, ok := errors.AsType[*charge.Error](err)
	return ok && e.HTTPStatus == http.StatusTooManyRequests
}
