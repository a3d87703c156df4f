package period

import (
	"testing"
	"time"
)

// TestFirstInstantIsFirst holds firstInstant against its definition where clocks do strange things: its clock shows
// the reading or later, and no clock did so in the thirty hours before.
func TestFirstInstantIsFirst(t *testing.T) {
	zones := []string{
		"UTC", "Europe/Paris", "America/Sao_Paulo", "America/St_Johns", "America/Havana", "Atlantic/Azores", "Asia/Beirut",
		"Africa/Cairo", "Africa/Casablanca", "Africa/Monrovia", "Australia/Lord_Howe", "Pacific/Apia", "Pacific/Kwajalein",
		"Antarctica/Troll", "America/Nuuk",
	}
	for _, name := range zones {
		t.Run(name, func(t *testing.T) {
			zone := zoneOf(t, name)
			for year := 1970; year <= 2060; year++ {
				for _, day := range daysOfChange(year, zone) {
					checkFirst(t, day, zone)
					checkFirst(t, day.Add(150*time.Minute), zone)
				}
			}
		})
	}
}

// daysOfChange is the days around each change of the zone's offset in a year, and the year's last ones.
func daysOfChange(year int, zone *time.Location) []time.Time {
	var days []time.Time
	last := time.Date(year, 12, 30, 0, 0, 0, 0, time.UTC)
	for day := time.Date(year, 1, 1, 0, 0, 0, 0, time.UTC); day.Year() == year; day = day.AddDate(0, 0, 1) {
		_, before := day.Add(-48 * time.Hour).In(zone).Zone()
		_, after := day.Add(48 * time.Hour).In(zone).Zone()
		if before != after || day.After(last) {
			days = append(days, day)
		}
	}
	return days
}

func checkFirst(t *testing.T, reading time.Time, zone *time.Location) {
	t.Helper()
	first := firstInstant(reading, zone)
	if readingOf(first).Before(reading) {
		t.Errorf("%s begins at %s", reading.Format(time.DateTime), first)
	}
	for back := time.Millisecond; back < 30*time.Hour; back += 30 * time.Minute {
		if earlier := first.Add(-back); !readingOf(earlier).Before(reading) {
			t.Errorf("%s begins at %s, not %s", reading.Format(time.DateTime), earlier, first)
		}
	}
}

func TestLoadZone(t *testing.T) {
	for name, want := range map[string]string{
		"UTC": "UTC", "utc": "UTC", "local": "Local", "Local": "Local", "Europe/Paris": "Europe/Paris", "Asia/Kolkata": "Asia/Kolkata",
	} {
		if zone, err := LoadZone(name); err != nil || zone.String() != want {
			t.Errorf("%s: %v, %v", name, zone, err)
		}
	}
	for _, name := range []string{"", "fleet", "Mars/Base", "../etc/passwd", "/etc/localtime", "right/Europe/Paris", "Europe/Paris ", "+02:00", "\x00"} {
		_, err := LoadZone(name)
		refused(t, err, "time zone", "Europe/Paris")
	}
}

// TestLoadZoneSuggests: what is nearly a zone is answered with the one that was probably meant.
func TestLoadZoneSuggests(t *testing.T) {
	for name, want := range map[string]string{
		"Europe/Pariss": "did you mean Europe/Paris?", "europe/paris": "did you mean Europe/Paris?", "America/New-York": "did you mean America/New_York?",
		"utcc": "did you mean UTC?", "CEST": "is an abbreviation",
	} {
		_, err := LoadZone(name)
		refused(t, err, want)
	}
	for _, name := range Zones() {
		if _, err := LoadZone(name); err != nil {
			t.Error(err)
		}
	}
}
