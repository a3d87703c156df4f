package period

import (
	"fmt"
	"time"
)

// Unit is a stretch of the calendar that periods are counted in.
type Unit string

// The units, weeks being those of ISO 8601: Monday first, the first of a year being the one with 4 January in it.
const (
	Day     Unit = "day"
	Week    Unit = "week"
	Month   Unit = "month"
	Quarter Unit = "quarter"
	Year    Unit = "year"
)

// Split gives the whole units, each named, from the one that p starts in to the one that p's last instant is in, in
// p's zone. A day that the zone skipped is left out. The result is empty when p does not end after it starts.
func (p Period) Split(u Unit) []Period {
	var out []Period
	zone := p.Start.Location()
	for day := u.containing(p.Start); ; day = u.add(day, 1) {
		next := u.period(day, zone)
		if !next.Start.Before(p.End) || !p.Start.Before(p.End) {
			return out
		}
		if next.Start.Before(next.End) {
			out = append(out, next)
		}
	}
}

// LastClosed is the last unit that has ended at now by a clock in the zone.
func LastClosed(u Unit, now time.Time, zone *time.Location) Period {
	day := u.containing(now.In(zone))
	for {
		day = u.add(day, -1)
		if p := u.period(day, zone); p.Start.Before(p.End) {
			return p
		}
	}
}

// period is the unit that starts with the day.
func (u Unit) period(day time.Time, zone *time.Location) Period {
	return Period{Name: u.name(day), Start: firstInstant(day, zone), End: firstInstant(u.add(day, 1), zone)}
}

// containing is the first day of the unit that t is in. The clock's reading alone does not tell: put back over midnight, it shows
// the old day again after the new one has begun.
func (u Unit) containing(t time.Time) time.Time {
	day := u.floor(readingOf(t))
	for next := u.add(day, 1); !firstInstant(next, t.Location()).After(t); next = u.add(day, 1) {
		day = next
	}
	return day
}

// floor is the midnight reading that the unit around a reading starts with.
func (u Unit) floor(reading time.Time) time.Time {
	year, month, day := reading.Date()
	switch u {
	case Week:
		day -= (int(reading.Weekday()) + 6) % 7
	case Month:
		day = 1
	case Quarter:
		month, day = month-(month-1)%3, 1
	case Year:
		month, day = time.January, 1
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// add moves a reading by n units of the calendar.
func (u Unit) add(reading time.Time, n int) time.Time {
	switch u {
	case Week:
		return reading.AddDate(0, 0, 7*n)
	case Month:
		return addMonths(reading, n)
	case Quarter:
		return addMonths(reading, 3*n)
	case Year:
		return addMonths(reading, 12*n)
	default:
		return reading.AddDate(0, 0, n)
	}
}

// name is how the grammar writes the unit that starts with the day.
func (u Unit) name(day time.Time) string {
	switch u {
	case Week:
		year, week := day.ISOWeek()
		return fmt.Sprintf("%04d-W%02d", year, week)
	case Month:
		return day.Format("2006-01")
	case Quarter:
		return fmt.Sprintf("%04d-Q%d", day.Year(), (day.Month()+2)/3)
	case Year:
		return day.Format("2006")
	default:
		return day.Format(time.DateOnly)
	}
}
