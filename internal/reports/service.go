package reports

import (
	"math/rand/v2"
	"sync"
)

// Service runs the use cases over the ports it is given. All fields but Jitter and Guard are needed; cli fills them in.
type Service struct {
	Create Creator
	// Look retries within a request, for a single look whose answer is wanted now.
	Look Looks
	// Watch asks once per request: the waiting loop paces its own repeats.
	Watch    Looks
	Files    FileHost
	Fleets   FleetLooker
	Observer Observer

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

func (s *Service) jitter() func() float64 {
	if s.Jitter != nil {
		return s.Jitter
	}
	return func() float64 { return 0.8 + 0.2*rand.Float64() }
}
