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

	mu     sync.Mutex
	open   []*watched
	over   error // why no look will be made any more
	wake   chan struct{}
	paused time.Time // no request before this: the server asked for it
	single bool      // the listing is of no use here
	failed int       // sweeps that failed in a row
}

func newWatcher(s *Service, looks Looks, interval time.Duration, once bool) *Watcher {
	return &Watcher{
		looks: looks, observer: s.Observer, interval: interval, once: once, jitter: s.jitter(),
		wake: make(chan struct{}, 1),
	}
}

// Add follows a report that nothing is known of but its id; its first look is due at once.
func (w *Watcher) Add(id string) <-chan End {
	return w.follow(&watched{id: id, due: time.Now()})
}

func (w *Watcher) addAll(ids []string) []<-chan End {
	waits := make([]<-chan End, len(ids))
	for i, id := range ids {
		waits[i] = w.Add(id)
	}
	return waits
}

// AddCreated follows a report that this run has just asked for. The answer to that was its first look, unless it was
// a replay: the answer to an earlier request may carry an old status.
func (w *Watcher) AddCreated(r charge.Report, replay bool) <-chan End {
	now := time.Now()
	item := &watched{id: r.ID, report: r, created: now, seen: now, due: now}
	if !replay {
		item.due = now.Add(w.pace(item, now))
	}
	return w.follow(item)
}

func (w *Watcher) follow(item *watched) <-chan End {
	item.done = make(chan End, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open = append(w.open, item)
	if w.over != nil {
		w.end(item, w.over)
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

func (w *Watcher) dueNow() (due, open []*watched) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	for _, item := range w.open {
		if !item.due.After(now) {
			due = append(due, item)
		}
	}
	return due, slices.Clone(w.open)
}

func (w *Watcher) lookSingly(ctx context.Context, due []*watched) {
	var looks sync.WaitGroup
	slots := make(chan struct{}, singleLooks)
	for _, item := range due {
		slots <- struct{}{}
		if ctx.Err() != nil || w.stopped() {
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
	if page > 0 {
		item.page = page
	}
	w.observer.Looked(r, item.age(now))
	switch {
	case r.Status.Terminal():
		w.end(item, verdict(r))
	case w.once:
		w.end(item, stillRunning(item, charge.Errorf(charge.KindDeadline, "looked once")))
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
	switch charge.KindOf(err) {
	case charge.KindTemporary:
		w.retry(item, err, now)
	case charge.KindNotFound:
		if item.fresh(now) && !w.once {
			w.retry(item, err, now)
			return
		}
		w.end(item, err)
	case charge.KindUsage:
		w.end(item, err)
	default:
		w.stopLocked(err)
	}
}

func (w *Watcher) retry(item *watched, err error, now time.Time) {
	if w.once {
		w.end(item, err)
		return
	}
	item.failing = err
	wait := nextTry(w.pace(item, now), w.heed(err, now))
	item.due = now.Add(wait)
	w.observer.LookFailed(item.id, err, wait)
}

// heed returns how long the server asked to wait. A limit is about all requests, so all of them wait.
func (w *Watcher) heed(err error, now time.Time) time.Duration {
	e, ok := errors.AsType[*charge.Error](err)
	if !ok || e.RetryAfter <= 0 {
		return 0
	}
	if until := now.Add(e.RetryAfter); until.After(w.paused) {
		w.paused = until
	}
	return e.RetryAfter
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
	item.done <- End{ID: item.id, Report: item.report, Err: err}
}

func (w *Watcher) stop(why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopLocked(why)
}

func (w *Watcher) stopLocked(why error) {
	w.over = why
	for _, item := range slices.Clone(w.open) {
		w.end(item, stillRunning(item, why))
	}
}

func (w *Watcher) stopped() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over != nil
}

// stillRunning words the end of a wait for one report whose own end was not seen.
func stillRunning(item *watched, why error) error {
	e, ok := errors.AsType[*charge.Error](why)
	if !ok {
		return why
	}
	own := *e
	own.Report = item.id
	if e.Kind != charge.KindDeadline && e.Kind != charge.KindInterrupted {
		return &own
	}
	own.Op = "wait for " + item.id
	own.Reason += ", " + lastSeen(item)
	return &own
}

func lastSeen(item *watched) string {
	if item.failing != nil {
		return "the last look did not work: " + item.failing.Error()
	}
	if item.seen.IsZero() {
		return "the report has not been seen yet"
	}
	return "the report is still " + string(item.report.Status)
}
