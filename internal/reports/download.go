package reports

import (
	"context"
	"errors"
	"sync"

	"github.com/chargectl/chargectl/internal/charge"
)

// DownloadOptions say how to wait for reports and where their files go.
type DownloadOptions struct {
	WaitOptions
	Target Target
	Jobs   int // transfers at a time
}

// Landed is how one report's file arrived. Err is nil when it is at Path.
type Landed struct {
	ID      string
	Report  charge.Report // as last seen; without an id when it never was
	Path    string        // empty for a stream
	Skipped bool          // it was there already
	Err     error
}

// Download waits for all reports under one deadline and writes the file of each as it succeeds. The deadline is for
// waiting: a transfer that has begun is not cut by it. Each is called as an item ends, never twice at once; the errors
// are returned in the order of ids. The last error is about the target and comes before any request.
func (s *Service) Download(ctx context.Context, ids []string, o DownloadOptions, each func(Landed)) ([]error, error) {
	p, err := o.Target.open()
	if err != nil {
		return nil, err
	}
	defer p.close()
	until, cancel := s.begin(ctx, len(ids), o.Timeout)
	defer cancel()
	errs := make([]error, len(ids))
	transfers := make(chan struct{}, max(1, o.Jobs))
	var all sync.WaitGroup
	var one sync.Mutex // at a time calls each
	done := func(i int, l Landed) {
		one.Lock()
		defer one.Unlock()
		errs[i] = l.Err
		s.Observer.Ended(l.ID, l.Path, l.Skipped, l.Err)
		each(l)
	}
	for i, end := range s.poller(o.WaitOptions, nil).WaitAll(until, ids) {
		if end.Err == nil {
			end.Err = take(ctx, transfers)
		}
		if end.Err != nil {
			done(i, Landed{ID: end.ID, Report: end.Report, Err: end.Err})
			continue
		}
		s.start(&all, func() {
			defer func() { <-transfers }()
			done(i, s.deliver(ctx, until, p, end.Report))
		})
	}
	all.Wait()
	return errs, nil
}

// deliver lands the file of a report that has succeeded.
func (s *Service) deliver(ctx, until context.Context, p *place, r charge.Report) Landed {
	l := Landed{ID: r.ID, Report: r}
	if p.stream != nil {
		t := &transfer{service: s, report: r, sink: p.stream, path: p.stream.name}
		l.Err = whole(t.run(ctx))
		return l
	}
	name, err := p.nameOf(ctx, s.Fleets, r)
	if err != nil {
		l.Err = err
		return l
	}
	l.Skipped, l.Err = s.land(ctx, until, p.landing(name), r)
	if l.Err == nil {
		l.Path = p.folder.Path(name)
	}
	return l
}

// whole says of a stream what cannot be mended by running again into the same stream: bytes are out already.
func whole(err error) error {
	if charge.KindOf(err) != charge.KindTemporary {
		return err
	}
	e, _ := errors.AsType[*charge.Error](err)
	own := *e
	own.Hint = "what was written is not the whole file: start again with a new stream, or use -o FILE, which resumes"
	return &own
}
