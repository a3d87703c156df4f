package poll

import (
	"strings"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

func TestParseTimeout(t *testing.T) {
	for text, want := range map[string]Timeout{
		"90s": Timeout(90 * time.Second), "1h30m": Timeout(90 * time.Minute), "2d": Timeout(48 * time.Hour), "0": Once, "0s": Once, "none": Never,
	} {
		if got, err := ParseTimeout(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "-1s", "10", "1 h", "None", "never", "1y", strings.Repeat("9", 100) + "h"} {
		if _, err := ParseTimeout(text); charge.KindOf(err) != charge.KindUsage || !strings.Contains(err.Error(), "1h30m") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func FuzzParseTimeout(f *testing.F) {
	for _, text := range []string{"90s", "0", "none", "-1s", "1h30m", "9223372036854775807ns", "", "1e9h", "µs"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		timeout, err := ParseTimeout(text)
		if err != nil {
			if charge.KindOf(err) != charge.KindUsage {
				t.Errorf("%q: %v", text, err)
			}
			return
		}
		if text == "none" && timeout == Never {
			return
		}
		if again, err := ParseTimeout(time.Duration(timeout).String()); err != nil || again != timeout || timeout < 0 {
			t.Errorf("%q reads as %d, which reads as %d, %v", text, timeout, again, err)
		}
	})
}

func TestBound(t *testing.T) {
	for timeout, want := range map[Timeout]bool{Once: false, Never: false, Timeout(time.Hour): true} {
		ctx, cancel := timeout.Bound(t.Context())
		if _, bounded := ctx.Deadline(); bounded != want {
			t.Errorf("%d has a deadline: %t", timeout, bounded)
		}
		cancel()
		if ctx.Err() == nil {
			t.Errorf("%d cannot be ended", timeout)
		}
	}
}
