package folder

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/period"
)

// clock is a now that does not depend on the zone.
func clock(text string) func(*time.Location) (time.Time, error) {
	return func(*time.Location) (time.Time, error) { return time.Parse(time.RFC3339, text) }
}

func clockAt(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// months are the periods from the first to the last month, read in each zone.
func months(first, last string) func(*time.Location) ([]period.Period, error) {
	return func(zone *time.Location) ([]period.Period, error) {
		p, err := period.Parse(first+".."+last, time.Time{}, zone)
		return p.Split(period.Month), err
	}
}

func scopeOf(t *testing.T, fleet, zone string) Scope {
	t.Helper()
	location, err := period.LoadZone(zone)
	if err != nil {
		t.Fatal(err)
	}
	return Scope{Fleet: charge.Fleet{ID: fleet}, Zone: location}
}

// planFor is a plan of the whole account, on 2 May 2026, which a test changes.
func planFor(t *testing.T, change ...func(*PlanOptions)) PlanOptions {
	t.Helper()
	o := PlanOptions{
		Request: charge.Request{Type: "summary"}, Scopes: []Scope{scopeOf(t, "", "UTC")},
		Periods: months("2026-03", "2026-04"), Name: template(t, "{type}_{fleet}_{period}.{ext}"), Now: clock("2026-05-02T00:00:00Z"),
	}
	for _, f := range change {
		f(&o)
	}
	return o
}

func onDisk(names ...string) func(Item) Found {
	return func(item Item) Found {
		for _, name := range names {
			if name == item.Name {
				return Found{Name: name}
			}
		}
		return Found{}
	}
}

// came has everything on disk, and of these months the files lately.
func came(months ...string) func(Item) Found {
	return func(i Item) Found {
		return Found{Name: i.Name, New: slices.Contains(months, i.Period.Label())}
	}
}

func lines(items []Item) (out []string) {
	for _, i := range items {
		out = append(out, fmt.Sprintf("%s %s: %s", i.Name, i.Action, i.Reason))
	}
	return out
}

func TestPlan(t *testing.T) {
	refresh := func(o *PlanOptions) { o.Refresh = true }
	for name, c := range map[string]struct {
		change func(*PlanOptions)
		onDisk func(Item) Found
		want   []string
	}{
		"everything is missing": {onDisk: onDisk(), want: []string{
			"summary_2026-03.csv create: missing", "summary_2026-04.csv create: missing",
		}},
		"one is there": {onDisk: onDisk("summary_2026-03.csv"), want: []string{
			"summary_2026-03.csv skip: on disk", "summary_2026-04.csv create: missing",
		}},
		"refresh asks for both": {change: refresh, onDisk: onDisk("summary_2026-03.csv"), want: []string{
			"summary_2026-03.csv refresh: asked for anew", "summary_2026-04.csv refresh: asked for anew",
		}},
		"it ends now": {change: func(o *PlanOptions) { o.Now = clock("2026-05-01T00:00:00Z") }, onDisk: onDisk(), want: []string{
			"summary_2026-03.csv create: missing", "summary_2026-04.csv create: missing",
		}},
		"it ends in a moment": {change: func(o *PlanOptions) { o.Now = clock("2026-04-30T23:59:59Z") }, onDisk: onDisk(), want: []string{
			"summary_2026-03.csv create: missing", "summary_2026-04.csv open: the period ends at 2026-05-01T00:00:00.000Z",
		}},
		"it has not settled": {change: func(o *PlanOptions) { o.Settle = 72 * time.Hour }, onDisk: onDisk(), want: []string{
			"summary_2026-03.csv create: missing", "summary_2026-04.csv open: the period settles at 2026-05-04T00:00:00.000Z",
		}},
		"it has just settled": {change: func(o *PlanOptions) { o.Settle = 24 * time.Hour }, onDisk: onDisk("summary_2026-03.csv"), want: []string{
			"summary_2026-03.csv skip: on disk", "summary_2026-04.csv create: missing",
		}},
		"what is there is taken before it settles": {
			change: func(o *PlanOptions) { o.Settle = 72 * time.Hour }, onDisk: onDisk("summary_2026-03.csv", "summary_2026-04.csv"),
			want: []string{"summary_2026-03.csv skip: on disk", "summary_2026-04.csv skip: on disk"},
		},
		"refresh leaves an open period alone": {
			change: func(o *PlanOptions) { refresh(o); o.Settle = 72 * time.Hour }, onDisk: onDisk("summary_2026-04.csv"),
			want: []string{"summary_2026-03.csv refresh: asked for anew", "summary_2026-04.csv open: the period settles at 2026-05-04T00:00:00.000Z"},
		},
		"another format is there": {
			onDisk: func(i Item) Found { return Found{Name: strings.Replace(i.Name, ".csv", ".pdf", 1)} },
			want:   []string{"summary_2026-03.pdf skip: on disk", "summary_2026-04.pdf skip: on disk"},
		},
		"something else is there": {
			change: refresh, onDisk: func(i Item) Found { return Found{Name: i.Name, Refused: "a folder has its name"} },
			want: []string{"summary_2026-03.csv refuse: a folder has its name", "summary_2026-04.csv refuse: a folder has its name"},
		},
		"recheck asks again for the last that are there": {
			change: func(o *PlanOptions) { o.Recheck, o.Periods = 2, months("2026-01", "2026-05") },
			onDisk: onDisk("summary_2026-01.csv", "summary_2026-02.csv", "summary_2026-03.csv", "summary_2026-05.csv"), want: []string{
				"summary_2026-01.csv skip: on disk", "summary_2026-02.csv recheck: on disk, asked for again",
				"summary_2026-03.csv recheck: on disk, asked for again", "summary_2026-04.csv create: missing",
				"summary_2026-05.csv skip: on disk",
			},
		},
		"recheck passes over what came lately": {
			change: func(o *PlanOptions) { o.Recheck, o.Periods = 2, months("2026-01", "2026-04") }, onDisk: came("2026-04"), want: []string{
				"summary_2026-01.csv skip: on disk", "summary_2026-02.csv recheck: on disk, asked for again",
				"summary_2026-03.csv recheck: on disk, asked for again", "summary_2026-04.csv skip: on disk",
			},
		},
		"recheck asks for what came lately where too little is older": {
			change: func(o *PlanOptions) { o.Recheck, o.Periods = 2, months("2026-01", "2026-03") }, onDisk: came("2026-02", "2026-03"), want: []string{
				"summary_2026-01.csv recheck: on disk, asked for again", "summary_2026-02.csv skip: on disk",
				"summary_2026-03.csv recheck: on disk, asked for again",
			},
		},
		"recheck counts for each fleet": {
			change: func(o *PlanOptions) {
				o.Recheck, o.Scopes = 1, []Scope{scopeOf(t, "flt_a", "UTC"), scopeOf(t, "flt_b", "UTC")}
			}, onDisk: onDisk("summary_flt_a_2026-03.csv", "summary_flt_b_2026-03.csv", "summary_flt_b_2026-04.csv"), want: []string{
				"summary_flt_a_2026-03.csv recheck: on disk, asked for again", "summary_flt_b_2026-03.csv skip: on disk",
				"summary_flt_a_2026-04.csv create: missing", "summary_flt_b_2026-04.csv recheck: on disk, asked for again",
			},
		},
		"recheck leaves what has not settled alone": {
			change: func(o *PlanOptions) { o.Recheck, o.Settle = 1, 72*time.Hour },
			onDisk: onDisk("summary_2026-03.csv", "summary_2026-04.csv"), want: []string{
				"summary_2026-03.csv recheck: on disk, asked for again", "summary_2026-04.csv skip: on disk",
			},
		},
		"recheck puts right what its receipt refuses, and nothing else": {
			change: func(o *PlanOptions) { o.Recheck = 2 }, onDisk: func(i Item) Found {
				if strings.Contains(i.Name, "04") {
					return Found{Refused: "a folder has its name"}
				}
				return Found{Name: i.Name, Refused: "its receipt cannot be read"}
			}, want: []string{
				"summary_2026-03.csv recheck: its receipt cannot be read: asked for again", "summary_2026-04.csv refuse: a folder has its name",
			},
		},
		"oldest first, fleets as given": {
			change: func(o *PlanOptions) { o.Scopes = []Scope{scopeOf(t, "flt_b", "UTC"), scopeOf(t, "flt_a", "UTC")} }, onDisk: onDisk(),
			want: []string{
				"summary_flt_b_2026-03.csv create: missing", "summary_flt_a_2026-03.csv create: missing",
				"summary_flt_b_2026-04.csv create: missing", "summary_flt_a_2026-04.csv create: missing",
			},
		},
		"each fleet in its own zone": {
			change: func(o *PlanOptions) {
				o.Scopes = []Scope{scopeOf(t, "flt_paris", "Europe/Paris"), scopeOf(t, "flt_york", "America/New_York")}
				o.Periods, o.Now = months("2026-04", "2026-04"), clock("2026-04-30T22:00:00Z")
			}, onDisk: onDisk(),
			want: []string{
				"summary_flt_paris_2026-04.csv create: missing",
				"summary_flt_york_2026-04.csv open: the period ends at 2026-05-01T04:00:00.000Z",
			},
		},
		"a date is now in each zone": {
			change: func(o *PlanOptions) {
				o.Scopes, o.Periods = []Scope{scopeOf(t, "flt_york", "America/New_York")}, months("2026-04", "2026-04")
				o.Now = func(zone *time.Location) (time.Time, error) { return period.ParseAsOf("2026-05-01", zone) }
			}, onDisk: onDisk(),
			want: []string{"summary_flt_york_2026-04.csv create: missing"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			if c.change == nil {
				c.change = func(*PlanOptions) {}
			}
			items, err := Plan(planFor(t, c.change), c.onDisk)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, lines(items)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlanKnowsWhatIsOnDisk(t *testing.T) {
	o := planFor(t, func(o *PlanOptions) { o.Refresh = true })
	items, err := Plan(o, onDisk("summary_2026-03.csv"))
	if err != nil || !items[0].OnDisk || items[1].OnDisk {
		t.Errorf("%+v, %v", items, err)
	}
}

func TestPlanRefused(t *testing.T) {
	two := func(o *PlanOptions) { o.Scopes = []Scope{scopeOf(t, "flt_a", "UTC"), scopeOf(t, "flt_b", "UTC")} }
	for name, c := range map[string]struct {
		change func(*PlanOptions)
		want   string
	}{
		"two fleets with one name":   {func(o *PlanOptions) { two(o); o.Name = template(t, "{period}") }, "2026-03 of fleet flt_a and 2026-03 of fleet flt_b would both be written to 2026-03.csv"},
		"two months with one name":   {func(o *PlanOptions) { o.Name = template(t, "{type}") }, "2026-03 of the whole account and 2026-04 of the whole account would both"},
		"names of two cases":         {func(o *PlanOptions) { two(o); o.Scopes[0].Fleet.ID, o.Scopes[1].Fleet.ID = "flt_x", "flt_X" }, "would both be written to"},
		"a name from the id":         {func(o *PlanOptions) { o.Name = template(t, "{id}") }, "cannot use {id}"},
		"a name from the creation":   {func(o *PlanOptions) { o.Name = template(t, "{created}") }, "cannot use {created}"},
		"a name of an older version": {func(o *PlanOptions) { o.Name = template(t, "{type}_{period}~2026-05-02") }, "is one of an older version"},
		"a name that is our own":     {func(o *PlanOptions) { o.Name = template(t, "{period}.part") }, "keeps for itself"},
		"a period that cannot be":    {func(o *PlanOptions) { o.Periods = months("2026-13", "2026-14") }, "2026-13"},
		"a now that is not in zone": {func(o *PlanOptions) {
			o.Now = func(*time.Location) (time.Time, error) { return time.Time{}, charge.Usagef("no such day") }
		}, "no such day"},
	} {
		t.Run(name, func(t *testing.T) {
			items, err := Plan(planFor(t, c.change), onDisk())
			if e := wantKind(t, err, charge.KindUsage); !strings.Contains(e.Error(), c.want) || items != nil {
				t.Errorf("%v, want %q", e, c.want)
			}
		})
	}
}

func TestDefaultSyncName(t *testing.T) {
	const plain = "{type}_{fleet}_{period}.{ext}"
	seen := map[string]bool{plain: true}
	for _, r := range []charge.Request{
		{Type: "summary", GroupBy: "vehicle"},
		{Type: "summary", Vehicles: []string{"veh_1"}},
		{Type: "summary", Extra: map[string]any{"currency": "EUR"}},
		{Type: "cost", GroupBy: "vehicle"},
	} {
		name, err := DefaultSyncName(r)
		if err != nil || seen[name] || len(name) != len(plain)+9 {
			t.Errorf("%+v: %s, %v", r, name, err)
		}
		seen[name] = true
	}
	for _, r := range []charge.Request{{Type: "summary"}, {Type: "summary", Fleet: "flt_a", Start: time.Now(), End: time.Now()}} {
		if name, err := DefaultSyncName(r); name != plain || err != nil {
			t.Errorf("%+v: %s, %v", r, name, err)
		}
	}
	same := []charge.Request{{Type: "s", Vehicles: []string{"veh_2", "veh_1"}}, {Type: "s", Fleet: "flt_a", Vehicles: []string{"veh_1", "veh_2", "veh_1"}}}
	first, _ := DefaultSyncName(same[0])
	if second, _ := DefaultSyncName(same[1]); first != second {
		t.Errorf("%s and %s", first, second)
	}
}
