package reports

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// watcher is the one waiting loop: it looks at every report it was given until each has ended. Reports may be added
// while it runs.
type watcher struct {
	looks    Looks
	observer Observer
	interval time.Duration // fixed pace; 0 follows the reports' age
	once     bool          // end each report after its first look
	jitter   func() float64
	start    func(group *sync.WaitGroup, f func())

	single sync.WaitGroup // looks under way
	slots  chan struct{}  // for them

	mu      sync.Mutex
	open    []*watched
	over    error // why no look will be made any more
	wake    chan struct{}
	paused  time.Time // no request before this: the server asked for it, or is in trouble
	trouble int       // single looks that failed in a row
	singly  time.Time // no sweep before this: the listing is of no use here
	failed  int       // sweeps that failed in a row
}

func newWatcher(s *Service, looks Looks, interval time.Duration, once bool) *watcher {
	return &watcher{
		looks: looks, observer: s.Observer, interval: interval, once: once, jitter: s.jitter(), start: s.start,
		wake: make(chan struct{}, 1), slots: make(chan struct{}, singleLooks),
	}
}

// add follows a report that nothing is known of but its id; its first look is due at once.
func (w *watcher) add(id string) <-chan End {
	now := time.Now()
	return w.follow(&watched{id: id, since: now, due: now})
}

func (w *watcher) addAll(ids []string) []<-chan End {
	waits := make([]<-chan End, len(ids))
	for i, id := range ids {
		waits[i] = w.add(id)
	}
	return waits
}

// addCreated follows a report that this run has just asked for. The answer to that was its first look, unless it was
// a replay: the answer to an earlier request may carry an old status. One that says the end already is looked at too:
// only a look brings a fresh link.
func (w *watcher) addCreated(r charge.Report, replay bool) <-chan End {
	now := time.Now()
	item := &watched{id: r.ID, report: r, since: now, created: now, own: !replay, seen: now, looked: !replay, due: now}
	if !replay && !w.once && !r.Status.Terminal() {
		w.mu.Lock()
		item.due = now.Add(w.pace(item, now))
		w.mu.Unlock()
	}
	return w.follow(item)
}

func (w *watcher) follow(item *watched) <-chan End {
	item.done = make(chan End, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open = append(w.open, item)
	if w.over != nil {
		w.end(item, stillRunning(item, w.over))
		return item.done
	}
	w.rouse()
	return item.done
}

// rouse has a sleeping run see what is due anew.
func (w *watcher) rouse() {
	select {
	case w.wake <- struct{}{}:
	default:
	}
}

// run looks until ctx ends; every report still open then ends with the reason. It returns early when nothing is open
// and either idle is false or no look will be made any more.
func (w *watcher) run(ctx context.Context, idle bool) {
	looking, cancel := context.WithCancel(ctx)
	defer cancel()
	for {
		due, open := w.nextDue()
		switch {
		case ctx.Err() != nil, !open && (!idle || w.stopped()):
			cancel()
			w.single.Wait()
			w.stop(ending(ctx))
			return
		case !open:
			due = time.Now().Add(time.Hour)
		}
		if w.sleep(ctx, time.Until(due)) {
			w.round(looking)
		}
	}
}

// sleep waits for d; it says false when it was cut short, by the context or by a report that was added or looked at.
func (w *watcher) sleep(ctx context.Context, d time.Duration) bool {
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

// nextDue is when the next look is due, and whether any report is open. One that is being looked at is due when it is
// not any more, which run is woken for.
func (w *watcher) nextDue() (time.Time, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.open) == 0 {
		return time.Time{}, false
	}
	first := time.Now().Add(time.Hour)
	for _, item := range w.open {
		if !item.busy && item.due.Before(first) {
			first = item.due
		}
	}
	if first.Before(w.paused) {
		first = w.paused
	}
	return first, true
}

// round looks at what is due: by sweeping the listing where that is cheaper, and singly for the rest.
func (w *watcher) round(ctx context.Context) {
	due, open := w.dueNow()
	if pages := w.pagesWorth(due, open); pages > 0 {
		due = w.sweep(ctx, pages, open, due)
	}
	w.lookSingly(ctx, due)
}

// dueNow returns what is due, the longest overdue first: what a pause held back comes before what it was about.
func (w *watcher) dueNow() (due, open []*watched) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	for _, item := range w.open {
		if !item.busy && !item.due.After(now) {
			due = append(due, item)
		}
	}
	slices.SortStableFunc(due, func(a, b *watched) int { return a.due.Compare(b.due) })
	return due, slices.Clone(w.open)
}

// end gives a report its end and forgets it. The lock is held.
func (w *watcher) end(item *watched, err error) {
	if item.ended {
		return
	}
	item.ended = true
	w.open = slices.DeleteFunc(w.open, func(other *watched) bool { return other == item })
	item.done <- End{ID: item.id, Report: item.report, Err: err, AtFirst: item.atFirst}
}

func (w *watcher) stop(why error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stopLocked(why)
}

// stopLocked ends everything; the first reason stays the reason.
func (w *watcher) stopLocked(why error) {
	if w.over == nil {
		w.over = why
	}
	for _, item := range slices.Clone(w.open) {
		w.end(item, stillRunning(item, w.over))
	}
}

// stopped says that no look will be made any more.
func (w *watcher) stopped() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over != nil
}
