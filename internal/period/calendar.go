package period

import "time"

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
		candidate, end := showing(reading, t), stretchEnd(t)
		if end.IsZero() || candidate.Before(end) {
			if candidate.Before(t) {
				return t
			}
			return candidate
		}
		t = end
	}
}

// showing is the instant at which a clock with t's offset shows the reading.
func showing(reading, t time.Time) time.Time {
	_, offset := t.Zone()
	return reading.Add(-time.Duration(offset) * time.Second).In(t.Location())
}

// stretchEnd is an instant after t up to which t's offset holds; zero when it holds for ever. On the last day of leap
// years that a zone's rule governs, ZoneBounds ends before t: an hour at a time is then small enough a step.
func stretchEnd(t time.Time) time.Time {
	_, end := t.ZoneBounds()
	if end.IsZero() || end.After(t) {
		return end
	}
	return t.Add(time.Hour)
}

// secondInstant is the other instant that has first's reading, if clocks were put back over it.
func secondInstant(first time.Time) (time.Time, bool) {
	_, end := first.ZoneBounds()
	if end.IsZero() {
		return time.Time{}, false
	}
	again := showing(readingOf(first), end)
	return again, again.After(first) && !again.Before(end)
}

// dayStart is the first instant of a day in the zone; ok is false when the zone skipped the whole day.
func dayStart(day time.Time, zone *time.Location) (start time.Time, ok bool) {
	start = firstInstant(day, zone)
	return start, Day.floor(readingOf(start)).Equal(day)
}

// addMonths moves a reading by calendar months, to the last day of a month that is too short for its day.
func addMonths(reading time.Time, months int) time.Time {
	moved := reading.AddDate(0, months, 0)
	if moved.Day() == reading.Day() {
		return moved
	}
	return moved.AddDate(0, 0, -moved.Day())
}
