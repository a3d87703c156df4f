package webhook

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sort"
	"sync"
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

// task is a report whose file is to be written.
type task struct {
	id    string
	since time.Time // when it was accepted
	tries int       // that did not work
}

// earlier are the tasks that were there before this start, the oldest first.
func (l *Listener) earlier() (tasks []task) {
	for id, since := range l.journal.ledger.waiting {
		tasks = append(tasks, task{id: id, since: since})
	}
	sort.Slice(tasks, func(i, j int) bool { return tasks[i].since.Before(tasks[j].since) })
	return tasks
}

// took has a report written that the journal has.
func (l *Listener) took(id string, at time.Time) {
	l.accepted.Add(1)
	l.put(task{id: id, since: at})
}

// put has a task done; once the run has ended nobody takes it, and the journal has it.
func (l *Listener) put(t task) {
	select {
	case l.came <- t:
	case <-l.over:
	}
}

// queue has tasks done, however many there are, so many at a time and the one first that came first, until ctx ends.
func (l *Listener) queue(ctx context.Context, tasks []task) {
	var jobs sync.WaitGroup
	defer jobs.Wait()
	defer close(l.over) // first: a job may need the journal, which may wait in put
	places := make(chan struct{}, max(1, l.options.Jobs))
	for {
		var place chan<- struct{} // nil, which takes nothing, while there are no tasks
		if len(tasks) > 0 {
			place = places
		}
		select {
		case t := <-l.came:
			tasks = append(tasks, t)
		case place <- struct{}{}:
			t := tasks[0]
			tasks = tasks[1:]
			l.start(&jobs, func() {
				defer func() { <-places }()
				l.do(ctx, t)
			})
		case <-ctx.Done():
			return
		}
	}
}

// do brings in a report's file, has that tried again, or says why there will be none.
func (l *Listener) do(ctx context.Context, t task) {
	final, err := l.bring(ctx, t)
	switch {
	case ctx.Err() != nil: // the next start goes on with it
		return
	case err != nil && !final && (charge.KindOf(err) != charge.KindNotFound || time.Since(t.since) <= believedGone):
		l.again(t, err)
		return
	case err != nil:
		l.service.Observer.Ended(t.id, "", false, charge.AsError(err).About("report "+t.id, t.id))
	}
	l.journal.note(record{wordDone, time.Now(), t.id})
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
	time.AfterFunc(wait, func() { l.put(t) })
}

// backoff is how long to wait after so many tries and one more that failed.
func backoff(tries int, err error) time.Duration {
	wait := min(firstBackoff<<min(tries, 10), longestBackoff)
	return max(time.Duration(float64(wait)*(0.8+0.2*rand.Float64())), charge.AsError(err).RetryAfter)
}

// bring asks for a report and writes its file, if it is wanted. It is final where no later try can change the error: the
// name is taken, or the file has another length.
func (l *Listener) bring(ctx context.Context, t task) (final bool, err error) {
	if err := l.pause.Wait(ctx); err != nil {
		return false, err
	}
	r, err := l.service.Poll.Report(ctx, t.id)
	if err != nil {
		l.failures.Add(1)
		return false, err
	}
	l.failures.Store(0)
	switch {
	case !r.Status.Terminal():
		return false, charge.Errorf(charge.KindTemporary, "the API says that the report is still %s", charge.Clip(string(r.Status), 40))
	case r.Verdict() != nil:
		return true, r.Verdict()
	case !l.options.wants(r):
		return true, nil
	}
	name, err := l.options.Name(ctx, r)
	if err != nil {
		return charge.KindOf(err) == charge.KindUsage, err
	}
	skipped, err := l.source.File(ctx, l.folder, name, r, download.Options{IfExists: l.options.IfExists, LockUntil: time.Now().Add(lockPatience)})
	if err != nil {
		e := charge.AsError(err).About("", r.ID)
		if e.HTTPStatus == http.StatusNotFound || e.HTTPStatus == http.StatusGone {
			e.Kind = charge.KindNotFound // behind a fresh link too
		}
		return e.Kind == charge.KindUsage || e.Kind == charge.KindFailed || e.Kind == charge.KindOutput && e.Err == nil, e // not the disk's doing
	}
	l.written.Add(1)
	l.options.Written(l.folder.Path(name), r)
	l.service.Observer.Ended(r.ID, l.folder.Path(name), skipped, nil)
	return true, nil
}
