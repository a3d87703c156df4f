package reports

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// singleLooks is how many reports are asked for at a time when they are asked for one by one.
const singleLooks = 4

// Watcher is the one waiting loop: it looks at every report it was given until each has ended. Reports may be added
// while it runs.
type Watcher struct {
	looks    Looks
	observer Observer
	interval time.Duration // fixed pace; 0 follows the reports' age
	once     bool          // end each report after its first look
	jitter   func() float64

	mu      sync.Mutex
	open    []*watched
	over    error // why no look will be made any more
	wake    chan struct{}
	paused  time.Time // no request before this: the server asked for it, or is in trouble
	trouble int       // single looks that failed in a row
	single  bool      // the listing is of no use here
	failed  int       // sweeps that failed in a row
}

func newWatcher(s *Service, looks Looks, interval time.Duration, once bool) *Watcher {
	return &Watcher{
		looks: looks, observer: s.Observer, interval: interval, once: once, jitter: s.jitter(),
		wake: make(chan struct{}, 1),
	}
}

// Add follows a report that nothing is known of but its id; its first look is due at once.
func (w *Watcher) Add(id string) <-chan End {
	now := time.Now()
	return w.follow(&watched{id: id, since: now, due: now})
}

func (w *Watcher) addAll(ids []string) []<-chan End {
	waits := make([]<-chan End, len(ids))
	for i, id := range ids {
		waits[i] = w.Add(id)
	}
	return waits
}

// AddCreated follows a report that this run has just asked for. The answer to that was its first look, unless it was
// a replay: the answer to an earlier request may carry an old status. One that says the end already is looked at too:
// only a look brings a fresh link.
func (w *Watcher) AddCreated(r charge.Report, replay bool) <-chan End {
	now := time.Now()
	item := &watched{id: r.ID, report: r, since: now, created: now, seen: now, looked: !replay, due: now}
	if !replay && !w.once && !r.Status.Terminal() {
		w.mu.Lock()
		item.due = now.Add(w.pace(item, now))
		w.mu.Unlock()
	}
	return w.follow(item)
}

func (w *Watcher) follow(item *watched) <-chan End {
	item.done = make(chan End, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open = append(w.open, item)
	if w.over != nil {
		w.end(item, stillRunning(item, w.over))
		return item.done
	}
	select {
	case w.wake <- struct{}{}:
	default:
	}
	return item.done
}

// Run looks until ctx ends; every report still open then ends with the reason. It returns early when nothing is open
// and idle is false.
func (w *Watcher) Run(ctx context.Context, idle bool) {
	for {
		due, any := w.nextDue()
		switch {
		case !any && !idle, ctx.Err() != nil:
			w.stop(ending(ctx))
			return
		case !any:
			due = time.Now().Add(time.Hour)
		}
		if w.sleep(ctx, time.Until(due)) {
			w.round(ctx)
		}
	}
}

// sleep waits for d; it says false when it was cut short, by the context or by a report that was added.
func (w *Watcher) sleep(ctx context.Context, d time.Duration) bool {
	if ctx.Err() != nil {
		return false
	}
	if d <= 0 {
		return true
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-w.wake:
		return false
	case <-timer.C:
		return true
	}
}

func (w *Watcher) nextDue() (time.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.open) == 0 {
		return time.Time{}, false
	}
	first := slices.MinFunc(w.open, func(a, b *watched) int { return a.due.Compare(b.due) }).due
	if first.Before(w.paused) {
		first = w.paused
	}
	return first, true
}

// round looks at what is due: by sweeping the listing where that is cheaper, and singly for the rest.
func (w *Watcher) round(ctx context.Context) {
	due, open := w.dueNow()
	if pages := w.pagesWorth(due, open); pages > 0 {
		due = w.sweep(ctx, pages, open, due)
	}
	w.lookSingly(ctx, due)
}

// dueNow returns what is due, the longest overdue first: what a pause held back comes before what it was about.
func (w *Watcher) dueNow() (due, open []*watched) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	for _, item := range w.open {
		if !item.due.After(now) {
			due = append(due, item)
		}
	}
	slices.SortStableFunc(due, func(a, b *watched) int { return a.due.Compare(b.due) })
	return due, slices.Clone(w.open)
}

