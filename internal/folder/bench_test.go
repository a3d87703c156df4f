package folder

import (
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/filename"
	"github.com/chargectl/chargectl/internal/period"
)

// BenchmarkPlan plans 10,000 days of one fleet, all of them on disk.
func BenchmarkPlan(b *testing.B) {
	const items = 10_000
	begin := time.Date(1990, 1, 1, 0, 0, 0, 0, time.UTC)
	days := period.Period{Start: begin, End: begin.AddDate(0, 0, items)}.Split(period.Day)
	name, err := filename.Parse("{type}_{fleet}_{period}.{ext}")
	if err != nil {
		b.Fatal(err)
	}
	o := PlanOptions{
		Request: charge.Request{Type: "charging_summary"}, Name: name,
		Scopes:  []Scope{{Fleet: charge.Fleet{ID: "flt_1"}, Zone: time.UTC}},
		Periods: func(*time.Location) ([]period.Period, error) { return days, nil },
		Now:     func(*time.Location) (time.Time, error) { return begin.AddDate(0, 0, 2*items), nil },
	}
	b.ReportAllocs()
	for b.Loop() {
		plan, err := Plan(o, func(i Item) Found { return Found{Name: i.Name} })
		if err != nil || len(plan) != items || Asked(plan) != 0 {
			b.Fatal(err, len(plan))
		}
	}
}
