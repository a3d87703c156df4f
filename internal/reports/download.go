package reports

import (
	"context"
	"sync"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/poll"
)

// DownloadOptions are how to wait for reports and where their files go.
type DownloadOptions struct {
	WaitOptions
	Target Target
	Jobs   int // transfers at a time
}

// Saved is how one report's file was saved. Err is nil when it is at Path.
type Saved struct {
	ID      string
	Report  charge.Report // as last seen; without an id when it never was
	Path    string        // empty for a stream
	Skipped bool          // it was there already
	Err     error
}

// Download waits for all reports under one deadline and writes the file of each as it succeeds. The deadline is for
// waiting: a transfer that has begun is not cut by it. Each is called as an item ends, never twice at once; the errors
// are returned in the order of ids. The last error is about the target and comes before any request.
func (s *Service) Download(ctx context.Context, ids []string, o DownloadOptions, each func(Saved)) ([]error, error) {
	opening, opened := waiting(ctx, o.Timeout)
	p, err := o.Target.open(opening, s.Disk, s.Observer.Notice)
	opened()
	if err != nil {
		return nil, err
	}
	defer p.close()
	until, cancel := s.begin(ctx, len(ids), o.Timeout)
	defer cancel()
	errs := make([]error, len(ids))
	var one sync.Mutex // held while each is called
	done := func(i int, l Saved) {
		one.Lock()
		defer one.Unlock()
		errs[i] = l.Err
		s.Observer.Ended(l.ID, l.Path, l.Skipped, l.Err)
		each(l)
	}
	type ready struct {
		index  int
		report charge.Report
	}
	queue := make(chan ready, len(ids)) // so that no end waits for a transfer
	var transfers sync.WaitGroup
	for range min(max(1, o.Jobs), len(ids)) {
		s.start(&transfers, func() {
			for next := range queue {
				done(next.index, s.deliver(ctx, until, p, o, next.report))
			}
		})
	}
	for i, end := range s.poller(o.WaitOptions, nil).WaitAll(until, ids) {
		if end.Err == nil {
			queue <- ready{i, end.Report}
		} else {
			done(i, Saved{ID: end.ID, Report: end.Report, Err: end.Err})
		}
	}
	close(queue)
	transfers.Wait()
	return errs, nil
}

// deliver saves the file of a report that has succeeded.
func (s *Service) deliver(ctx, until context.Context, p *place, o DownloadOptions, r charge.Report) Saved {
	l := Saved{ID: r.ID, Report: r}
	if ctx.Err() != nil {
		l.Err = charge.Ended(ctx).About("download "+r.ID, r.ID)
		return l
	}
	if p.stream != nil {
		l.Err = s.source().Stream(ctx, p.stream, r)
		return l
	}
	name, err := p.nameOf(ctx, s.Fleets, r)
	if err != nil {
		l.Err = err
		return l
	}
	l.Skipped, l.Err = s.source().File(ctx, p.folder, name, r, download.Options{IfExists: p.target.IfExists, LockUntil: lockUntil(until, o.Timeout)})
	if l.Err == nil {
		l.Path = p.folder.Path(name)
	}
	return l
}

// lockUntil is until when to wait for another process's lock: the deadline, or now where nothing is waited for.
func lockUntil(until context.Context, t poll.Timeout) time.Time {
	if t == poll.Once {
		return time.Now()
	}
	deadline, _ := until.Deadline()
	return deadline
}

// waiting limits how long to wait for the reader of a pipe: until the deadline, or for a second where nothing is waited
// for, since the reader may have been started at the same moment.
func waiting(ctx context.Context, t poll.Timeout) (context.Context, context.CancelFunc) {
	if t == poll.Once {
		return context.WithTimeout(ctx, time.Second)
	}
	return t.Bound(ctx)
}
