package reports

import "math/rand/v2"

// Service runs the use cases over the ports it is given. All fields but Jitter are needed; cli fills them in.
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
}

func (s *Service) jitter() func() float64 {
	if s.Jitter != nil {
		return s.Jitter
	}
	return func() float64 { return 0.8 + 0.2*rand.Float64() }
}
