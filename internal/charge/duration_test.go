package charge

import (
	"strings"
	"testing"
	"time"
)

func TestParseDuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"0": 0, "30s": 30 * time.Second, "1h30m": 90 * time.Minute, "2d": 48 * time.Hour, "1.5d": 36 * time.Hour, "1w": 7 * 24 * time.Hour,
		"1d12h": 36 * time.Hour, "-1d": -24 * time.Hour, "1w2d3h": (9*24 + 3) * time.Hour,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%s: %s, %v, want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"", "5", "d", "1 d", "2days", "1y", "1D", "99999999d", strings.Repeat("9", 400) + "d", "1dd"} {
		got, err := ParseDuration(text)
		if KindOf(err) != KindUsage || !strings.HasSuffix(err.Error(), "is not a duration: write one such as 30s, 90m, 1h30m or 2d") {
			t.Errorf("%.20q: %s, %v", text, got, err)
		}
	}
}
