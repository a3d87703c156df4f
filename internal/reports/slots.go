package reports

import (
	"context"
	"net/http"
	"sync"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/download"
)

const (
	firstSlots = 4
	mostSlots  = 32

	// What a transfer takes that waits for answers more than for bytes: over a second the link is full. Under 20 ms, or
	// where an answer came within 5 ms, there is nothing to wait for: what takes longer there is this machine.
	quickest = 20 * time.Millisecond
	quick    = time.Second
	near     = 5 * time.Millisecond
)

// slots are the transfers that may be under way at a time. Where no number is given it follows what the link gives: another
// one for each transfer that was over quickly, because small files are mostly waited for, and none where they take long or
// the file host is near. A file host that answers 429 or 503 halves it, and it grows no more.
type slots struct {
	download.Host
	free chan struct{} // one for each transfer that may begin

	limitMu     sync.Mutex
	limit, most int           // transfers at a time, now and ever
	surplus     int           // transfers whose place goes when they end
	soonest     time.Duration // from a request to its answer, the shortest of all
	narrowed    time.Time
}

// newSlots makes so many; 0 is as many as the link gives.
func newSlots(host download.Host, jobs int) *slots {
	s := &slots{Host: host, limit: jobs, most: jobs, soonest: quick}
	if jobs < 1 {
		s.limit, s.most = firstSlots, mostSlots
	}
	s.free = make(chan struct{}, s.most)
	for range s.limit {
		s.free <- struct{}{}
	}
	return s
}

// run makes a transfer when there is a place for it; its error is why ctx ended, or the transfer's.
func (s *slots) run(ctx context.Context, transfer func() error) error {
	select {
	case <-s.free:
	case <-ctx.Done():
		return charge.Ended(ctx)
	}
	began := time.Now()
	defer func() { s.leave(time.Since(began)) }()
	if ctx.Err() != nil {
		return charge.Ended(ctx)
	}
	return transfer()
}

// leave gives the place of a transfer that took so long to the next, or to the next two.
func (s *slots) leave(took time.Duration) {
	s.limitMu.Lock()
	defer s.limitMu.Unlock()
	if s.surplus > 0 {
		s.surplus--
		return
	}
	if quickest <= took && took < quick && s.soonest >= near && s.limit < s.most && len(s.free) == 0 {
		s.limit++
		s.free <- struct{}{}
	}
	s.free <- struct{}{}
}

// OpenFile is the host's, and notes how far away that is and where it has enough of us.
func (s *slots) OpenFile(ctx context.Context, url string, from charge.FileRange) (*charge.File, error) {
	asked := time.Now()
	file, err := s.Host.OpenFile(ctx, url, from)
	if err == nil {
		s.limitMu.Lock()
		s.soonest = min(s.soonest, time.Since(asked))
		s.limitMu.Unlock()
	}
	if e := charge.AsError(err); e != nil && (e.HTTPStatus == http.StatusTooManyRequests || e.HTTPStatus == http.StatusServiceUnavailable) {
		s.refused(asked)
	}
	return file, err
}

// refused takes in that a request was one too many. Those that were under way by then say nothing new.
func (s *slots) refused(asked time.Time) {
	s.limitMu.Lock()
	defer s.limitMu.Unlock()
	if !asked.After(s.narrowed) || s.surplus > 0 {
		return
	}
	half := max(1, s.limit/2)
	s.narrowed, s.most = time.Now(), half
	for s.limit > half {
		s.limit--
		select {
		case <-s.free:
		default:
			s.surplus++
		}
	}
}
