// Package poll decides when the API is asked again about reports that are not finished, and waits until they are. It is
// not for creating reports nor for their files, and it knows neither HTTP nor terminals: it is given an API to ask and
// an Observer to tell.
//
// Whoever needs a report's end calls Wait, WaitCreated or WaitReplayed, which block; WaitAll is for many ids at once.
// One loop (loop.go) serves them all and runs as long as a report is open, which is until it has ended or the context
// of its wait has.
//
//   - Up to three open reports are polled by single requests, each at a pace that follows its own age.
//   - From four on they share one pace, in rounds. The listing (listing.go) is read in its own goroutine, and single
//     requests, eight at a time, ask for what it does not show in time. Whichever shows a report first counts. A
//     listing that hangs, fails or shows nothing ends no wait and holds none up.
//   - A hundred or more whose account is shared with others, as that of a shard is, are read when enough of them should
//     have ended to be worth the pages (worth.go).
//   - A request that fails for a temporary reason is retried within 1 to 10 s; other errors end the wait for the
//     report, or every wait where no other request could do better.
//   - A Retry-After, or a 429 without one, holds back every request of the run (Pause).
package poll

import (
	"context"
	"iter"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// API is what is polled. Errors are *charge.Error; one call is one attempt where Options.Once is not set.
type API interface {
	// Report returns one report. One that the API does not know is a charge.KindNotFound error.
	Report(ctx context.Context, id string) (charge.Report, error)
	// ReportPages lists reports page by page, newest first. It requests a page when the loop over it asks for one, and
	// ends after an error.
	ReportPages(ctx context.Context, filter charge.ReportFilter) iter.Seq2[[]charge.Report, error]
}

// Observer is told what polls show. Its methods may be called from several goroutines at once and must return
// quickly.
type Observer interface {
	// Polled gives what a request showed of a report; age is how old the report is.
	Polled(r charge.Report, age time.Duration)
	// PollFailed is called when a request for a report failed for a temporary reason; the next one is sent after again.
	PollFailed(id string, err error, again time.Duration)
}

// Options are how a Poller polls. The zero value follows the reports' age until they end.
type Options struct {
	Interval time.Duration  // between two polls of a report; 0 follows its age
	Reports  int            // that will be waited for in all; 0 is not known
	Once     bool           // each wait ends after the first answer about its report, whatever it is
	Jitter   func() float64 // the factor that a pace is multiplied by, in [0.8, 1]; nil is random
	Guard    func()         // deferred in every goroutine that is started; nil is nothing
}

// Timeout is how long a command may wait in all: a limit that is more than 0, or Once, or Never.
type Timeout time.Duration

const (
	Once  Timeout = 0  // asks about each report once, whatever its status
	Never Timeout = -1 // is no deadline
)

// ParseTimeout reads a duration such as 90s, 1h30m or 2d, "0" for Once, or "none" for Never. Anything else is a usage error.
func ParseTimeout(text string) (Timeout, error) {
	if text == "none" {
		return Never, nil
	}
	limit, err := charge.ParseDuration(text)
	if err != nil || limit < 0 {
		return Once, charge.Usagef("timeout %q is not a duration: give one such as 90s, 1h30m or 2d, 0 to ask once, or none", charge.Clip(text, 40))
	}
	return Timeout(limit), nil
}

// Bound returns ctx with the deadline, if there is one.
func (t Timeout) Bound(ctx context.Context) (context.Context, context.CancelFunc) {
	if t == Never || t == Once {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, time.Duration(t))
}

// Poller polls reports until they end. It is safe for use by several goroutines.
type Poller struct {
	Pause Pause // of all requests of the run: whatever else asks the API waits for it too

	api      API
	observer Observer
	options  Options
	wake     chan struct{} // has a sleeping loop see what is due now

	// mu guards what follows, and every report in open. It is taken by wait and step, and where an answer comes in:
	// poll, sawPage and list. All other methods are called with it held.
	mu        sync.Mutex
	open      []*report     // those not ended, in the order in which they came
	running   bool          // the loop
	over      *charge.Error // why nothing is polled any more; nil while requests can work
	requests  int           // single ones under way
	failures  int           // of single requests, in a row
	heldUntil time.Time     // no request before: the server is in trouble
	round     round
	took      []time.Duration // by the last reports that ended
	listing   listing
	lifetimes lifetimes
	sent      int // requests, single ones and pages
	ended     int // reports
}

// New makes a Poller, which polls nothing before the first wait.
func New(api API, observer Observer, o Options) *Poller {
	if o.Jitter == nil {
		o.Jitter = func() float64 { return 0.8 + 0.2*rand.Float64() }
	}
	if o.Guard == nil {
		o.Guard = func() {}
	}
	return &Poller{api: api, observer: observer, options: o, wake: make(chan struct{}, 1)}
}

// End is how the wait for one report ended. Err is nil when the report succeeded; otherwise its kind tells which end it
// was: failed, deadline, interrupted, not found, auth, certificate, refused, or the kind of the API's own error about this report.
type End struct {
	ID      string
	Report  charge.Report // as last seen; without an id when it never was
	Err     error
	AtFirst bool // the first poll already found the report at its end: an earlier run had asked for it
}

// Status is the last status seen, "unknown" when there was none.
func (e End) Status() charge.Status {
	if e.Report.ID == "" {
		return "unknown"
	}
	return e.Report.Status
}

// Wait blocks until a report ends, of which nothing is known but its id, or until ctx does. It is polled at once.
func (p *Poller) Wait(ctx context.Context, id string) End {
	now := time.Now()
	return p.waitOne(ctx, report{End: End{ID: id}, since: now, again: now})
}

// WaitAll is Wait for many reports: it gives each end with the index of its id, in the order in which they come. No
// goroutine waits for each of them, so that ten thousand cost little. Leaving the loop gives the other waits up. It is
// ranged over once.
func (p *Poller) WaitAll(ctx context.Context, ids []string) iter.Seq2[int, End] {
	now := time.Now()
	reports := make([]report, len(ids))
	for i, id := range ids {
		reports[i] = report{End: End{ID: id}, index: i, since: now, again: now}
	}
	return p.wait(ctx, reports)
}

// WaitCreated blocks until a report ends that this run has just created, or until ctx does. The answer to its create
// was the first poll, unless it showed the end already: only a request brings a fresh link. For its first 10 s
// a report that the API does not know may only not be visible yet.
func (p *Poller) WaitCreated(ctx context.Context, r charge.Report) End {
	now := time.Now()
	mine := report{End: End{ID: r.ID, Report: r}, created: true, visible: now.Add(visibleWithin), since: now, seen: now, polled: true}
	if r.Status.Terminal() || p.options.Once {
		mine.again = now
	}
	return p.waitOne(ctx, mine)
}

// WaitReplayed is WaitCreated for a report that may have been there before: the answer to its create may be an old one,
// so it is polled at once. In a large group only the first few are, and tell whether requests work: the others' next round
// is a second away at most.
func (p *Poller) WaitReplayed(ctx context.Context, r charge.Report) End {
	now := time.Now()
	asked := report{End: End{ID: r.ID, Report: r}, since: now, seen: now}
	if p.mu.Lock(); p.options.Once || p.options.Reports < large || p.sent < maxRequests {
		asked.again = now
	}
	p.mu.Unlock()
	asked.visible = now.Add(visibleWithin - asked.age(now))
	return p.waitOne(ctx, asked)
}

func (p *Poller) waitOne(ctx context.Context, r report) (end End) {
	for _, end = range p.wait(ctx, []report{r}) {
	}
	return end
}

// wait opens reports, has the loop run, and yields the end of each.
func (p *Poller) wait(ctx context.Context, reports []report) iter.Seq2[int, End] {
	return func(yield func(int, End) bool) {
		ended := make(chan *report, len(reports))
		p.mu.Lock()
		for i := range reports {
			r := &reports[i]
			r.ctx, r.ended, r.pace = ctx, ended, p.pace(r, r.since) //nolint:fatcontext // every report has the wait's own context
			p.open = append(p.open, r)
			if p.over != nil {
				p.end(r, r.stillOpen(p.over))
			}
		}
		if !p.running && len(p.open) > 0 {
			p.running = true
			go p.run()
		} else {
			p.rouse()
		}
		p.mu.Unlock()
		giveUp := func() {
			p.mu.Lock()
			defer p.mu.Unlock()
			for i := range reports {
				if r := &reports[i]; !r.over {
					p.end(r, r.stillOpen(charge.Ended(ctx)))
				}
			}
			p.rouse()
		}
		defer context.AfterFunc(ctx, giveUp)()
		for range reports {
			r := <-ended
			end := r.End
			r.Report = charge.Report{} // it may be large, and the others go on
			if !yield(r.index, end) {
				giveUp()
				return
			}
		}
	}
}
