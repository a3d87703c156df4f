package output

import (
	"fmt"
	"strings"
	"time"
)

// span prints a duration for people, to the second below an hour: 12s, 1m30s, 2h5m.
func span(d time.Duration) string {
	d = max(0, d.Round(time.Second))
	if d >= time.Hour {
		d = d.Round(time.Minute)
	}
	text := d.String()
	for _, zero := range []string{"m0s", "h0m"} {
		if strings.HasSuffix(text, zero) {
			text = strings.TrimSuffix(text, zero[1:])
		}
	}
	return text
}

// size prints a number of bytes in decimal units (SI), as file managers and drives do.
func size(bytes int64) string {
	const unit = 1000
	if bytes < unit {
		return fmt.Sprintf("%d B", bytes)
	}
	value, prefix := float64(bytes)/unit, 0
	for value >= unit && prefix < len("kMGTPE")-1 {
		value /= unit
		prefix++
	}
	return fmt.Sprintf("%.1f %cB", value, "kMGTPE"[prefix])
}

// ago prints an instant relative to now, the way a person would say it.
func ago(now, then time.Time) string {
	d := now.Sub(then)
	if d < 0 {
		return "in " + about(-d)
	}
	if d < time.Minute {
		return "just now"
	}
	return about(d) + " ago"
}

func about(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Minute:
		return "a moment"
	case d < time.Hour:
		return count(d/time.Minute, "minute")
	case d < day:
		return count(d/time.Hour, "hour")
	case d < 30*day:
		return count(d/day, "day")
	case d < 365*day:
		return count(d/(30*day), "month")
	default:
		return count(d/(365*day), "year")
	}
}

func count(n time.Duration, unit string) string {
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}
