package period

import (
	"testing"
	"time"
	_ "time/tzdata" // the tests do not depend on the machine's zones

	"github.com/google/go-cmp/cmp"
)

func zoneOf(t testing.TB, name string) *time.Location {
	t.Helper()
	zone, err := LoadZone(name)
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func parsed(t testing.TB, text, asOf, zone string) Period {
	t.Helper()
	p, err := Parse(text, instant(t, asOf), zoneOf(t, zone))
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Thursday, the 16th in each of the zones below.
const thursday = "2026-04-16T11:00:00Z"

// everyForm gives the midnights, or the fixed instants, that each form stands for on thursday.
var everyForm = []struct{ text, start, end string }{
	{"today", "2026-04-16", "2026-04-17"},
	{"yesterday", "2026-04-15", "2026-04-16"},
	{"this-week", "2026-04-13", "2026-04-20"},
	{"last-week", "2026-04-06", "2026-04-13"},
	{"this-month", "2026-04-01", "2026-05-01"},
	{"last-month", "2026-03-01", "2026-04-01"},
	{"this-quarter", "2026-04-01", "2026-07-01"},
	{"last-quarter", "2026-01-01", "2026-04-01"},
	{"this-year", "2026-01-01", "2027-01-01"},
	{"last-year", "2025-01-01", "2026-01-01"},
	{"2026", "2026-01-01", "2027-01-01"},
	{"2024", "2024-01-01", "2025-01-01"},
	{"2026-Q1", "2026-01-01", "2026-04-01"},
	{"2026-Q2", "2026-04-01", "2026-07-01"},
	{"2026-Q4", "2026-10-01", "2027-01-01"},
	{"2026-02", "2026-02-01", "2026-03-01"},
	{"2024-02", "2024-02-01", "2024-03-01"},
	{"2026-04", "2026-04-01", "2026-05-01"},
	{"2026-12", "2026-12-01", "2027-01-01"},
	{"2026-W01", "2025-12-29", "2026-01-05"},
	{"2026-W14", "2026-03-30", "2026-04-06"},
	{"2026-W53", "2026-12-28", "2027-01-04"},
	{"2027-W01", "2027-01-04", "2027-01-11"},
	{"2021-W01", "2021-01-04", "2021-01-11"},
	{"2026-04-15", "2026-04-15", "2026-04-16"},
	{"2024-02-29", "2024-02-29", "2024-03-01"},
	{"2026-12-31", "2026-12-31", "2027-01-01"},
	{"2040-12-31", "2040-12-31", "2041-01-01"},
	{"2026-01..2026-03", "2026-01-01", "2026-04-01"},
	{"2026-04..2026-04", "2026-04-01", "2026-05-01"},
	{"2025-Q4..2026-W02", "2025-10-01", "2026-01-12"},
	{"2026-04..2026", "2026-04-01", "2027-01-01"},
	{"last-year..last-month", "2025-01-01", "2026-04-01"},
	{"2026-01-05..yesterday", "2026-01-05", "2026-04-16"},
	{"2026-04-01/2026-04-16", "2026-04-01", "2026-04-16"},
	{"2026-01-01/today", "2026-01-01", "2026-04-16"},
	{"yesterday/P1D", "2026-04-15", "2026-04-16"},
	{"2026-04-01T00:00/2026-04-16T00:00:00.000", "2026-04-01", "2026-04-16"},
	{"2026-04-01T06:00:00+02:00/2026-05-01T06:00:00+02:00", "2026-04-01T04:00:00Z", "2026-05-01T04:00:00Z"},
	{"2026-04-01T06:00:00.125Z/2026-04-01T06:00:00.126000Z", "2026-04-01T06:00:00.125Z", "2026-04-01T06:00:00.126Z"},
	{"2026-03-01T00:00-05:30/PT36H", "2026-03-01T05:30:00Z", "2026-03-02T17:30:00Z"},
	{"2026-04-15/P1D", "2026-04-15", "2026-04-16"},
	{"2026-04-15/P1W", "2026-04-15", "2026-04-22"},
	{"2026-04-15/P1M", "2026-04-15", "2026-05-15"},
	{"2026-04-15/P3M", "2026-04-15", "2026-07-15"},
	{"2026-04-15/P1Y", "2026-04-15", "2027-04-15"},
	{"2026-04-15/P1Y2M3D", "2026-04-15", "2027-06-18"},
	{"2026-01-31/P1M", "2026-01-31", "2026-02-28"},
	{"2024-01-31/P1M", "2024-01-31", "2024-02-29"},
	{"2025-11-30/P3M", "2025-11-30", "2026-02-28"},
	{"2024-02-29/P1Y", "2024-02-29", "2025-02-28"},
	{"P1M/2026-03-31", "2026-02-28", "2026-03-31"},
	{"P1W/2026-04-01", "2026-03-25", "2026-04-01"},
}

func TestParseEveryFormInEveryZone(t *testing.T) {
	zones := []string{"UTC", "Europe/Paris", "America/New_York", "America/St_Johns", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Marquesas"}
	for _, zone := range zones {
		loc := zoneOf(t, zone)
		at := func(text string) time.Time {
			if day, err := time.ParseInLocation(time.DateOnly, text, loc); err == nil {
				return day
			}
			return instant(t, text).In(loc)
		}
		for _, c := range everyForm {
			t.Run(zone+" "+c.text, func(t *testing.T) {
				want := Period{Name: c.text, Start: at(c.start), End: at(c.end)}
				if diff := cmp.Diff(printed(want), printed(parsed(t, c.text, thursday, zone))); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			})
		}
	}
}

// printed makes instants comparable with their zone.
func printed(p Period) [4]string {
	return [4]string{p.Name, p.Start.Format(time.RFC3339Nano), p.End.Format(time.RFC3339Nano), p.Start.Location().String()}
}

func TestParseWhereClocksChange(t *testing.T) {
	cases := []struct {
		name, zone, text string
		start, end       string
		hours            float64
	}{
		{"spring month", "Europe/Paris", "2026-03", "2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00", 743},
		{"autumn month", "Europe/Paris", "2026-10", "2026-10-01T00:00:00+02:00", "2026-11-01T00:00:00+01:00", 745},
		{"spring day", "Europe/Paris", "2026-03-29", "2026-03-29T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 23},
		{"autumn day", "Europe/Paris", "2026-10-25", "2026-10-25T00:00:00+02:00", "2026-10-26T00:00:00+01:00", 25},
		{"spring week", "Europe/Paris", "2026-W13", "2026-03-23T00:00:00+01:00", "2026-03-30T00:00:00+02:00", 167},
		{"spring month of the west", "America/New_York", "2026-03", "2026-03-01T00:00:00-05:00", "2026-04-01T00:00:00-04:00", 743},
		{"a month without a change", "Asia/Tokyo", "2026-03", "2026-03-01T00:00:00+09:00", "2026-04-01T00:00:00+09:00", 744},
		{"half an hour more", "Australia/Lord_Howe", "2026-04", "2026-04-01T00:00:00+11:00", "2026-05-01T00:00:00+10:30", 720.5},
		{"half an hour less", "Australia/Lord_Howe", "2026-10", "2026-10-01T00:00:00+10:30", "2026-11-01T00:00:00+11:00", 743.5},
		{"a year has both", "Europe/Paris", "2026", "2026-01-01T00:00:00+01:00", "2027-01-01T00:00:00+01:00", 8760},
		{"a leap year", "Europe/Paris", "2024", "2024-01-01T00:00:00+01:00", "2025-01-01T00:00:00+01:00", 8784},
		{"no midnight, Go answers the day before", "America/Sao_Paulo", "2018-11-04", "2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00", 23},
		{"no midnight at the end", "America/Sao_Paulo", "2018-11-03", "2018-11-03T00:00:00-03:00", "2018-11-04T01:00:00-02:00", 24},
		{"no midnight, Go answers the day", "Asia/Beirut", "2026-03-29", "2026-03-29T01:00:00+03:00", "2026-03-30T00:00:00+03:00", 23},
		{"no midnight in Africa", "Africa/Cairo", "2026-04-24", "2026-04-24T01:00:00+03:00", "2026-04-25T00:00:00+03:00", 23},
		{"no midnight in the Caribbean", "America/Havana", "2026-03-08", "2026-03-08T01:00:00-04:00", "2026-03-09T00:00:00-04:00", 23},
		{"no midnight, then a day's length", "America/Havana", "2026-03-08/P1D", "2026-03-08T01:00:00-04:00", "2026-03-09T00:00:00-04:00", 23},
		{"two midnights", "America/Havana", "2026-11-01", "2026-11-01T00:00:00-04:00", "2026-11-02T00:00:00-05:00", 25},
		{"two midnights begin a month", "America/Havana", "2026-11", "2026-11-01T00:00:00-04:00", "2026-12-01T00:00:00-05:00", 721},
		{"two midnights in the Azores", "Atlantic/Azores", "2026-10-25", "2026-10-25T00:00:00Z", "2026-10-26T00:00:00-01:00", 25},
		{"put back at midnight to 23:00", "Africa/Cairo", "2026-10-29", "2026-10-29T00:00:00+03:00", "2026-10-30T00:00:00+02:00", 25},
		{"put back at 00:01 to 23:01", "America/St_Johns", "2010-11-07", "2010-11-07T00:00:00-02:30", "2010-11-08T00:00:00-03:30", 25},
		{"a month without its 30th", "Pacific/Apia", "2011-12", "2011-12-01T00:00:00-10:00", "2012-01-01T00:00:00+14:00", 720},
		{"the day before the skipped one", "Pacific/Apia", "2011-12-29", "2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00", 24},
		{"a length over the skipped day", "Pacific/Apia", "2011-12-29/P1D", "2011-12-29T00:00:00-10:00", "2011-12-31T00:00:00+14:00", 24},
		{"hours are elapsed time", "Europe/Paris", "2026-03-29/PT24H", "2026-03-29T00:00:00+01:00", "2026-03-30T01:00:00+02:00", 24},
		{"a day's length that ends in no time", "Europe/Paris", "2026-03-28T02:30/P1D", "2026-03-28T02:30:00+01:00", "2026-03-29T03:00:00+02:00", 23.5},
		{"hours from the second of two", "Europe/Paris", "2026-10-25T02:30+01:00/PT1H", "2026-10-25T02:30:00+01:00", "2026-10-25T03:30:00+01:00", 1},
		{"the last day of a leap year under a zone's rule", "Europe/Paris", "2040-12-31T12:00/P1D", "2040-12-31T12:00:00+01:00", "2041-01-01T12:00:00+01:00", 24},
		{"longer than a time.Duration", "UTC", "1970..9998", "1970-01-01T00:00:00Z", "9999-01-01T00:00:00Z", 70380768},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := parsed(t, c.text, thursday, c.zone)
			if diff := cmp.Diff([4]string{c.text, c.start, c.end, c.zone}, printed(p)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if p.Hours() != c.hours {
				t.Errorf("%v hours, want %v", p.Hours(), c.hours)
			}
		})
	}
}

func TestParseOfAnyNow(t *testing.T) {
	cases := []struct{ name, text, asOf, zone, want string }{
		{"late on the 31st in UTC", "last-month", "2026-03-31T23:30:00Z", "UTC", "2026-02"},
		{"already April in Paris", "last-month", "2026-03-31T23:30:00Z", "Europe/Paris", "2026-03"},
		{"still March in New York", "last-month", "2026-04-01T03:59:59Z", "America/New_York", "2026-02"},
		{"April in New York", "last-month", "2026-04-01T04:00:00Z", "America/New_York", "2026-03"},
		{"a year ahead on Kiritimati", "this-year", "2025-12-31T10:00:00Z", "Pacific/Kiritimati", "2026"},
		{"Sunday is the end of a week", "this-week", "2026-04-05T23:59:59Z", "UTC", "2026-W14"},
		{"Monday is the start of the next", "this-week", "2026-04-06T00:00:00Z", "UTC", "2026-W15"},
		{"week of another year", "last-week", "2027-01-04T00:00:00Z", "UTC", "2026-W53"},
		{"quarter of another year", "last-quarter", "2026-02-01T00:00:00Z", "UTC", "2025-Q4"},
		{"yesterday of the day after the skipped one", "yesterday", "2011-12-30T12:00:00Z", "Pacific/Apia", "2011-12-29"},
		{"today without a midnight", "today", "2018-11-04T03:00:00Z", "America/Sao_Paulo", "2018-11-04"},
		{"the day has begun and the clock is put back over it", "today", "2010-11-07T02:45:00Z", "America/St_Johns", "2010-11-07"},
		{"so yesterday has ended", "yesterday", "2010-11-07T02:45:00Z", "America/St_Johns", "2010-11-06"},
		{"the last day of a leap year under a zone's rule", "today", "2040-12-31T12:00:00Z", "Europe/Paris", "2040-12-31"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := parsed(t, c.text, c.asOf, c.zone).Label(); got != c.want {
				t.Errorf("%s is %s, want %s", c.text, got, c.want)
			}
		})
	}
}

func TestParseNamesAreCanonical(t *testing.T) {
	cases := map[string]string{
		"LAST-Month":            "last-month",
		"2026-q2":               "2026-Q2",
		"2026-w14..Today":       "2026-W14..today",
		"2026-04-15/p1m":        "2026-04-15/P1M",
		"p1w/2026-04-15t06:00z": "P1W/2026-04-15T06:00Z",
	}
	for text, want := range cases {
		if got := parsed(t, text, thursday, "UTC").Name; got != want {
			t.Errorf("%s is named %s, want %s", text, got, want)
		}
	}
}

func TestForms(t *testing.T) {
	tested := map[string]bool{}
	for _, c := range everyForm {
		tested[c.text] = true
	}
	for _, f := range Forms() {
		if !tested[f.Example] {
			t.Errorf("no row of everyForm tests %s", f.Example)
		}
		if f.Syntax == "" || f.Meaning == "" || f.Example == "" {
			t.Errorf("%+v says too little", f)
		}
	}
}

func TestOpen(t *testing.T) {
	p := parsed(t, "2026-03", thursday, "Europe/Paris")
	for asOf, want := range map[string]bool{
		"2026-02-01T00:00:00Z":     true,
		"2026-03-31T21:59:59.999Z": true,
		"2026-03-31T22:00:00Z":     false,
	} {
		if got := p.Open(instant(t, asOf)); got != want {
			t.Errorf("open at %s: %v, want %v", asOf, got, want)
		}
	}
}
