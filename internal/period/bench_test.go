package period

import (
	"testing"
	"time"
)

// BenchmarkParse resolves a period of each form in a zone whose clocks change.
func BenchmarkParse(b *testing.B) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		b.Fatal(err)
	}
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, zone)
	for _, text := range []string{"last-month", "2026", "2026-04", "2026-Q2", "2026-W14", "2026-04-15", "2026-01..2026-03", "2026-01-31/P1M"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(text, now, zone); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
