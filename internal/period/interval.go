package period

import (
	"regexp"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

var lengthForm = regexp.MustCompile(`^P(?:(\d{1,4})Y)?(?:(\d{1,4})M)?(?:(\d{1,4})W)?(?:(\d{1,4})D)?(?:T(\d{1,4})H)?$`)

// parseInterval reads start/end, start/length and length/end (ISO 8601, time intervals).
func parseInterval(text string, now time.Time) (Period, error) {
	left, right, _ := strings.Cut(text, "/")
	if left == "" || right == "" {
		return Period{}, charge.Usagef("%q lacks its start or its end: write 2026-04-01/2026-05-01 or 2026-04-01/P1M", charge.Clip(text, maxEcho))
	}
	if l, ok := parseLength(right); ok {
		start, err := parsePoint("the start", left, now)
		name := start.name + "/" + strings.ToUpper(right)
		return Period{Name: name, Start: start.instant, End: l.from(start, 1)}, err
	}
	if l, ok := parseLength(left); ok {
		end, err := parsePoint("the end", right, now)
		name := strings.ToUpper(left) + "/" + end.name
		return Period{Name: name, Start: l.from(end, -1), End: end.instant}, err
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
	if err != nil {
		return Period{}, err
	}
	to, err := parsePoint(endLabel, end, now)
	if err != nil {
		return Period{}, err
	}
	return Period{Name: from.name + "/" + to.name, Start: from.instant, End: to.instant}, nil
}

// length is an ISO 8601 duration: months and days are the calendar's, hours are elapsed time.
type length struct{ months, days, hours int }

func parseLength(text string) (length, bool) {
	m := lengthForm.FindStringSubmatch(strings.ToUpper(text))
	if m == nil {
		return length{}, false
	}
	l := length{
		months: 12*number(m[1]) + number(m[2]),
		days:   7*number(m[3]) + number(m[4]),
		hours:  number(m[5]),
	}
	return l, l != length{}
}

// from is the instant the length after p, or before it when sign is -1.
func (l length) from(p point, sign int) time.Time {
	t := p.instant
	if l.months != 0 || l.days != 0 {
		t = firstInstant(addMonths(p.reading, sign*l.months).AddDate(0, 0, sign*l.days), t.Location())
	}
	return t.Add(time.Duration(sign*l.hours) * time.Hour)
}
