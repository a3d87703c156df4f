package period

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplit(t *testing.T) {
	cases := []struct {
		name, text, zone string
		unit             Unit
		want             []string
	}{
		{"months of a quarter", "2026-Q1", "Europe/Paris", Month, []string{"2026-01", "2026-02", "2026-03"}},
		{"a start inside a month", "2026-01-15/2026-02-02", "Europe/Paris", Month, []string{"2026-01", "2026-02"}},
		{"an end on a boundary", "2026-01-15/2026-02-01", "Europe/Paris", Month, []string{"2026-01"}},
		{"less than a unit", "2026-04-15", "UTC", Year, []string{"2026"}},
		{"weeks of a month", "2026-02", "UTC", Week, []string{"2026-W05", "2026-W06", "2026-W07", "2026-W08", "2026-W09"}},
		{"weeks over a year's end", "2026-12-28/2027-01-05", "UTC", Week, []string{"2026-W53", "2027-W01"}},
		{"quarters", "2025-12..2026-04", "Asia/Tokyo", Quarter, []string{"2025-Q4", "2026-Q1", "2026-Q2"}},
		{"years", "2024..2026", "UTC", Year, []string{"2024", "2025", "2026"}},
		{"days without a midnight", "2018-11-03..2018-11-05", "America/Sao_Paulo", Day, []string{"2018-11-03", "2018-11-04", "2018-11-05"}},
		{"days with a skipped one", "2011-12-29..2011-12-31", "Pacific/Apia", Day, []string{"2011-12-29", "2011-12-31"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var names []string
			for _, p := range parsed(t, c.text, thursday, c.zone).Split(c.unit) {
				names = append(names, p.Name)
				if diff := cmp.Diff(printed(parsed(t, p.Name, thursday, c.zone)), printed(p)); diff != "" {
					t.Errorf("not what its name means, -want +got:\n%s", diff)
				}
			}
			if diff := cmp.Diff(c.want, names); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestSplitOfNothing(t *testing.T) {
	p := parsed(t, "2026-03", thursday, "UTC")
	p.End = p.Start
	if got := p.Split(Day); got != nil {
		t.Errorf("an empty period has the days %v", got)
	}
}

func TestLastClosed(t *testing.T) {
	cases := []struct {
		unit             Unit
		asOf, zone, want string
	}{
		{Day, "2026-04-16T00:00:00Z", "UTC", "2026-04-15"},
		{Day, "2026-04-15T23:59:59.999Z", "UTC", "2026-04-14"},
		{Week, "2026-04-13T00:00:00Z", "UTC", "2026-W15"},
		{Month, "2026-03-31T23:30:00Z", "UTC", "2026-02"},
		{Month, "2026-03-31T23:30:00Z", "Europe/Paris", "2026-03"},
		{Quarter, "2026-04-01T03:30:00Z", "America/New_York", "2025-Q4"},
		{Year, "2025-12-31T15:00:00Z", "Asia/Tokyo", "2025"},
		{Day, "2011-12-30T11:00:00Z", "Pacific/Apia", "2011-12-29"},
	}
	for _, c := range cases {
		now := instant(t, c.asOf)
		got := LastClosed(c.unit, now, zoneOf(t, c.zone))
		if got.Name != c.want || got.Open(now) {
			t.Errorf("last %s at %s in %s: %s, want %s", c.unit, c.asOf, c.zone, got.Describe(), c.want)
		}
	}
}
