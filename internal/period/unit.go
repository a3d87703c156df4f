package period

import (
	"fmt"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
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

// units are all of them, the longest first.
var units = []Unit{Year, Quarter, Month, Week, Day}

// shape is how many months or days a unit has, and how its name is written where its first day says it.
type shape struct {
	months, days int
	layout       string
}

func (u Unit) shape() shape {
	switch u {
	case Year:
		return shape{months: 12, layout: "2006"}
	case Quarter:
		return shape{months: 3}
	case Month:
		return shape{months: 1, layout: "2006-01"}
	case Week:
		return shape{days: 7}
	case Day:
		return shape{days: 1, layout: time.DateOnly}
	}
	return shape{}
}

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

// existing is period, and a usage error for a day that the zone skipped.
func (u Unit) existing(day time.Time, zone *time.Location) (Period, error) {
	p := u.period(day, zone)
	if p.Start.Before(p.End) {
		return p, nil
	}
	return p, charge.Usagef("%s: that day does not exist in %s, whose calendar skips it: write %s or %s",
		u.name(day), zoneName(zone), u.name(day.AddDate(0, 0, -1)), u.name(day.AddDate(0, 0, 1)))
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
	if months := time.Month(u.shape().months); months > 0 {
		month, day = month-(month-1)%months, 1
	} else if u == Week {
		day -= (int(reading.Weekday()) + 6) % 7
	}
	return time.Date(year, month, day, 0, 0, 0, 0, time.UTC)
}

// add is the first day of the nth unit after the one that starts with a day.
func (u Unit) add(day time.Time, n int) time.Time {
	return day.AddDate(0, n*u.shape().months, n*u.shape().days)
}

// mayLast reports whether a unit of any zone may be so long. Zones have skipped and repeated up to a day.
func (u Unit) mayLast(length time.Duration) bool {
	const day, change = 24 * time.Hour, 26 * time.Hour
	months, days := u.shape().months, u.shape().days
	least, most := time.Duration(28*months+days), time.Duration(31*months+days)
	return length >= least*day-change && length <= most*day+change //nolint:durationcheck // least and most are numbers of days
}

// name is how the grammar writes the unit that starts with the day.
func (u Unit) name(day time.Time) string {
	switch u {
	case Week:
		year, week := day.ISOWeek()
		return fmt.Sprintf("%04d-W%02d", year, week)
	case Quarter:
		return fmt.Sprintf("%04d-Q%d", day.Year(), (day.Month()+2)/3)
	}
	return day.Format(u.shape().layout)
}
