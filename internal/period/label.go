package period

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// localLayout is RFC 3339 with the decimals that are not zero.
const localLayout = "2006-01-02T15:04:05.999Z07:00"

// Label is p in a file's name: the year, quarter, month, week or day that p is exactly in its zone, such as 2026-Q2,
// else its instants in UTC, such as 20260105T060000Z-20260205T060000Z. The zero period has none.
func (p Period) Label() string {
	if p.Start.IsZero() || p.End.IsZero() {
		return ""
	}
	if name, ok := p.calendarName(); ok {
		return name
	}
	return compact(p.Start) + "-" + compact(p.End)
}

// String is a form that Parse resolves to the same instants in the same zone, whatever now is.
func (p Period) String() string {
	if name, ok := p.calendarName(); ok {
		return name
	}
	return edge(p.Start) + "/" + edge(p.End)
}

// Describe is p in one line for people: name, local and UTC instants, hours.
func (p Period) Describe() string {
	zone := p.Start.Location()
	local := fmt.Sprintf("%s to %s %s", p.Start.Format(localLayout), p.End.Format(localLayout), zoneName(zone))
	if zone != time.UTC {
		local += fmt.Sprintf(" (%s to %s UTC)", charge.FormatInstant(p.Start), charge.FormatInstant(p.End))
	}
	return fmt.Sprintf("period %s: %s, %s", p.title(), local, hours(p.Hours()))
}

// title is the name and, where the name alone does not tell, what it stands for.
func (p Period) title() string {
	name, ok := p.calendarName()
	switch {
	case p.Name == "":
		return p.String()
	case ok && name != p.Name:
		return p.Name + " (" + name + ")"
	default:
		return p.Name
	}
}

// calendarName is the grammar's name of the unit that p is exactly.
func (p Period) calendarName() (string, bool) {
	for _, u := range []Unit{Year, Quarter, Month, Week, Day} {
		unit := u.period(u.containing(p.Start), p.Start.Location())
		if unit.Start.Equal(p.Start) && unit.End.Equal(p.End) {
			return unit.Name, true
		}
	}
	return "", false
}

// edge is the date that starts at t, where one does, else the instant.
func edge(t time.Time) string {
	if date, ok := Date(t); ok {
		return date
	}
	return charge.FormatInstant(t)
}

// Date returns the date that begins at t in t's zone, such as 2026-03-08; ok is false where none does. A day without a
// midnight, as where clocks go forward at 00:00, begins at its first instant.
func Date(t time.Time) (date string, ok bool) {
	day := Day.containing(t)
	start, ok := dayStart(day, t.Location())
	return Day.name(day), ok && start.Equal(t)
}

func compact(t time.Time) string {
	if t.Nanosecond() >= int(time.Millisecond) {
		return t.UTC().Format("20060102T150405.000Z")
	}
	return t.UTC().Format("20060102T150405Z")
}

func hours(n float64) string {
	if n == 1 {
		return "1 hour"
	}
	return strconv.FormatFloat(math.Round(n*1000)/1000, 'f', -1, 64) + " hours"
}
