package poll

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// generated is a report of fakeAPI: what it is at which age.
type generated struct {
	id      string
	created time.Time
	takes   time.Duration // until it is final
	final   charge.Status
	early   charge.Status // until then
	hidden  bool          // from the listing
	unseen  time.Duration // it is a 404 until it is so old
	vague   bool          // the API says neither created nor Date
}

func (g *generated) at(now time.Time) charge.Report {
	r := charge.Report{ID: g.id, Status: g.early, Created: g.created, Seen: now}
	if now.Sub(g.created) >= g.takes {
		r.Status, r.Finished = g.final, g.created.Add(g.takes)
	}
	if g.vague {
		r.Created, r.Seen = time.Time{}, time.Time{}
	}
	return r
}

// fakeAPI is the Charge API to a waiting loop, in the time of the test.
type fakeAPI struct {
	reports []*generated // newest first
	// fault fails a request for a report, or for a page when id is empty; nil is no fault.
	fault func(id string, since time.Duration) error
	// paged is called before a page is answered; what else is done waits for it.
	paged func(number int)
	// hang has requests hang until their context ends.
	hang bool
	// single and listed are how long a request for a report and for a page takes.
	single, listed time.Duration

	mu    sync.Mutex
	start time.Time
	asked []ask
}

type ask struct {
	id string // empty for a page of the listing
	at time.Duration
}

func newFakeAPI(reports ...*generated) *fakeAPI {
	return &fakeAPI{reports: reports, start: time.Now()}
}

// pending makes a report, created now, that succeeds after a while.
func pending(id string, takes time.Duration) *generated {
	return &generated{id: id, created: time.Now(), takes: takes, early: charge.Pending, final: charge.Succeeded}
}

// several makes reports that succeed after a while, the newest first, and returns their ids too. Each was created a
// millisecond after the next.
func several(n int, takes time.Duration) (reports []*generated, ids []string) {
	for i := range n {
		r := pending(fmt.Sprintf("rpt_%d", i), takes)
		r.created = r.created.Add(-time.Duration(i) * time.Millisecond)
		reports, ids = append(reports, r), append(ids, r.id)
	}
	return reports, ids
}

func (a *fakeAPI) Report(ctx context.Context, id string) (charge.Report, error) {
	if err := a.answer(ctx, id); err != nil {
		return charge.Report{}, err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, g := range a.reports {
		if now := time.Now(); g.id == id && (g.unseen == 0 || now.Sub(g.created) >= g.unseen) {
			return g.at(now), nil
		}
	}
	return charge.Report{}, &charge.Error{Kind: charge.KindNotFound, Op: "get report " + id, Reason: "there is no such report"}
}

func (a *fakeAPI) ReportPages(ctx context.Context, _ charge.ReportFilter) iter.Seq2[[]charge.Report, error] {
	return func(yield func([]charge.Report, error) bool) {
		after := ""
		for number := 1; ; number++ {
			if err := a.answer(ctx, ""); err != nil {
				yield(nil, err)
				return
			}
			page, more := a.page(number, after)
			if !yield(page, nil) || !more {
				return
			}
			after = page[len(page)-1].ID
		}
	}
}

// page is what follows the report of an id, as cursors have it: reports that arrive meanwhile move nothing.
func (a *fakeAPI) page(number int, after string) (page []charge.Report, more bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.paged != nil {
		a.paged(number)
	}
	from := slices.IndexFunc(a.reports, func(g *generated) bool { return g.id == after }) + 1
	for _, g := range a.reports[from:] {
		if len(page) == 100 {
			return page, true
		}
		if !g.hidden {
			page = append(page, g.at(time.Now()))
		}
	}
	return page, false
}

func (a *fakeAPI) answer(ctx context.Context, id string) error {
	a.mu.Lock()
	since := time.Since(a.start)
	a.asked = append(a.asked, ask{id, since})
	takes := a.single
	if id == "" {
		takes = a.listed
	}
	a.mu.Unlock()
	if takes > 0 {
		charge.Sleep(ctx, takes)
	}
	if a.hang {
		<-ctx.Done()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if a.fault != nil {
		return a.fault(id, since)
	}
	return nil
}

// asks are the times of the requests for a report, or for pages when id is empty.
func (a *fakeAPI) asks(id string) (times []time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, asked := range a.asked {
		if asked.id == id {
			times = append(times, asked.at)
		}
	}
	return times
}

// requests are all, in their order.
func (a *fakeAPI) requests() []ask {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.asked)
}

func (a *fakeAPI) total() int { return len(a.requests()) }

// until fails every request with the error while the run is younger than that.
func until(end time.Duration, err error) func(string, time.Duration) error {
	return func(_ string, since time.Duration) error {
		if since < end {
			return err
		}
		return nil
	}
}

// onListing fails the listing alone.
func onListing(err error) func(string, time.Duration) error {
	return func(id string, _ time.Duration) error {
		if id == "" {
			return err
		}
		return nil
	}
}

func fault(kind charge.Kind) error { return &charge.Error{Kind: kind, Reason: "something is wrong"} }

// listener keeps what an observer is told.
type listener struct {
	mu       sync.Mutex
	statuses []charge.Status
	retries  []time.Duration
}

func (l *listener) Polled(r charge.Report, _ time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.statuses = append(l.statuses, r.Status)
}

func (l *listener) PollFailed(_ string, _ error, again time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.retries = append(l.retries, again)
}

// waiting is how long a test waits, and how.
type waiting struct {
	timeout  Timeout
	interval time.Duration
}

func limited(d time.Duration) waiting { return waiting{timeout: Timeout(d)} }

// pollerOf is a Poller of the API without chance.
func pollerOf(a API, o waiting) (*Poller, *listener) {
	l := &listener{}
	return New(a, l, Options{Interval: o.interval, Once: o.timeout == Once, Jitter: func() float64 { return 1 }}), l
}

// waitAll waits for reports to their ends, in the order of ids.
func waitAll(ctx context.Context, p *Poller, o waiting, ids ...string) []End {
	ctx, cancel := o.timeout.Bound(ctx)
	defer cancel()
	ends := make([]End, len(ids))
	for i, end := range p.WaitAll(ctx, ids) {
		ends[i] = end
	}
	return ends
}

// waited runs a wait to its end and says how long that took.
func waited(t *testing.T, a *fakeAPI, o waiting, ids ...string) (ends []End, took time.Duration) {
	t.Helper()
	p, _ := pollerOf(a, o)
	ends = waitAll(t.Context(), p, o, ids...)
	return ends, time.Since(a.start)
}

// inBubble runs each test under a clock of its own, one that goes only while all wait.
func inBubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// said puts an end in a word: the status, and the kind of error if there is one.
func said(end End) string {
	if end.Err == nil {
		return string(end.Status())
	}
	return string(end.Status()) + " " + string(charge.KindOf(end.Err))
}

func saidAll(ends []End) (words []string) {
	for _, end := range ends {
		words = append(words, said(end))
	}
	return words
}
