package webhook

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/download"
)

const (
	firstBackoff   = time.Second
	longestBackoff = time.Minute
	// troubled is how many requests in a row may fail before all others wait too.
	troubled = 8
	// believedGone is for how long a report, or its file, that is not there may only not be there yet.
	believedGone = time.Minute
	// lockPatience is how long another process may write the same file before others have this goroutine.
	lockPatience = time.Minute
)

// write brings in reports' files, one after the other, until ctx ends.
func (l *Listener) write(ctx context.Context) {
	for {
		t, ok := l.queue.next(ctx)
		if !ok {
			return
		}
		path, err := l.bring(ctx, t)
		switch {
		case ctx.Err() != nil: // the next start goes on with it
			return
		case err == nil, never(t, err):
			if err != nil {
				l.service.Observer.Ended(t.id, "", false, charge.AsError(err).About("report "+t.id, t.id))
			} else if path != "" {
				l.written.Add(1)
			}
			l.journal.note(record{wordDone, time.Now(), t.id})
		default:
			l.again(t, err)
		}
	}
}

// errFinal marks what a later try cannot change.
type errFinal struct{ error }

func (e errFinal) Unwrap() error { return e.error }

// never reports whether a report can never be written: it has failed, its name is taken, or it is gone. What has just
// been made may only not be visible yet.
func never(t task, err error) bool {
	if _, final := errors.AsType[errFinal](err); final {
		return true
	}
	e := charge.AsError(err)
	missing := e.Kind == charge.KindNotFound || e.Kind == charge.KindTemporary && (e.HTTPStatus == http.StatusNotFound || e.HTTPStatus == http.StatusGone)
	return e.Kind == charge.KindFailed || missing && time.Since(t.since) > believedGone
}

// again has a task tried later. A server that asks for it, or is in trouble, is left alone by all.
func (l *Listener) again(t task, err error) {
	wait, e := backoff(t.tries, err), charge.AsError(err)
	t.tries++
	if e.RetryAfter > 0 || e.HTTPStatus == http.StatusTooManyRequests || l.failures.Load() >= troubled {
		l.pause.Hold(wait)
	}
	if e.Kind == charge.KindOutput || e.Kind == charge.KindLocked {
		l.troubles.say("report " + t.id + ": " + e.Error() + "; trying again in " + wait.Round(time.Second).String())
	} else {
		l.service.Observer.PollFailed(t.id, err, wait)
	}
	time.AfterFunc(wait, func() { l.queue.put(t) }) // once the run has ended nobody takes it, and the journal has it
}

// backoff is how long to wait after so many tries and one more that failed.
func backoff(tries int, err error) time.Duration {
	wait := min(firstBackoff<<min(tries, 10), longestBackoff)
	return max(time.Duration(float64(wait)*(0.8+0.2*rand.Float64())), charge.AsError(err).RetryAfter)
}

// bring asks for a report and writes its file. The path is empty for a report that is not wanted.
func (l *Listener) bring(ctx context.Context, t task) (path string, err error) {
	if err := l.pause.Wait(ctx); err != nil {
		return "", err
	}
	r, err := l.service.Poll.Report(ctx, t.id)
	if err != nil {
		l.failures.Add(1)
		return "", err
	}
	l.failures.Store(0)
	switch {
	case !r.Status.Terminal():
		return "", charge.Errorf(charge.KindTemporary, "the API says that the report is still %s", charge.Clip(string(r.Status), 40))
	case r.Verdict() != nil:
		return "", r.Verdict()
	case !l.options.wants(r):
		return "", nil
	}
	name, err := l.options.Name(ctx, r)
	if charge.KindOf(err) == charge.KindUsage {
		return "", errFinal{err}
	}
	if err != nil {
		return "", err
	}
	skipped, err := l.source.File(ctx, l.folder, name, r, download.Options{IfExists: l.options.IfExists, LockUntil: time.Now().Add(lockPatience)})
	if refused(err) {
		return "", errFinal{err}
	}
	if err != nil {
		return "", err
	}
	path = l.folder.Path(name)
	l.options.Written(path, r)
	l.service.Observer.Ended(r.ID, path, skipped, nil)
	return path, nil
}

// refused reports whether a file was refused by what is at its name or by its own length, and not by the disk.
func refused(err error) bool {
	e, ok := errors.AsType[*charge.Error](err)
	return ok && (e.Kind == charge.KindUsage || e.Kind == charge.KindOutput && e.Err == nil)
}