func (w *Watcher) lookSingly(ctx context.Context, due []*watched) {
	var looks sync.WaitGroup
	slots := make(chan struct{}, singleLooks)
	for _, item := range due {
		slots <- struct{}{}
		if ctx.Err() != nil || w.held() {
			break
		}
		looks.Go(func() {
			defer func() { <-slots }()
			r, err := w.looks.Report(ctx, item.id)
			w.looked(ctx, item, r, err)
		})
	}
	looks.Wait()
}

func (w *Watcher) looked(ctx context.Context, item *watched, r charge.Report, err error) {
	switch {
	case err == nil:
		w.saw(item, r, 0)
	case ctx.Err() == nil:
		w.missed(item, err)
	}
}

// saw takes in a look that worked. page is the listing page it came from, 0 for a look at the report alone.
func (w *Watcher) saw(item *watched, r charge.Report, page int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if item.ended {
		return
	}
	now := time.Now()
	item.report, item.seen, item.failing = r, now, nil
	w.trouble = 0
	item.atFirst, item.looked = !item.looked && r.Status.Terminal(), true
	if page > 0 {
		item.page = page
	}
	w.observer.Looked(r, item.age(now))
	switch {
	case r.Status.Terminal():
		w.end(item, verdict(r))
	case w.once:
		w.end(item, stillRunning(item, lookedOnce()))
	default:
		item.due = now.Add(w.pace(item, now))
	}
}

// missed takes in a look that failed: what may pass is tried again, what cannot ends the report, and what no other
// report can escape ends all of them.
func (w *Watcher) missed(item *watched, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	switch kind := charge.KindOf(err); {
	case item.ended:
	case kind == charge.KindAuth, kind == charge.KindCertificate, kind == charge.KindRefused:
		w.stopLocked(err)
	case kind == charge.KindNotFound && item.fresh(now):
		w.invisible(item, err, now)
	case kind == charge.KindTemporary && !w.once:
		w.retry(item, err, now)
		w.troubled(item.due)
	default:
		w.end(item, err)
	}
}

// invisible takes in a 404 for a report that was created so lately that it may only not be visible yet.
func (w *Watcher) invisible(item *watched, err error, now time.Time) {
	if w.once {
		w.end(item, stillRunning(item, lookedOnce()))
		return
	}
	w.retry(item, err, now)
}

func (w *Watcher) retry(item *watched, err error, now time.Time) {
	item.failing = err
	wait := nextTry(w.pace(item, now), w.heed(err, now))
	item.due = now.Add(wait)
	w.observer.LookFailed(item.id, err, wait)
}

// troubled counts looks that failed. After as many in a row as are made at a time it is the server that is in trouble,
// and asking it for every other report too would only add to that.
func (w *Watcher) troubled(again time.Time) {
	w.trouble++
	if w.trouble >= singleLooks {
		w.hold(again)
	}
}

// heed returns how long the server asked to wait. A limit is about all requests, so all of them wait.
func (w *Watcher) heed(err error, now time.Time) time.Duration {
	e, ok := errors.AsType[*charge.Error](err)
	if !ok || e.RetryAfter <= 0 {
		return 0
	}
	w.hold(now.Add(e.RetryAfter))
	return e.RetryAfter
}

func (w *Watcher) hold(until time.Time) {
	if until.After(w.paused) {
		w.paused = until
	}
}

// held says that no request may be made now.
func (w *Watcher) held() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over != nil || time.Now().Before(w.paused)
}

func (w *Watcher) pace(item *watched, now time.Time) time.Duration {
	if w.interval > 0 {
		return w.interval
	}
	return NextLook(item.age(now), w.jitter())
}

// end gives a report its end and forgets it. The lock is held.
func (w *Watcher) end(item *watched, err error) {
	if item.ended {
		return
	}
	item.ended = true
	w.open = slices.DeleteFunc(w.open, func(other *watched) bool { return other == item })
	item.done <- End{ID: item.id, Report: item.report, Err: err, AtFirst: item.atFirst}
}

func (w *Watcher) stop(why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopLocked(why)
}

// stopLocked ends everything; the first reason stays the reason.
func (w *Watcher) stopLocked(why error) {
	if w.over == nil {
		w.over = why
	}
	for _, item := range slices.Clone(w.open) {
		w.end(item, stillRunning(item, w.over))
	}
}
