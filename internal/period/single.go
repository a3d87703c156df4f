package period

import (
	"strconv"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/pattern"
)

// calendarForm is wider than the grammar: a missing zero and a month 13 deserve an error that tells what is wrong.
var calendarForm = pattern.New(`^(\d{4})(?:-Q(\d{1,2})|-W(\d{1,2})|-(\d{1,2})(?:-(\d{1,2}))?)?$`)

// parseSingle resolves a form without ".." and "/".
func parseSingle(text string, now time.Time) (Period, error) {
	if p, ok := relative(text, now); ok {
		return p, nil
	}
	u, day, err := parseCalendar(text)
	if err != nil {
		return Period{}, err
	}
	return u.existing(day, now.Location())
}

// relative resolves the names that depend on now.
func relative(text string, now time.Time) (p Period, ok bool) {
	name := strings.ToLower(text)
	for _, u := range units {
		this, last := "this-"+string(u), "last-"+string(u)
		if u == Day {
			this, last = "today", "yesterday"
		}
		switch name {
		case this:
			p = u.period(u.containing(now), now.Location())
		case last:
			p = LastClosed(u, now, now.Location())
		default:
			continue
		}
		p.Name = name
		return p, true
	}
	return p, false
}

// parseCalendar reads 2026, 2026-Q2, 2026-W14, 2026-04 and 2026-04-15: the unit and its first day.
func parseCalendar(text string) (u Unit, day time.Time, err error) {
	m := calendarForm.Get().FindStringSubmatch(strings.ToUpper(text))
	if m == nil {
		if _, ok := parseLength(text); ok {
			return u, day, charge.Usagef("%q is a length without a start: write 2026-04-15/%s", text, strings.ToUpper(text))
		}
		return u, day, charge.Usagef("%q is not a period: write last-month, 2026, 2026-Q2, 2026-04, 2026-W14, 2026-04-15, "+
			"2026-01..2026-03 or 2026-04-15/P1M", charge.Clip(text, maxEcho))
	}
	year := time.Date(number(m[1]), time.January, 1, 0, 0, 0, 0, time.UTC)
	u, day = Year, year
	for i, of := range []Unit{Quarter, Week, Month} {
		if m[2+i] != "" {
			u = of
			// The first ISO week has 4 January in it, the last one 28 December.
			day, err = u.nth(text, m[1], year.AddDate(0, 0, 3), year.AddDate(0, 11, 27), number(m[2+i]))
		}
	}
	if err == nil && m[5] != "" {
		u = Day
		day, err = u.nth(text, Month.name(day), day, day.AddDate(0, 1, -1), number(m[5]))
	}
	if err == nil && u.name(day) != strings.ToUpper(text) {
		err = charge.Usagef("%q is not written in full: write %s", text, u.name(day))
	}
	return u, day, err
}

// nth is the nth unit of its owner, whose first and last ones have these days in them.
func (u Unit) nth(text, owner string, first, last time.Time, n int) (time.Time, error) {
	first, last = u.floor(first), u.floor(last)
	day := u.add(first, n-1)
	if n < 1 || day.After(last) {
		return day, charge.Usagef("%q is not a %s: %s has %s to %s", text, u, owner, u.name(first), u.name(last))
	}
	return day, nil
}

// number reads digits that a pattern has let through.
func number(digits string) int {
	n, _ := strconv.Atoi(digits)
	return n
}

// Months as people write them who do not know the grammar: 04/2026 or 2026/4, and april or apr 2026.
var (
	monthFirst = pattern.New(`^(\d{1,2})[-./](\d{4})$`)
	yearFirst  = pattern.New(`^(\d{4})[./](\d{1,2})$`)
	monthName  = pattern.New(`^([a-z]{3,9})[- ]?(\d{4})?$`)
)

// meant is the period that was probably meant by a text that is none, empty where nothing is near.
func meant(text string, now time.Time) string {
	text = strings.ToLower(text)
	if _, ok := relative(text, now); ok {
		return ""
	}
	year, month := 0, time.Month(0)
	if m := monthFirst.Get().FindStringSubmatch(text); m != nil {
		year, month = number(m[2]), time.Month(number(m[1]))
	} else if m := yearFirst.Get().FindStringSubmatch(text); m != nil {
		year, month = number(m[1]), time.Month(number(m[2]))
	} else if m := monthName.Get().FindStringSubmatch(text); m != nil {
		for month = time.December; month > 0 && !strings.HasPrefix(strings.ToLower(month.String()), m[1]); {
			month--
		}
		if year = number(m[2]); m[2] == "" {
			if year = now.Year(); month > now.Month() {
				year-- // the last one that has begun
			}
		}
	}
	if month >= time.January && month <= time.December {
		return Month.name(time.Date(year, month, 1, 0, 0, 0, 0, time.UTC))
	}
	var names []string
	for _, form := range Forms() {
		if form.Syntax == form.Example { // a name of its own
			names = append(names, form.Example)
		}
	}
	return charge.Nearest(text, names)
}
