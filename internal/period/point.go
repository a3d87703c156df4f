package period

import (
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

var pointForm = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)?(Z|[+-][01]\d:[0-5]\d)?)?$`)

// point is an end of a period as the user wrote it. Of a date the reading is midnight, also where the day starts
// later; calendar arithmetic goes on from there.
type point struct {
	name    string
	reading time.Time
	instant time.Time
}

// ParseStartEnd resolves the flags --start and --end: instants with any offset, dates and today or yesterday (the
// start of that day in the zone), or local times that the zone's clock shows exactly once. Anything else, an end that
// is not after the start, and one without the other are usage errors.
func ParseStartEnd(start, end string, now time.Time, zone *time.Location) (Period, error) {
	switch {
	case start == "" && end == "":
		return Period{}, charge.Usagef("--start and --end are empty: write --start 2026-04-01 --end 2026-05-01, or --period 2026-04")
	case start == "":
		return Period{}, charge.Usagef("--end has no --start: add one such as --start 2026-04-01, or use --period 2026-04")
	case end == "":
		return Period{}, charge.Usagef("--start has no --end: add one such as --end 2026-05-01, which is exclusive, or use --period 2026-04")
	}
	p, err := between("--start", start, "--end", end, now.In(zone))
	if err != nil {
		return Period{}, err
	}
	return p.checked(p.Name)
}

// ParseAsOf resolves --as-of: an instant, or the start of a date in the zone.
func ParseAsOf(text string, zone *time.Location) (time.Time, error) {
	p, err := parseDateOrInstant("--as-of", text, zone)
	if err != nil {
		return time.Time{}, err
	}
	if year := p.instant.Year(); year < minYear || year > maxYear {
		return time.Time{}, charge.Usagef("--as-of %q is out of range: it lies in the years %d to %d, such as 2026-04-15",
			text, minYear, maxYear)
	}
	return p.instant, nil
}

// EndNotice warns of a date --end that is the last day of a month: it is exclusive, which surprises.
func EndNotice(end string) (string, bool) {
	day, err := time.Parse(time.DateOnly, end)
	if err != nil || day.AddDate(0, 0, 1).Day() != 1 {
		return "", false
	}
	suffix := "th"
	if day.Day() == 31 {
		suffix = "st"
	}
	return fmt.Sprintf("--end %s is exclusive: the %d%s itself is not in the report; --period %s is the whole month",
		end, day.Day(), suffix, Month.name(day)), true
}

func parsePoint(label, text string, now time.Time) (point, error) {
	if name := strings.ToLower(text); name == "today" || name == "yesterday" {
		p, _ := relative(name, now)
		return point{name, Day.floor(readingOf(p.Start)), p.Start}, nil
	}
	return parseDateOrInstant(label, text, now.Location())
}

func parseDateOrInstant(label, text string, zone *time.Location) (point, error) {
	name := strings.ToUpper(text)
	m := pointForm.FindStringSubmatch(name)
	if m == nil {
		return point{}, charge.Usagef("%s %q is neither a date nor an instant: write 2026-04-15 or 2026-04-15T00:00:00+02:00",
			label, charge.Clip(text, maxEcho))
	}
	_, day, err := parseCalendar(m[1])
	if err != nil {
		return point{}, err
	}
	if m[2] == "" {
		start, ok := dayStart(day, zone)
		if !ok {
			return point{}, noSuchDay(day, zone)
		}
		return point{name, day, start}, nil
	}
	t, err := clockTime(label, text, m, zone)
	return point{name, readingOf(t), t}, err
}

// clockTime resolves the parts of pointForm: date, hours and minutes, seconds, offset.
func clockTime(label, text string, m []string, zone *time.Location) (time.Time, error) {
	seconds, offset := m[3], m[4]
	if seconds == "" {
		seconds = ":00"
	}
	if offset == "" {
		offset = "Z"
	}
	t, err := time.Parse(time.RFC3339Nano, m[1]+"T"+m[2]+seconds+offset)
	if err != nil {
		return t, charge.Usagef("%s %q has no such time of day: it goes from 00:00:00 to 23:59:59, as in %sT00:00:00Z", label, text, m[1])
	}
	if t.Nanosecond()%int(time.Millisecond) != 0 {
		return t, charge.Usagef("%s %q is finer than a millisecond: write at most three decimals, as in %sT00:00:00.000Z", label, text, m[1])
	}
	if m[4] != "" {
		return t.In(zone), nil
	}
	return onlyInstant(label, text, t, zone)
}

// onlyInstant refuses a local time that the zone's clock skips or shows twice: whoever writes a time of day means one
// instant, and the offset tells which.
func onlyInstant(label, text string, reading time.Time, zone *time.Location) (time.Time, error) {
	first := firstInstant(reading, zone)
	if !readingOf(first).Equal(reading) {
		return first, charge.Usagef("%s %q does not exist in %s, whose clock is put forward over it: write %s",
			label, text, zoneName(zone), first.Format(time.RFC3339))
	}
	if second, ok := secondInstant(first); ok {
		return first, charge.Usagef("%s %q happens twice in %s, whose clock is put back over it: write %s or %s",
			label, text, zoneName(zone), first.Format(localLayout), second.Format(localLayout))
	}
	return first, nil
}
