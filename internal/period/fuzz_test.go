package period

import (
	"strings"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

var fuzzZones = []string{
	"UTC", "Europe/Paris", "America/Sao_Paulo", "America/St_Johns", "America/Havana", "Australia/Lord_Howe", "Pacific/Apia",
	"Africa/Cairo", "Africa/Monrovia", "Pacific/Kiritimati",
}

func FuzzParsePeriod(f *testing.F) {
	for i, form := range everyForm {
		f.Add(form.text, int64(1776337200000), uint8(i))
	}
	for _, text := range []string{"", "/", "..", "P1M", "2026-13", "9998-12-31/P1D", "1970", "2026-04-01T00:00:00.0001Z/P1D", "2011-12-30"} {
		f.Add(text, int64(0), uint8(6))
	}
	f.Fuzz(func(t *testing.T, text string, unixMilli int64, zone uint8) {
		loc := zoneOf(t, fuzzZones[int(zone)%len(fuzzZones)])
		now := time.UnixMilli(unixMilli % (300_000_000_000_000))
		p, err := Parse(text, now, loc)
		if err != nil {
			refused(t, err)
			return
		}
		checkAccepted(t, p, now)
	})
}

func FuzzParseStartEnd(f *testing.F) {
	f.Add("2026-03-01", "2026-04-01", uint8(1))
	f.Add("2026-03-01T00:00:00-05:00", "2026-03-02T00:00:00.5Z", uint8(2))
	f.Add("yesterday", "today", uint8(3))
	f.Add("2026-03-01T06:00", "9999-01-01", uint8(4))
	f.Add("", "P1M", uint8(5))
	f.Fuzz(func(t *testing.T, start, end string, zone uint8) {
		loc, now := zoneOf(t, fuzzZones[int(zone)%len(fuzzZones)]), instant(t, thursday)
		EndNotice(end)
		if at, err := ParseAsOf(start, loc); err == nil && at.Nanosecond()%int(time.Millisecond) != 0 {
			t.Errorf("--as-of is finer than a millisecond: %s", at)
		}
		p, err := ParseStartEnd(start, end, now, loc)
		if err != nil {
			refused(t, err)
			return
		}
		checkAccepted(t, p, now)
	})
}

// checkAccepted holds p against what every accepted period promises.
func checkAccepted(t *testing.T, p Period, now time.Time) {
	t.Helper()
	if !p.Start.Before(p.End) || p.Hours() <= 0 {
		t.Fatalf("%s is empty", p.Describe())
	}
	if len(charge.FormatInstant(p.Start)) != len("2026-04-01T00:00:00.000Z") || len(charge.FormatInstant(p.End)) != len("2026-04-01T00:00:00.000Z") {
		t.Errorf("%s cannot be sent", p.Describe())
	}
	zone := p.Start.Location()
	for text, asOf := range map[string]time.Time{p.Name: now, p.String(): {}} {
		again, err := Parse(text, asOf, zone)
		if err != nil || !again.Start.Equal(p.Start) || !again.End.Equal(p.End) {
			t.Errorf("%s, written %q, reads as %s, %v", p.Describe(), text, again.Describe(), err)
		}
	}
	if strings.ContainsAny(p.Label(), "/\\:\n ") {
		t.Errorf("%q does not fit a file's name", p.Label())
	}
}
