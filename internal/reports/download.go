package reports

import (
	"context"
	"strings"
	"sync"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/poll"
)

// DownloadOptions are how to wait for reports and where their files go.
type DownloadOptions struct {
	WaitOptions
	Target Target
	Jobs   int // transfers at a time; 0 is as many as the link gives
}

// Saved is how one report's file was saved. Err is nil when it is at Path.
type Saved struct {
	poll.End
	Path    string // empty for a stream
	Skipped bool   // it was there already
}

// Download waits for all reports under one deadline and writes the file of each as it succeeds. The deadline is for
// waiting: a transfer that has begun is not cut by it. Each is called as an item ends, never twice at once; the errors
// are returned in the order of ids. The last error is about the target and comes before any request.
func (s *Service) Download(ctx context.Context, ids []string, o DownloadOptions, each func(Saved)) ([]error, error) {
	p, err := s.open(ctx, o)
	if err != nil {
		return nil, err
	}
	defer p.close()
	until, poller, cancel := s.begin(ctx, len(ids), o.WaitOptions)
	defer cancel()
	errs := make([]error, len(ids))
	var one sync.Mutex // held while each is called
	deliver := func(i int, end poll.End) {
		l := p.deliver(ctx, until, end)
		one.Lock()
		defer one.Unlock()
		errs[i] = l.Err
		each(l)
	}
	type ready struct {
		index int
		end   poll.End
	}
	queue := make(chan ready, len(ids)) // so that no end waits for a transfer
	var transfers sync.WaitGroup
	for range min(p.slots.most, len(ids)) {
		s.start(&transfers, func() {
			for next := range queue {
				deliver(next.index, next.end)
			}
		})
	}
	for i, end := range poller.WaitAll(until, ids) {
		if end.Err == nil {
			queue <- ready{i, end}
		} else {
			deliver(i, end)
		}
	}
	close(queue)
	transfers.Wait()
	return errs, nil
}

// deliver saves the file of a report if it has succeeded, under a name that no other report of this run has.
func (p *place) deliver(ctx, until context.Context, end poll.End) Saved {
	l, r := Saved{End: end}, end.Report
	defer func() { p.Observer.Ended(l.ID, l.Path, l.Skipped, l.Err) }()
	switch {
	case l.Err != nil:
		return l
	case ctx.Err() != nil:
		l.Err = charge.Ended(ctx).About("download "+r.ID, r.ID)
		return l
	case p.stream != nil:
		l.Err = p.source(p.slots).Stream(ctx, p.stream, r)
		return l
	}
	name := p.file
	if name == "" {
		if name, l.Err = p.Target.NameOf(ctx, &p.fleets, r); l.Err != nil {
			return l
		}
	}
	if other, taken := p.taken.LoadOrStore(strings.ToLower(name), r.ID); taken {
		l.Err = charge.Usagef("%s and %s would both be written to %s: name files by {id}", other, r.ID, p.folder.Path(name))
		return l
	}
	o := download.Options{IfExists: p.Target.IfExists, LockUntil: p.lockUntil(until)}
	l.Err = p.slots.run(ctx, func() (err error) {
		l.Skipped, err = p.source(p.slots).File(ctx, p.folder, name, r, o)
		return err
	})
	if e := charge.AsError(l.Err); e != nil && e.Op == "" {
		l.Err = e.About("download "+r.ID, r.ID)
	}
	if l.Err == nil {
		l.Path = p.folder.Path(name)
	}
	return l
}
