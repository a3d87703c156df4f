package poll

import (
	"context"
	"net/http"
	"slices"
	"sort"
	"sync"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	// The bounds of the pace of waiting (docs/architecture.md, Waiting).
	minPace   = time.Second
	maxPace   = time.Minute
	maxUnseen = 3 * time.Minute  // of the older ones of a group, which are on far pages
	maxRetry  = 10 * time.Second // before a request that failed is repeated

	grouped       = 4                // open reports, from which on they share one pace and the listing is read
	maxRequests   = 8                // single ones at a time
	samples       = 20               // of how long reports took
	longSleep     = time.Hour        // of a loop that will be woken
	visibleWithin = 10 * time.Second // for so long a 404 of a report that this run has created is not believed
)

// report is one that is waited for.
type report struct {
	End                     // so far
	over    bool            // and final
	index   int             // among those of one wait
	ctx     context.Context // of its wait
	ended   chan<- *report  // takes it when it is over; never blocks
	since   time.Time       // when the wait began
	created bool            // just then, by this run
	visible time.Time       // until then a 404 may only mean that it is not visible yet; zero for an id that was given

	seen    time.Time          // when a request or the create showed it last, by our clock
	far     bool               // on pages too far back to be read for it
	polled  bool               // a request has shown it; the create that made it counts
	pace    time.Duration      // from then to the next poll
	again   time.Time          // when it is due whatever its pace: the first time, or after a failure; else zero
	failing error              // why the last request for it failed; nil after one that worked
	cancel  context.CancelFunc // of the single request under way; nil when there is none
}

// round is one poll of all reports of a group.
type round struct {
	began     time.Time // reports that were seen before are due
	next      time.Time // when the next one begins
	jitter    float64
	firstOnly bool // the first page of the listing is enough (worthAll)
}

// run is the one loop: it starts what is due and sleeps until something is, as long as a report is open. Each report
// ends with the context of its wait at the latest, so that the loop needs none.
func (p *Poller) run() {
	defer p.options.Guard()
	for {
		next, open := p.step(time.Now())
		if !open {
			return
		}
		select {
		case <-time.After(time.Until(next)):
		case <-p.wake:
		}
	}
}

