package sandbox

import "time"

// The faults in this file decide the fate of reports when they are created.

func slow(s *Sandbox, factor int) {
	honest := s.generate
	s.generate = func(n int, key string) time.Duration { return honest(n, key) * time.Duration(factor) }
}

func stuck(s *Sandbox, first int) {
	honest := s.generate
	s.generate = func(n int, key string) time.Duration {
		if n <= first {
			return forever
		}
		return honest(n, key)
	}
}

func fails(s *Sandbox, first int) {
	honest := s.finish
	s.finish = func(n int) string {
		if n <= first {
			return failed
		}
		return honest(n)
	}
}
