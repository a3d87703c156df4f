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

func TestSize(t *testing.T) {
	for n, want := range map[int64]string{
		0: "0 B", 999: "999 B", 1000: "1.0 kB", 48_213: "48 kB", -1: "0 B", 2_000_000_000: "2.0 GB", 1 << 62: "4.6 EB",
	} {
		if got := size(n); got != want {
			t.Errorf("%d: got %s, want %s", n, got, want)
		}
	}
}
