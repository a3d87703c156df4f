// Package period reads periods: the grammar that people write them in, the calendar of a time zone, and what a period
// is called.
//
// A period is half-open, [start, end). Days, weeks, months, quarters and years begin where the zone's own calendar
// begins them, also on days without a midnight. The package is pure but for zone data, has no clock of its own, and
// decides nothing about reports.
package period

import (
	"cmp"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	minYear = 1970
	maxYear = 9998 // its end is in 9999, the last year that RFC 3339 can write
)

// Period is a half-open stretch of time [Start, End) with the name it was asked by. Start and End carry the zone it
// was resolved in and are whole milliseconds.
type Period struct {
	Name  string
	Start time.Time
	End   time.Time
}

// Hours is the length in hours of elapsed time: 743 or 745 for a month in which clocks change by one.
func (p Period) Hours() float64 {
	// A time.Duration would overflow after 292 years.
	return float64(p.End.UnixMilli()-p.Start.UnixMilli()) / float64(time.Hour.Milliseconds())
}

// Open reports whether p has not ended yet: End is after now.
func (p Period) Open(now time.Time) bool { return p.End.After(now) }

// Parse resolves a period (grammar: Forms) by the calendar of the zone, as of now. Everything that is not
// a period between the years 1970 and 9998 is a usage error that shows the right form.
func Parse(text string, now time.Time, zone *time.Location) (p Period, err error) {
	now = now.In(zone)
	first, last, span := strings.Cut(text, "..")
	switch {
	case text == "":
		err = charge.Usagef("the period is empty: write one such as last-month, 2026-04 or 2026-04-01/2026-05-01")
	case strings.Contains(text, "/"):
		p, err = parseInterval(text, now)
	case span && (first == "" || last == ""):
		err = charge.Usagef("%q lacks a period beside the dots: write 2026-01..2026-03", charge.Clip(text, maxEcho))
	case span:
		p, err = parseSpan(first, last, now)
	default:
		p, err = parseSingle(text, now)
	}
	if err != nil {
		if meant := meant(text, now); meant != "" {
			err = charge.Usagef("%q is not a period: did you mean %s?", charge.Clip(text, maxEcho), meant)
		}
	}
	return p.checked(text, err)
}

func parseSpan(first, last string, now time.Time) (Period, error) {
	from, err := parseSingle(first, now)
	to, late := parseSingle(last, now)
	if err := cmp.Or(err, late); err != nil {
		return Period{}, err
	}
	return Span(from, to)
}

// Span is the period from the start of one to the end of another; a usage error when that is not after it.
func Span(from, to Period) (Period, error) {
	if !from.Start.Before(to.End) {
		return Period{}, charge.Usagef("%s..%s ends before it starts: write the earlier period first, %s..%s",
			from.Name, to.Name, to.Name, from.Name)
	}
	return Period{Name: from.Name + ".." + to.Name, Start: from.Start, End: to.End}, nil
}

// checked is p where it was read without an error, has a length and lies in the years that can be written.
func (p Period) checked(text string, err error) (Period, error) {
	switch {
	case err != nil:
	case !p.Start.Before(p.End):
		err = charge.Usagef("%q does not end after it starts: write the earlier instant first, such as 2026-04-01/2026-05-01",
			charge.Clip(text, maxEcho))
	case p.Start.Year() < minYear || p.End.Add(-1).Year() > maxYear:
		err = charge.Usagef("%q is out of range: a period lies in the years %d to %d, such as 2026-04",
			charge.Clip(text, maxEcho), minYear, maxYear)
	}
	if err != nil {
		return Period{}, charge.AsError(err).WithHint(readMore)
	}
	return p, nil
}

// readMore is the hint of every period that cannot be read.
const readMore = "see: chargectl help periods"

// maxEcho is how many bytes of the user's text an error repeats.
const maxEcho = 80
