package period

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/pattern"
)

var (
	pointForm  = pattern.New(`^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2})(:\d{2}(?:\.\d{1,9})?)?(Z|[+-][01]\d:[0-5]\d)?)?$`)
	lengthForm = pattern.New(`^P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(\d{1,4})H)?$`)
)

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
	return p.checked(p.Name, err)
}

// ParseAsOf resolves --as-of: an instant, or the start of a date in the zone.
func ParseAsOf(text string, zone *time.Location) (time.Time, error) {
	p, err := parseDateOrInstant("--as-of", text, zone)
	if err != nil {
		return time.Time{}, charge.AsError(err).WithHint(readMore)
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

// parseInterval reads start/end, start/length and length/end (ISO 8601, time intervals).
func parseInterval(text string, now time.Time) (Period, error) {
	left, right, _ := strings.Cut(text, "/")
	if left == "" || right == "" {
		return Period{}, charge.Usagef("%q lacks its start or its end: write 2026-04-01/2026-05-01 or 2026-04-01/P1M", charge.Clip(text, maxEcho))
	}
	if l, ok := parseLength(right); ok {
		start, err := parsePoint("the start", left, now)
		return Period{Name: start.name + "/" + strings.ToUpper(right), Start: start.instant, End: l.from(start, 1)}, err
	}
	if l, ok := parseLength(left); ok {
		end, err := parsePoint("the end", right, now)
		return Period{Name: strings.ToUpper(left) + "/" + end.name, Start: l.from(end, -1), End: end.instant}, err
	}
	for _, part := range []string{left, right} {
		if strings.HasPrefix(strings.ToUpper(part), "P") {
			return Period{}, charge.Usagef("%q is not a length: write one such as P1D, P1W, P1M, P3M, P1Y or PT36H", charge.Clip(part, maxEcho))
		}
	}
	return between("the start", left, "the end", right, now)
}

// between reads two points; the errors call them what the user calls them.
func between(startLabel, start, endLabel, end string, now time.Time) (Period, error) {
	from, err := parsePoint(startLabel, start, now)
	to, late := parsePoint(endLabel, end, now)
	return Period{Name: from.name + "/" + to.name, Start: from.instant, End: to.instant}, cmp.Or(err, late)
}

// point is an end of a period as the user wrote it. Of a date the reading is midnight, also where the day starts
// later; calendar arithmetic goes on from there.
type point struct {
	name    string
	reading time.Time
	instant time.Time
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
	m := pointForm.Get().FindStringSubmatch(name)
	if m == nil {
		return point{}, charge.Usagef("%s %q is neither a date nor an instant: write 2026-04-15 or 2026-04-15T00:00:00+02:00",
			label, charge.Clip(text, maxEcho))
	}
	date, clock, seconds, offset := m[1], m[2], cmp.Or(m[3], ":00"), m[4]
	_, day, err := parseCalendar(date)
	if err != nil {
		return point{}, err
	}
	if clock == "" {
		p, err := Day.existing(day, zone)
		return point{name, day, p.Start}, err
	}
	t, err := time.Parse(time.RFC3339Nano, date+"T"+clock+seconds+cmp.Or(offset, "Z"))
	switch {
	case err != nil:
		err = charge.Usagef("%s %q has no such time of day: it goes from 00:00:00 to 23:59:59, as in %sT00:00:00Z", label, text, date)
	case t.Nanosecond()%int(time.Millisecond) != 0:
		err = charge.Usagef("%s %q is finer than a millisecond: write at most three decimals, as in %sT00:00:00.000Z", label, text, date)
	case offset == "":
		t, err = onlyInstant(label, text, t, zone)
	default:
		t = t.In(zone)
	}
	return point{name, readingOf(t), t}, err
}

// onlyInstant refuses a local time that the zone's clock skips or shows twice: whoever writes a time of day means one
// instant, and the offset tells which.
func onlyInstant(label, text string, reading time.Time, zone *time.Location) (time.Time, error) {
	first := firstInstant(reading, zone)
	if !readingOf(first).Equal(reading) {
		return first, charge.Usagef("%s %q does not exist in %s, whose clock is put forward over it: write %s",
			label, text, zoneName(zone), first.Format(time.RFC3339))
	}
	_, end := first.ZoneBounds()
	if second := showing(reading, end); !end.IsZero() && second.After(first) && !second.Before(end) {
		return first, charge.Usagef("%s %q happens twice in %s, whose clock is put back over it: write %s or %s",
			label, text, zoneName(zone), first.Format(localLayout), second.Format(localLayout))
	}
	return first, nil
}

// length is an ISO 8601 duration: months and days are the calendar's, hours are elapsed time.
type length struct{ months, days, hours int }

func parseLength(text string) (l length, ok bool) {
	if m := lengthForm.Get().FindStringSubmatch(strings.ToUpper(text)); m != nil {
		l = length{months: 12*number(m[1]) + number(m[2]), days: 7*number(m[3]) + number(m[4]), hours: number(m[5])}
	}
	return l, l != length{}
}

// from is the instant the length after p, or before it when sign is -1.
func (l length) from(p point, sign int) time.Time {
	t := p.instant
	if l.months != 0 || l.days != 0 {
		moved := p.reading.AddDate(0, sign*l.months, 0)
		if moved.Day() != p.reading.Day() { // that month is too short: its last day
			moved = moved.AddDate(0, 0, -moved.Day())
		}
		t = firstInstant(moved.AddDate(0, 0, sign*l.days), t.Location())
	}
	return t.Add(time.Duration(sign*l.hours) * time.Hour)
}
