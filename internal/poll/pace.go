package reports

import "time"

// The bounds of the pace of waiting (docs/architecture.md, Waiting).
const (
	minPace      = time.Second
	maxPace      = time.Minute
	maxSweepPace = 2 * time.Minute
	maxFailPace  = 10 * time.Second
)

// NextLook decides when to poll next: a report is looked at again after a tenth of its age, at least 1 s and at
// most 60 s, times jitter in [0.8, 1]. The delay after a report is ready so stays a tenth of the time it took,
// while looks grow with that time's logarithm.
func NextLook(age time.Duration, jitter float64) time.Duration {
	return scale(min(max(age/10, minPace), maxPace), jitter)
}

// nextSweep is NextLook for a sweep of several listing pages, which costs more and serves more: a fifth of the age
// of the oldest open report, at most 120 s.
func nextSweep(oldest time.Duration, jitter float64) time.Duration {
	return scale(min(max(oldest/5, minPace), maxSweepPace), jitter)
}

// nextTry is when a failed look is repeated: after the pace, but between 1 s and 10 s, and not before the server
// allowed it.
func nextTry(pace, retryAfter time.Duration) time.Duration {
	return max(min(max(pace, minPace), maxFailPace), retryAfter)
}

func scale(d time.Duration, factor float64) time.Duration {
	return time.Duration(float64(d) * factor)
}