// rouse has a sleeping loop see what is due now.
func (p *Poller) rouse() {
	select {
	case p.wake <- struct{}{}:
	default:
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
	if until := later(p.Pause.Until(), p.heldUntil); until.After(now) && !p.options.Once {
		return until, true
	}
	next = now.Add(longSleep)
	if len(p.open) >= grouped {
		if !l.awaited.After(now) {
			p.pageIsLate()
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
		if r == nil || due.After(now) {
			return earlier(next, due), true
		}
		p.poll(r)
	}
	return next, true
}

// first returns the report that is due before all others among those that no request is under way for. Between equals
// it is the last one: the listing shows the newest first, which are first in most lists of ids too.
func (p *Poller) first(now time.Time) (first *report, due time.Time) {
	due = now.Add(longSleep)
	for _, r := range slices.Backward(p.open) {
		switch at := p.due(r); {
		case r.cancel != nil:
		case p.allowed() == 1 && r.failing == nil && !at.After(now):
			return r, at // it is the likeliest to work
		case first == nil, at.Before(due):
			first, due = r, at
		}
	}
	return first, due
}

// due is when a report is to be polled next.
func (p *Poller) due(r *report) time.Time {
	switch {
	case !r.again.IsZero():
		return r.again
	case len(p.open) < grouped:
		return r.seen.Add(r.pace)
	case p.wanted(r):
		return p.round.began
	default:
		return p.round.next
	}
}

// wanted reports whether a report of a group is to be found in this round, on however far a page, or by a request of its
// own: it has not been seen, and by the next round that would have been too long ago for its age.
func (p *Poller) wanted(r *report) bool {
	if p.round.firstOnly {
		return p.overdue(r)
	}
	return r.seen.Before(p.round.began) && (p.options.Interval > 0 || !r.polled ||
		r.seen.Add(stragglerPace(r.age(p.round.began))).Before(p.round.next))
}

// ownPace is a tenth of a report's age, between 1 s and 60 s: the delay after it is ready stays a tenth of the time that
// it took, while polls grow with that time's logarithm.
func ownPace(age time.Duration) time.Duration {
	return min(max(age/10, minPace), maxPace)
}

// createdPace is that of a report which this run has created: one poll more finds it where it is ready at once, and the
// next one comes after 1 s, not just before, whatever the random factor.
func createdPace(age time.Duration) time.Duration {
	switch {
	case age < 300*time.Millisecond:
		return 400 * time.Millisecond
	case age < 900*time.Millisecond:
		return 800 * time.Millisecond
	}
	return ownPace(age)
}

// sharedPace is a seventh of a group's median age, between 1 s and 60 s: the youngest does not draw it nearer.
func sharedPace(median time.Duration) time.Duration {
	return min(max(median/7, minPace), maxPace)
}

// stragglerPace is how long a report of a group may stay unseen, a seventh of its age: a round need not go as far back
// as the oldest each time.
func stragglerPace(age time.Duration) time.Duration {
	return min(max(age/7, minPace), maxUnseen)
}

// retryPace is the pace of a request that failed: within 1 s to 10 s, and not before the server allows it.
func retryPace(pace, retryAfter time.Duration) time.Duration {
	return max(min(max(pace, minPace), maxRetry), retryAfter)
}

func scale(d time.Duration, factor float64) time.Duration { return time.Duration(float64(d) * factor) }

// pace is how long after now a report is polled again by itself.
func (p *Poller) pace(r *report, now time.Time) time.Duration {
	if p.options.Interval > 0 {
		return p.options.Interval
	}
	pace := ownPace
	if r.created {
		pace = createdPace
	}
	return scale(pace(r.age(now)), p.options.Jitter())
}

// age is how old a report was when it was last seen, and our time since then: the smaller of the age by the server's
// clock and by ours, either of which may be wrong; a report created over a minute in our future means that our clock is
// slow. It is never less than the time we have waited, and just that when this run created it.
func (r *report) age(now time.Time) time.Duration {
	waited := now.Sub(r.since)
	if r.created || r.Report.Created.IsZero() {
		return waited
	}
	age := r.seen.Sub(r.Report.Created)
	if theirs := r.Report.Age(); !r.Report.Seen.IsZero() && (theirs < age || age < -time.Minute) {
		age = theirs
	}
	return max(waited, age+now.Sub(r.seen))
}

// beginRound begins the next round if it is time.
func (p *Poller) beginRound(now time.Time) {
	if !p.round.began.IsZero() && !p.round.next.After(now) {
		p.planRound() // reports that had never been seen when it began are of a known age by now
	}
	if !p.round.next.After(now) {
		p.round.began, p.round.jitter, p.round.firstOnly = now, p.options.Jitter(), !p.worthAll(now)
		p.planRound()
	}
}

// planRound puts the next round a shared pace after this one, by the ages that the reports had when it began; sooner
// where a third of them will be as old by then as others were when they ended: they were created together, as a sync does.
func (p *Poller) planRound() {
	pace := p.options.Interval
	if pace == 0 {
		ages := make([]time.Duration, len(p.open))
		for i, r := range p.open {
			ages[i] = r.age(p.round.began)
		}
		sort.Slice(ages, func(i, j int) bool { return ages[i] < ages[j] })
		pace = scale(sharedPace(ages[len(ages)/2]), p.round.jitter)
		usual := p.usual()
		first, _ := slices.BinarySearch(ages, usual-pace)
		if after, _ := slices.BinarySearch(ages, usual); after-first >= (len(ages)+2)/3 {
			pace = min(pace, usual-ages[first]+minPace)
		}
	}
	if slices.ContainsFunc(p.open, func(r *report) bool { return !r.polled && r.again.IsZero() }) {
		pace = min(pace, minPace)
	}
	if p.round.firstOnly && p.listing.proven {
		pace = min(2*pace, maxPace)
	}
	p.round.next = p.round.began.Add(pace)
}

// learn keeps how long a report took, by the server's clock.
func (p *Poller) learn(r charge.Report, age time.Duration) {
	took := r.Finished.Sub(r.Created)
	if r.Finished.IsZero() || r.Created.IsZero() || took <= 0 || took > age+minPace {
		return
	}
	if p.took = append(p.took, took); len(p.took) > samples {
		p.took = slices.Delete(p.took, 0, 1)
	}
}

// usual is how long three of four of the last reports took at most; 0 as long as few have ended.
func (p *Poller) usual() time.Duration {
	if len(p.took) < samples/4 {
		return 0
	}
	took := slices.Clone(p.took)
	sort.Slice(took, func(i, j int) bool { return took[i] < took[j] })
	return took[len(took)*3/4]
}

// worthListing reports whether a listing would save requests: enough reports are to be seen in this round, beyond those
// that single requests poll for the first time without waiting for it.
func (p *Poller) worthListing() bool {
	wanted, places := 0, p.allowed()-p.requests
	for _, r := range p.open {
		switch {
		case r.cancel != nil, !r.seen.Before(p.round.began), r.far:
		case !r.polled && places > 0:
			places--
		default:
			wanted++
		}
	}
	if p.group() >= large && !p.round.firstOnly && wanted < p.listing.span {
		return false // as many pages would cost more
	}
	return wanted >= grouped
}

// olderThan reports whether a report is known to have been created at a time or before.
func (r *report) olderThan(t time.Time) bool {
	return !r.Report.Created.IsZero() && !r.Report.Created.After(t)
}

// allowed is how many single requests may be under way. After as many failures in a row it is the server that is in
// trouble, and one request at a time finds out whether it still is.
func (p *Poller) allowed() int {
	if p.failures >= maxRequests {
		return 1
	}
	return maxRequests
}

// poll starts a single request for a report, and takes in what it comes to.
func (p *Poller) poll(r *report) {
	ctx, cancel := context.WithCancel(r.ctx)
	r.cancel = cancel
	p.requests++
	p.sent++
	go func() {
		defer p.options.Guard()
		defer cancel()
		seen, err := p.api.Report(ctx, r.ID)
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
	}()
}

// saw takes in what a request showed of a report, a single one or a page of the listing.
func (p *Poller) saw(r *report, seen charge.Report, now time.Time) {
	r.Report, r.seen, r.again, r.failing = seen, now, time.Time{}, nil
	r.AtFirst, r.polled = !r.polled && seen.Status.Terminal(), true
	r.pace = p.pace(r, now)
	p.failures = 0
	p.observer.Polled(seen, r.age(now))
	switch {
	case seen.Status.Terminal():
		p.learn(seen, r.age(now))
		p.end(r, seen.Verdict())
	case p.options.Once:
		p.end(r, r.stillOpen(askedOnce()))
	}
}

// missed takes in a single request that failed: what may pass is tried again, what cannot ends the report, and what no
// other request can escape ends all of them: the key is no good, or the server is not who it should be.
func (p *Poller) missed(r *report, e *charge.Error, now time.Time) {
	forAll := e.Kind == charge.KindCertificate || e.Kind == charge.KindRefused ||
		e.Kind == charge.KindAuth && e.HTTPStatus != http.StatusForbidden // which is about what was asked for
	invisible := e.Kind == charge.KindNotFound && now.Before(r.visible)
	switch {
	case forAll:
		p.over = e
		for _, r := range slices.Clone(p.open) {
			p.end(r, r.stillOpen(e))
		}
		return
	case invisible && p.options.Once:
		p.end(r, r.stillOpen(askedOnce()))
		return
	case !invisible && (e.Kind != charge.KindTemporary || p.options.Once):
		p.end(r, e)
		return
	}
	wait := retryPace(p.pace(r, now), e.RetryAfter)
	r.failing, r.again = e, now.Add(wait)
	if e.HTTPStatus == http.StatusTooManyRequests || e.RetryAfter > 0 {
		p.Pause.Hold(wait)
	}
	if e.Kind == charge.KindTemporary {
		if p.failures++; p.failures >= maxRequests {
			p.heldUntil = later(p.heldUntil, r.again)
		}
	}
	p.observer.PollFailed(r.ID, e, wait)
}

// end gives a report its end and forgets it.
func (p *Poller) end(r *report, err error) {
	r.over, r.Err = true, err
	p.ended++
	if r.cancel != nil {
		r.cancel()
	}
	p.open = slices.DeleteFunc(p.open, func(other *report) bool { return other == r })
	r.ended <- r
}

// askedOnce ends a wait that was not to wait.
func askedOnce() *charge.Error { return charge.Errorf(charge.KindDeadline, "asked once") }

// stillOpen is the error of a wait that is over before its report is.
func (r *report) stillOpen(why *charge.Error) error {
	own := *why
	own.Op, own.Report = "wait for "+r.ID, r.ID
	switch {
	case own.Kind != charge.KindDeadline && own.Kind != charge.KindInterrupted:
	case r.failing != nil:
		own.Reason += ", and the last request did not work: " + r.failing.Error()
		own.Before = charge.AsError(r.failing).Reason
	case r.Report.ID == "":
		own.Reason += ", the report has not been seen yet"
	default:
		own.Reason += ", the report is still " + string(r.Report.Status)
		if own.Kind == charge.KindInterrupted {
			own.Reason += " and goes on at the server"
		}
	}
	return &own
}

// Pause is until when no request may be sent because the API asked for that. Whoever sees a Retry-After or a 429 holds,
// whoever is about to send a request waits: limits count all requests together. The zero value holds nothing back.
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

func later(times ...time.Time) time.Time { return slices.MaxFunc(times, time.Time.Compare) }

func earlier(times ...time.Time) time.Time { return slices.MinFunc(times, time.Time.Compare) }
