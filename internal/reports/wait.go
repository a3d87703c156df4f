package reports

import (
	"context"
	"sync"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// WaitOptions say how long to wait and how often to look.
type WaitOptions struct {
	Timeout  Timeout
	Interval time.Duration // between two looks at a report; 0 follows its age
}

// Wait waits for all reports under one deadline. Each is called as its report ends, in that order, never twice at
// once; the ends are returned in the order of ids.
func (s *Service) Wait(ctx context.Context, ids []string, o WaitOptions, each func(End)) []End {
	ctx, cancel := s.begin(ctx, len(ids), o.Timeout)
	defer cancel()
	w := s.watcher(o)
	return s.collect(ctx, w, w.addAll(ids), each)
}

// collect runs the watcher until every wait has ended, and leaves nothing of it behind.
func (s *Service) collect(ctx context.Context, w *watcher, waits []<-chan End, each func(End)) []End {
	ends := make([]End, len(waits))
	arrived := make(chan int, len(waits))
	for i, wait := range waits {
		go func() {
			ends[i] = <-wait
			arrived <- i
		}()
	}
	ctx, cancel := context.WithCancel(ctx)
	var running sync.WaitGroup
	s.start(&running, func() { w.run(ctx, false) })
	defer running.Wait()
	defer cancel()
	for range waits {
		end := ends[<-arrived]
		s.Observer.Ended(end.ID, "", false, end.Err)
		each(end)
	}
	return ends
}

func (s *Service) watcher(o WaitOptions) *watcher {
	looks := s.Watch
	if o.Timeout.Once() {
		looks = s.Look
	}
	return newWatcher(s, looks, o.Interval, o.Timeout.Once())
}

// begin starts the clock of a command: the one deadline that all of its waits share.
func (s *Service) begin(ctx context.Context, items int, t Timeout) (context.Context, context.CancelFunc) {
	ctx, cancel := t.bound(ctx)
	s.announce(ctx, items)
	return ctx, cancel
}

// announce says how many items there are and when ctx ends.
func (s *Service) announce(ctx context.Context, items int) {
	deadline, _ := ctx.Deadline()
	s.Observer.Begin(items, deadline)
}

// CheckIDs returns the ids without repeats, or a usage error for the first that is not a report's.
func CheckIDs(ids []string) ([]string, error) {
	seen := make(map[string]bool, len(ids))
	unique := make([]string, 0, len(ids))
	for _, id := range ids {
		if err := charge.CheckID(charge.ReportPrefix, id); err != nil {
			return nil, err
		}
		if !seen[id] {
			seen[id] = true
			unique = append(unique, id)
		}
	}
	return unique, nil
}
