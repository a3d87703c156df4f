package reports

import (
	"context"
	"errors"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// singleLooks is how many reports are asked for at a time when they are asked for one by one.
const singleLooks = 4

// lookSingly starts a look at each report, a few at a time. It does not wait for the last ones: a request that nobody
// answers holds back neither the other reports nor those that are added meanwhile.
func (w *watcher) lookSingly(ctx context.Context, due []*watched) {
	for _, item := range due {
		select {
		case w.slots <- struct{}{}:
		case <-ctx.Done():
			return
		}
		if ctx.Err() != nil || w.held() {
			<-w.slots
			return
		}
		w.setBusy(item, true)
		w.start(&w.single, func() {
			r, err := w.looks.Report(ctx, item.id)
			w.looked(ctx, item, r, err)
			w.setBusy(item, false)
			<-w.slots
			w.rouse()
		})
	}
}

func (w *watcher) setBusy(item *watched, busy bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	item.busy = busy
}

func (w *watcher) looked(ctx context.Context, item *watched, r charge.Report, err error) {
	switch {
	case err == nil:
		w.saw(item, r, 0)
	case ctx.Err() == nil:
		w.missed(item, err)
	}
}

// saw takes in a look that worked. page is the listing page it came from, 0 for a look at the report alone.
func (w *watcher) saw(item *watched, r charge.Report, page int) {
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
func (w *watcher) missed(item *watched, err error) {
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
func (w *watcher) invisible(item *watched, err error, now time.Time) {
	if w.once {
		w.end(item, stillRunning(item, lookedOnce()))
		return
	}
	w.retry(item, err, now)
}

func (w *watcher) retry(item *watched, err error, now time.Time) {
	item.failing = err
	wait := nextTry(w.pace(item, now), w.heed(err, now))
	item.due = now.Add(wait)
	w.observer.LookFailed(item.id, err, wait)
}

// troubled counts looks that failed. After as many in a row as are made at a time it is the server that is in trouble,
// and asking it for every other report too would only add to that.
func (w *watcher) troubled(again time.Time) {
	w.trouble++
	if w.trouble >= singleLooks {
		w.hold(again)
	}
}

// heed returns how long the server asked to wait. A limit is about all requests, so all of them wait.
func (w *watcher) heed(err error, now time.Time) time.Duration {
	e, ok := errors.AsType[*charge.Error](err)
	if !ok || e.RetryAfter <= 0 {
		return 0
	}
	w.hold(now.Add(e.RetryAfter))
	return e.RetryAfter
}

func (w *watcher) hold(until time.Time) {
	if until.After(w.paused) {
		w.paused = until
	}
}

// held says that no request may be made now.
func (w *watcher) held() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.over != nil || time.Now().Before(w.paused)
}

func (w *watcher) pace(item *watched, now time.Time) time.Duration {
	if w.interval > 0 {
		return w.interval
	}
	return NextLook(item.age(now), w.jitter())
}
