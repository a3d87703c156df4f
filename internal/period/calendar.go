package period

import (
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/pattern"
)

// LoadZone finds a time zone by its IANA name, "UTC", or "local" for this machine's. Everything else is a usage error,
// "fleet" included: only the API knows a fleet's zone. It reads the zone data of the system or of the program.
func LoadZone(name string) (*time.Location, error) {
	switch strings.ToLower(name) {
	case "utc":
		return time.UTC, nil
	case "local":
		return local(), nil
	case "":
		return nil, charge.Usagef("the time zone is empty: use an IANA name such as Europe/Paris, or UTC or local")
	case "fleet":
		return nil, charge.Usagef("the time zone %q is not known here: use an IANA name such as Europe/Paris, or UTC or local", name)
	}
	zone, err := location(name)
	// The zones under right/ count leap seconds, which Charge's instants do not: a day would start 27 seconds late.
	if err != nil || strings.HasPrefix(name, "right/") {
		err := charge.Usagef("%q is not a time zone: use an IANA name such as Europe/Paris, or UTC or local", charge.Clip(name, maxEcho))
		if abbreviation.Get().MatchString(name) {
			err = charge.Usagef("%q is an abbreviation, which several zones may have: use an IANA name such as Europe/Paris", name)
		} else if near := charge.Nearest(name, append(Zones(), "UTC", "local")); near != "" {
			err = charge.Usagef("%q is not a time zone: did you mean %s?", charge.Clip(name, maxEcho), near)
		}
		return nil, err.WithHint(readMore)
	}
	return zone, nil
}

// abbreviation is what clocks show beside the time, such as CEST.
var abbreviation = pattern.New(`^[A-Z]{3,5}$`)

func zoneName(zone *time.Location) string {
	if zone == time.Local {
		return "local"
	}
	return zone.String()
}

// A reading is what a clock on the wall shows: a date and a time of day without a zone. It is kept as a time.Time in
// UTC, where calendar arithmetic meets no change of clocks, and becomes an instant only through firstInstant.

// maxOffset is more than any zone has been away from UTC since 1970.
const maxOffset = 16 * time.Hour

// readingOf is what a clock in t's zone shows at t.
func readingOf(t time.Time) time.Time {
	_, offset := t.Zone()
	return t.UTC().Add(time.Duration(offset) * time.Second)
}

// firstInstant is the first instant at which a clock in the zone shows the reading or a later one: the first of two
// when clocks are put back over it, the first that exists when they are put forward over it. time.Date promises
// neither: it answers 23:00 of the day before for some midnights that do not exist.
func firstInstant(reading time.Time, zone *time.Location) time.Time {
	t := reading.Add(-maxOffset).In(zone)
	for {
		first := showing(reading, t)
		if first.Before(t) {
			first = t
		}
		_, end := t.ZoneBounds()
		if !end.IsZero() && !end.After(t) {
			// On the last day of leap years that a zone's rule governs, ZoneBounds ends before t.
			end = t.Add(time.Hour)
		}
		if end.IsZero() || first.Before(end) {
			return first
		}
		t = end
	}
}

// showing is the instant at which a clock with t's offset shows the reading.
func showing(reading, t time.Time) time.Time {
	_, offset := t.Zone()
	return reading.Add(-time.Duration(offset) * time.Second).In(t.Location())
}
