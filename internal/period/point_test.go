package period

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseStartEnd(t *testing.T) {
	cases := []struct{ name, start, end, zone, wantStart, wantEnd string }{
		{"dates", "2026-03-01", "2026-04-01", "Europe/Paris", "2026-03-01T00:00:00+01:00", "2026-04-01T00:00:00+02:00"},
		{"instants of two offsets", "2026-03-01T00:00:00-05:00", "2026-03-02T00:00:00.5Z", "Europe/Paris", "2026-03-01T06:00:00+01:00", "2026-03-02T01:00:00.5+01:00"},
		{"local times", "2026-03-01T06:00", "2026-04-01T06:00:00", "Europe/Paris", "2026-03-01T06:00:00+01:00", "2026-04-01T06:00:00+02:00"},
		{"a date and an instant", "2026-03-01", "2026-03-01T12:00:00Z", "UTC", "2026-03-01T00:00:00Z", "2026-03-01T12:00:00Z"},
		{"named days", "yesterday", "today", "America/New_York", "2026-04-15T00:00:00-04:00", "2026-04-16T00:00:00-04:00"},
		{"no midnight", "2018-11-04", "2018-11-05", "America/Sao_Paulo", "2018-11-04T01:00:00-02:00", "2018-11-05T00:00:00-02:00"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p, err := ParseStartEnd(c.start, c.end, instant(t, thursday), zoneOf(t, c.zone))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([4]string{c.start + "/" + c.end, c.wantStart, c.wantEnd, c.zone}, printed(p)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestParseStartEndRefuses(t *testing.T) {
	cases := []struct {
		name, start, end string
		words            []string
	}{
		{"neither", "", "", []string{"--start 2026-04-01 --end 2026-05-01", "--period"}},
		{"start alone", "2026-04-01", "", []string{"--start has no --end", "--end 2026-05-01", "--period"}},
		{"end alone", "", "2026-04-01", []string{"--end has no --start", "--start 2026-04-01", "--period"}},
		{"a month as start", "2026-04", "2026-05-01", []string{`--start "2026-04"`, "2026-04-15"}},
		{"a length as end", "2026-04-01", "P1M", []string{`--end "P1M"`, "2026-04-15"}},
		{"an end that is no day", "2026-04-01", "2026-04-31", []string{"2026-04-31", "2026-04-30"}},
		{"backwards", "2026-05-01", "2026-04-01", []string{"2026-05-01/2026-04-01", "does not end after it starts"}},
		{"empty", "2026-05-01", "2026-05-01", []string{"does not end after it starts"}},
		{"too fine", "2026-05-01", "2026-05-01T00:00:00.00001Z", []string{"--end", "millisecond"}},
		{"twice", "2026-10-25T02:30", "2026-10-26", []string{"--start", "twice in Europe/Paris"}},
		{"too early", "1969-12-31", "1970-01-02", []string{"1970 to 9998"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseStartEnd(c.start, c.end, instant(t, thursday), zoneOf(t, "Europe/Paris"))
			refused(t, err, c.words...)
		})
	}
}

func TestParseAsOf(t *testing.T) {
	zone := zoneOf(t, "America/New_York")
	for text, want := range map[string]string{
		"2026-04-15":                "2026-04-15T00:00:00-04:00",
		"2026-04-15T12:00":          "2026-04-15T12:00:00-04:00",
		"2026-04-15T12:00:00.25Z":   "2026-04-15T08:00:00.25-04:00",
		"2026-04-15t12:00:00+02:00": "2026-04-15T06:00:00-04:00",
	} {
		got, err := ParseAsOf(text, zone)
		if err != nil {
			t.Error(err)
		}
		if printed := got.Format(time.RFC3339Nano); printed != want {
			t.Errorf("%s is %s, want %s", text, printed, want)
		}
	}
	for _, text := range []string{"", "today", "2026-04", "last-month", "12:00"} {
		_, err := ParseAsOf(text, zone)
		refused(t, err, "--as-of", "2026-04-15")
	}
	for _, text := range []string{"1969-12-31", "9999-01-01"} {
		_, err := ParseAsOf(text, zone)
		refused(t, err, "--as-of", "1970 to 9998")
	}
}

func TestEndNotice(t *testing.T) {
	cases := map[string]string{
		"2026-04-30": "--end 2026-04-30 is exclusive: the 30th itself is not in the report; --period 2026-04 is the whole month",
		"2026-01-31": "--end 2026-01-31 is exclusive: the 31st itself is not in the report; --period 2026-01 is the whole month",
		"2024-02-29": "--end 2024-02-29 is exclusive: the 29th itself is not in the report; --period 2024-02 is the whole month",
		"2024-02-28": "", "2026-04-29": "", "2026-05-01": "", "2026-04-30T00:00:00Z": "", "today": "", "": "",
	}
	for end, want := range cases {
		if got, ok := EndNotice(end); got != want || ok != (want != "") {
			t.Errorf("%s: %q, %v; want %q", end, got, ok, want)
		}
	}
}
