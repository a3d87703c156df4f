package poll

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	// minAwaited and maxAwaited bound the time that a page is given before single requests begin to do its work.
	minAwaited = 200 * time.Millisecond
	maxAwaited = time.Second
	// maxAhead is for how long pages that show nothing are waited for.
	maxAhead = 10 * time.Second
	// refusedRest is how long a listing that was refused is left alone: it may be refused for ever.
	refusedRest = time.Minute
)

// listing is how reports are found on the pages of the API's list, newest first. It only ever helps: while pages come in
// time, single requests wait for them, and a page is in time within twice the time of the one before, at most a second.
// No report waits with its first request for a listing that has never worked.
type listing struct {
	cancel  context.CancelFunc // ends the one under way; nil when there is none
	began   time.Time
	asked   time.Time     // when the page under way was asked for
	took    time.Duration // by the last page
	proven  bool          // that page came, and no failure after it
	awaited time.Time     // single requests wait for a page until then
	pages   int           // of this listing, or the last
	vain    int           // of them since the last that showed a report
	last    time.Time     // when the last report on them was created
	rows    int           // reports that were shown for the first time
	shown   int           // those of them that were ours, and open
	span    int           // pages of the last listing that went beyond the first where that was worth it

	from     time.Time // no other one before
	failures int       // in a row
}

// stop ends the listing under way, if there is one.
func (l *listing) stop() {
	if l.cancel != nil {
		l.cancel()
	}
	l.cancel, l.awaited = nil, time.Time{}
}

func (p *Poller) startListing(now time.Time) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(p.open[0].ctx))
	l := &p.listing
	l.cancel, l.began, l.asked, l.pages, l.vain = cancel, now, now, 0, 0
	if l.proven || !slices.ContainsFunc(p.open, func(r *report) bool { return !r.polled }) {
		l.await(now)
	}
	go p.list(ctx)
}

func (l *listing) await(now time.Time) {
	l.awaited = now.Add(min(max(2*l.took, minAwaited), maxAwaited))
}

// list reads pages as long as they may show what is waited for, and leaves it at that for this round. What it comes to
// counts unless it has been stopped.
func (p *Poller) list(ctx context.Context) {
	defer p.options.Guard()
	var failed *charge.Error
	for page, err := range p.api.ReportPages(ctx, charge.ReportFilter{}) {
		if failed = charge.AsError(err); err != nil || !p.sawPage(ctx, page) {
			break
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil {
		return
	}
	l := &p.listing
	l.stop()
	defer p.rouse()
	if failed == nil {
		if l.vain > 0 { // it has gone too far back: what was created before is left to single requests from now on
			for _, r := range p.open {
				r.far = r.far || r.olderThan(l.last)
			}
		}

		l.failures, l.from = 0, p.round.next
		if !p.round.firstOnly {
			l.span = l.pages
		}
		return
	}
	wait := refusedRest
	if failed.Kind == charge.KindTemporary {
		wait = max(min(minPace<<min(l.failures, 10), maxRetry), failed.RetryAfter)
	}
	if failed.HTTPStatus == http.StatusTooManyRequests && !p.options.Once {
		p.Pause.Hold(wait)
	}
	l.failures++
	l.proven, l.from, p.round.firstOnly = false, time.Now().Add(wait), false
}

// sawPage takes in every open report on a page, and reports whether the next page may show one that is still wanted.
func (p *Poller) sawPage(ctx context.Context, page []charge.Report) (more bool) {
	found := make(map[string]charge.Report, len(page))
	for _, r := range page {
		found[r.ID] = r
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil {
		return false
	}
	l := &p.listing
	shown := 0
	for _, r := range slices.Clone(p.open) {
		seen, ok := found[r.ID]
		if !ok {
			continue
		}
		shown++
		if !p.lifetimes.has(r.ID) {
			l.shown++
		}
		if seen.Status.Terminal() || !r.seen.After(l.asked) { // else a single request knows better
			p.saw(r, seen, l.asked)
		}
	}
	for _, r := range page {
		if !p.lifetimes.has(r.ID) {
			l.rows++
		}
		p.lifetimes.add(r)
	}
	now := time.Now()
	l.pages++
	l.vain++
	p.sent++
	l.took, l.asked, l.proven, l.awaited = now.Sub(l.asked), now, true, time.Time{}
	if len(page) > 0 {
		l.last = page[len(page)-1].Created
	}
	if shown > 0 {
		l.vain = 0
	}
	p.rouse()
	if p.round.firstOnly = p.round.firstOnly && !p.worthAll(now); p.round.firstOnly {
		l.vain = 0
		l.await(now)
		return false
	}
	if more = p.mayShowMore(); shown > 0 || more && p.worthAwaiting(now) {
		l.await(now)
	}
	return more
}

// worthAwaiting reports whether single requests wait for the next page though this one showed none of ours. For a large group
// they would be many, while its reports may be that far apart on the pages (up to four times the mean distance), or all of
// them on pages still to come.
func (p *Poller) worthAwaiting(now time.Time) bool {
	l := &p.listing
	if p.group() < large || now.Sub(l.began) > maxAhead {
		return false
	}
	reached := slices.ContainsFunc(p.open, func(r *report) bool { return r.Report.Created.After(l.last) })
	return !reached || float64(l.vain) < 4*(1+p.cost()/float64(len(p.open)))
}

// pageIsLate has single requests do the work of a first page that does not come in time.
func (p *Poller) pageIsLate() {
	if l := &p.listing; l.cancel != nil && !l.awaited.After(time.Now()) {
		p.round.firstOnly = false
	}
}

// mayShowMore reports whether the next page is worth reading. Reports whose creation is not known may be there as long
// as pages show any, others if they are older than what was read; and no more pages are read in vain than such reports
// are left, which single requests find as cheaply.
func (p *Poller) mayShowMore() bool {
	l := &p.listing
	left := 0
	for _, r := range p.open {
		unknown := r.Report.Created.IsZero() || l.last.IsZero()
		switch {
		case !r.seen.Before(l.began), !p.wanted(r), r.far:
		case unknown && l.vain == 0, !unknown && !r.Report.Created.After(l.last):
			left++
		}
	}
	return l.vain < left
}
