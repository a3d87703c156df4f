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
// waiting: a transfer that has begun is not cut by it. Each is called as an item ends, never twice at once. The error
// is about the target and comes before any request.
func (s *Service) Download(ctx context.Context, ids []string, o DownloadOptions, each func(Landed)) ([]Landed, error) {
	p, err := o.Target.open()
	if err != nil {
		return nil, err
	}
	defer p.close()
	until, cancel := s.begin(ctx, len(ids), o.Timeout)
	defer cancel()
	follow := func(w *watcher) []<-chan End { return w.addAll(ids) }
	return s.downloads(ctx, until, p, o, follow, each), nil
}

// downloads runs one goroutine per report: it waits for its end, then for a free transfer, then lands the file.
func (s *Service) downloads(ctx, until context.Context, p *place, o DownloadOptions, follow func(*watcher) []<-chan End, each func(Landed)) []Landed {
	w := s.watcher(o.WaitOptions)
	waits := follow(w)
	done := make([]Landed, len(waits))
	transfers := make(chan struct{}, max(1, o.Jobs))
	var all sync.WaitGroup
	var report sync.Mutex
	for i, wait := range waits {
		s.start(&all, func() {
			end := <-wait
			done[i] = Landed{ID: end.ID, Report: end.Report, Err: end.Err}
			if end.Err == nil {
				transfers <- struct{}{}
				s.deliver(ctx, until, p, &done[i])
				<-transfers
			}
			report.Lock()
			defer report.Unlock()
			s.Observer.Ended(end.ID, done[i].Path, done[i].Skipped, done[i].Err)
			each(done[i])
		})
	}
	w.run(until, false)
	all.Wait()
	return done
}

// deliver lands the file of a report that has succeeded.
func (s *Service) deliver(ctx, until context.Context, p *place, l *Landed) {
	if p.stream != nil {
		t := &transfer{service: s, report: l.Report, sink: p.stream, path: p.stream.name}
		l.Err = whole(t.run(ctx))
		return
	}
	name, err := p.nameOf(ctx, s.Fleets, l.Report)
	if err != nil {
		l.Err = err
		return
	}
	l.Skipped, l.Err = s.land(ctx, until, p.landing(name), l.Report)
	if l.Err == nil {
		l.Path = p.folder.Path(name)
	}
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
