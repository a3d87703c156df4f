package period

import (
	"fmt"
	"math"
	"strconv"
	"strings"
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
	if name, ok := p.CalendarName(); ok {
		return name
	}
	return compact(p.Start) + "-" + compact(p.End)
}

// String is a form that Parse resolves to the same instants in the same zone, whatever now is.
func (p Period) String() string {
	if name, ok := p.CalendarName(); ok {
		return name
	}
	return edge(p.Start) + "/" + edge(p.End)
}

// Short is String without seconds that are zero, for a column of a table: --period takes it too.
func (p Period) Short() string { return strings.ReplaceAll(p.String(), ":00.000Z", "Z") }

// In is p by the clock of another zone.
func (p Period) In(zone *time.Location) Period {
	return Period{Name: p.Name, Start: p.Start.In(zone), End: p.End.In(zone)}
}

// Describe is p in one line for people: its name and, where that alone does not tell, what it stands for; local and UTC
// instants; hours.
func (p Period) Describe() string {
	name, zone := p.Name, p.Start.Location()
	if calendar, ok := p.CalendarName(); name == "" {
		name = p.String()
	} else if ok && calendar != name {
		name += " (" + calendar + ")"
	}
	instants := fmt.Sprintf("%s to %s %s", p.Start.Format(localLayout), p.End.Format(localLayout), zoneName(zone))
	if zone != time.UTC {
		instants += fmt.Sprintf(" (%s to %s UTC)", charge.FormatInstant(p.Start), charge.FormatInstant(p.End))
	}
	hours := p.hours() + " hours"
	if p.Hours() == 1 {
		hours = "1 hour"
	}
	return fmt.Sprintf("period %s: %s, %s", name, instants, hours)
}

// Brief is p for a person at a terminal: its name where the calendar has one, its local dates, zone and hours, such as
// 2026-10 (1 Oct to 1 Nov, Australia/Lord_Howe, 743.5 h).
func (p Period) Brief() string {
	name, ok := p.CalendarName()
	layout := "2 Jan"
	if !ok || p.Start.Year() != p.End.Year() {
		layout += " 2006"
	}
	date := func(t time.Time) string {
		if _, whole := Date(t); whole {
			return t.Format(layout)
		}
		return t.Format(layout + " 15:04")
	}
	text := date(p.Start) + " to " + date(p.End)
	about := zoneName(p.Start.Location()) + ", " + p.hours() + " h"
	if ok {
		return name + " (" + text + ", " + about + ")"
	}
	return text + " (" + about + ")"
}

// hours is the length in hours, to the thousandth.
func (p Period) hours() string {
	return strconv.FormatFloat(math.Round(p.Hours()*1000)/1000, 'f', -1, 64)
}

// CalendarName is the grammar's name of the year, quarter, month, week or day that p is exactly in its zone; ok is false
// where it is none.
func (p Period) CalendarName() (name string, ok bool) {
	zone, length := p.Start.Location(), p.End.Sub(p.Start)
	for _, u := range units {
		if !u.mayLast(length) {
			continue
		}
		day := u.containing(p.Start)
		if firstInstant(day, zone).Equal(p.Start) && firstInstant(u.add(day, 1), zone).Equal(p.End) {
			return u.name(day), true
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
	return Day.name(day), firstInstant(day, t.Location()).Equal(t)
}

// compact is RFC 3339's basic form in UTC, with milliseconds where there are any.
func compact(t time.Time) string {
	return strings.Replace(t.UTC().Format("20060102T150405.000Z"), ".000Z", "Z", 1)
}
