package api

import (
	"net/http"
	"strings"
	"time"
)

// longestAsked bounds what a Retry-After can say, so that no arithmetic on it overflows.
const longestAsked = 365 * 24 * time.Hour

// parseRetryAfter reads Retry-After (RFC 9110, section 10.2.3): seconds, or an HTTP date, which is taken relative to
// now. It is 0 for a value that is absent, unreadable, zero or past, all of which leave
// the pace to us.
func parseRetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, ok := parseDigits(value); ok {
		return time.Duration(min(seconds, int64(longestAsked/time.Second))) * time.Second
	}
	date, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(0, date.Sub(now)), longestAsked)
}

// retryAfter takes a date relative to the server's own clock where the response has it: ours may be wrong.
func retryAfter(header http.Header) time.Duration {
	now := dateOf(header)
	if now.IsZero() {
		now = time.Now()
	}
	return parseRetryAfter(header.Get("Retry-After"), now)
}

// dateOf returns the server's clock, zero when the response does not tell it.
func dateOf(header http.Header) time.Time {
	date, err := http.ParseTime(header.Get("Date"))
	if err != nil {
		return time.Time{}
	}
	return date
}
