package reports

import (
	"math/rand/v2"
	"sync"

	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/poll"
)

// Service runs the use cases over the ports it is given. All fields but Jitter and Guard are needed; cli fills them in.
type Service struct {
	Create Creator
	// Throttled is Create for sync: it leaves a 429 to the throttle, which holds back everything.
	Throttled Creator
	// Reports retries within a request, for one whose answer is wanted now.
	Reports poll.API
	// Poll makes one attempt per request: the poller paces its own repeats.
	Poll     poll.API
	Files    download.Host
	Fleets   FleetGetter
	Observer Observer
	// Disk is the operating system beneath folders; the zero value is the real one.
	Disk download.Disk

	// Jitter returns the factor that a delay is multiplied by, in [0.8, 1]; nil is random.
	Jitter func() float64
	// Guard is deferred in every goroutine that is started, so that a panic ends the run and not the process; nil
	// leaves panics alone.
	Guard func()
}

// start runs f in a goroutine of the group.
func (s *Service) start(group *sync.WaitGroup, f func()) {
	group.Go(func() {
		if s.Guard != nil {
			defer s.Guard()
		}
		f()
	})
}

// poller makes a poller for the waits of one command.
func (s *Service) poller(o WaitOptions, pause *poll.Pause) *poll.Poller {
	options := poll.Options{Interval: o.Interval, Pause: pause, Jitter: s.Jitter, Go: s.goGuarded}
	if o.Timeout == poll.Once {
		options.Once = true
		return poll.New(s.Reports, s.Observer, options)
	}
	return poll.New(s.Poll, s.Observer, options)
}

func (s *Service) goGuarded(f func()) {
	go func() {
		if s.Guard != nil {
			defer s.Guard()
		}
		f()
	}()
}

// source is where files come from.
func (s *Service) source() download.Source {
	return download.Source{Host: s.Files, Refresh: s.Reports.Report, Observer: s.Observer, Jitter: s.jitter()}
}

func (s *Service) jitter() func() float64 {
	if s.Jitter != nil {
		return s.Jitter
	}
	return func() float64 { return 0.8 + 0.2*rand.Float64() }
}
