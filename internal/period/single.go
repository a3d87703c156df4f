package period

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// calendarForm is wider than the grammar: a missing zero and a month 13 deserve an error that tells what is wrong.
var calendarForm = regexp.MustCompile(`^(\d{4})(?:-Q(\d{1,2})|-W(\d{1,2})|-(\d{1,2})(?:-(\d{1,2}))?)?$`)

// parseSingle resolves a form without ".." and "/".
func parseSingle(text string, now time.Time) (Period, error) {
	if p, ok := relative(text, now); ok {
		return p, nil
	}
	u, day, err := parseCalendar(text)
	if err != nil {
		return Period{}, err
	}
	p := u.period(day, now.Location())
	if !p.Start.Before(p.End) {
		return Period{}, noSuchDay(day, now.Location())
	}
	return p, nil
}

// relative resolves the names that depend on now.
func relative(text string, now time.Time) (p Period, ok bool) {
	name := strings.ToLower(text)
	when, unit, _ := strings.Cut(name, "-")
	u := Unit(unit)
	switch {
	case name == "today":
		when, u = "this", Day
	case name == "yesterday":
		when, u = "last", Day
	case u != Week && u != Month && u != Quarter && u != Year:
		return Period{}, false
	}
	switch when {
	case "this":
		p = u.period(u.containing(now), now.Location())
	case "last":
		p = LastClosed(u, now, now.Location())
	default:
		return Period{}, false
	}
	p.Name = name
	return p, true
}

// parseCalendar reads 2026, 2026-Q2, 2026-W14, 2026-04 and 2026-04-15: the unit and its first day.
func parseCalendar(text string) (Unit, time.Time, error) {
	m := calendarForm.FindStringSubmatch(strings.ToUpper(text))
	if m == nil {
		return "", time.Time{}, notAPeriod(text)
	}
	year := time.Date(number(m[1]), time.January, 1, 0, 0, 0, 0, time.UTC)
	u, day, err := Year, year, error(nil)
	switch {
	case m[2] != "":
		u = Quarter
		day, err = nth(text, u, m[1], year, year.AddDate(0, 9, 0), number(m[2]))
	case m[3] != "":
		u = Week
		day, err = nth(text, u, m[1], u.floor(year.AddDate(0, 0, 3)), u.floor(year.AddDate(0, 11, 27)), number(m[3]))
	case m[4] != "":
		u = Month
		day, err = nth(text, u, m[1], year, year.AddDate(0, 11, 0), number(m[4]))
	}
	if err == nil && m[5] != "" {
		u = Day
		day, err = nth(text, u, Month.name(day), day, day.AddDate(0, 1, -1), number(m[5]))
	}
	if err == nil && u.name(day) != strings.ToUpper(text) {
		err = charge.Usagef("%q is not written in full: write %s", text, u.name(day))
	}
	return u, day, err
}

// nth is the nth of the units from first to last, which are those of the owner.
func nth(text string, u Unit, owner string, first, last time.Time, n int) (time.Time, error) {
	day := u.add(first, n-1)
	if n < 1 || day.After(last) {
		return time.Time{}, charge.Usagef("%q is not a %s: %s has %s to %s", text, u, owner, u.name(first), u.name(last))
	}
	return day, nil
}

// number reads digits that a pattern has let through.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

func notAPeriod(text string) error {
	err := charge.Usagef("%q is not a period: write last-month, 2026, 2026-Q2, 2026-04, 2026-W14, 2026-04-15, "+
		"2026-01..2026-03 or 2026-04-15/P1M", charge.Clip(text, maxEcho))
	if _, ok := parseLength(text); ok {
		err.Reason = fmt.Sprintf("%q is a length without a start: write 2026-04-15/%s", text, strings.ToUpper(text))
	}
	return err
}

func noSuchDay(day time.Time, zone *time.Location) error {
	before, after := day.AddDate(0, 0, -1), day.AddDate(0, 0, 1)
	return charge.Usagef("%s: that day does not exist in %s, whose calendar skips it: write %s or %s",
		Day.name(day), zoneName(zone), Day.name(before), Day.name(after))
}
