package poll

import (
	"testing"
	"time"
)

func TestOwnPace(t *testing.T) {
	for _, c := range []struct {
		age    time.Duration
		jitter float64
		want   time.Duration
	}{
		{0, 1, time.Second},
		{10 * time.Second, 1, time.Second},
		{11 * time.Second, 1, 1100 * time.Millisecond},
		{30 * time.Second, 1, 3 * time.Second},
		{5 * time.Minute, 1, 30 * time.Second},
		{10 * time.Minute, 1, time.Minute},
		{24 * time.Hour, 1, time.Minute},
		{0, 0.8, 800 * time.Millisecond},
		{5 * time.Minute, 0.9, 27 * time.Second},
		{time.Hour, 0.8, 48 * time.Second},
	} {
		if got := scale(ownPace(c.age), c.jitter); got != c.want {
			t.Errorf("at the age of %s × %v: %s, want %s", c.age, c.jitter, got, c.want)
		}
	}
}

// TestCreatedPace has the second poll of a report that takes a second come after it is ready, at every random factor.
func TestCreatedPace(t *testing.T) {
	for _, jitter := range []float64{0.8, 0.9, 1} {
		first := scale(createdPace(0), jitter)
		second := first + scale(createdPace(first), jitter)
		if first > 400*time.Millisecond || second < 950*time.Millisecond || second > 1200*time.Millisecond {
			t.Errorf("× %v: %s and %s", jitter, first, second)
		}
	}
	for _, age := range []time.Duration{900 * time.Millisecond, 10 * time.Second, time.Hour} {
		if createdPace(age) != ownPace(age) {
			t.Errorf("at the age of %s: %s, want %s", age, createdPace(age), ownPace(age))
		}
	}
}

func TestSharedPace(t *testing.T) {
	for _, c := range []struct {
		age, shared, straggler time.Duration
	}{
		{0, time.Second, time.Second},
		{7 * time.Second, time.Second, time.Second},
		{70 * time.Second, 10 * time.Second, 10 * time.Second},
		{7 * time.Minute, time.Minute, time.Minute},
		{14 * time.Minute, time.Minute, 2 * time.Minute},
		{24 * time.Hour, time.Minute, 3 * time.Minute},
	} {
		if shared, straggler := sharedPace(c.age), stragglerPace(c.age); shared != c.shared || straggler != c.straggler {
			t.Errorf("at the age of %s: %s and %s, want %s and %s", c.age, shared, straggler, c.shared, c.straggler)
		}
	}
}

func TestRetryPace(t *testing.T) {
	for _, c := range []struct{ pace, asked, want time.Duration }{
		{800 * time.Millisecond, 0, time.Second},
		{3 * time.Second, 0, 3 * time.Second},
		{time.Minute, 0, 10 * time.Second},
		{time.Minute, 5 * time.Second, 10 * time.Second},
		{time.Second, 90 * time.Second, 90 * time.Second},
	} {
		if got := retryPace(c.pace, c.asked); got != c.want {
			t.Errorf("at a pace of %s, asked for %s: %s, want %s", c.pace, c.asked, got, c.want)
		}
	}
}
