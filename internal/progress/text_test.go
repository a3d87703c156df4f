package progress

import (
	"testing"
	"time"
)

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 400 * time.Millisecond: "0s", 12 * time.Second: "12s", time.Minute: "1m",
		90 * time.Second: "1m30s", 10 * time.Minute: "10m", time.Hour: "1h", 2*time.Hour + 5*time.Minute + 3*time.Second: "2h5m",
		10*time.Hour + 10*time.Minute: "10h10m", 20 * time.Second: "20s", 26 * time.Hour: "26h",
	} {
		if got := span(d); got != want {
			t.Errorf("%v: got %s, want %s", d, got, want)
		}
	}
}
