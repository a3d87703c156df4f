package api

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	maxTries      = 5
	retryWindow   = 30 * time.Second // no try starts later than this after the first one
	firstPause    = 500 * time.Millisecond
	doublings     = 4 // of the first pause, to 8 s
	maxRetryAfter = time.Minute

	conflictWindow = 10 * time.Second // how long a 409 may mean that an earlier attempt is still in progress
	conflictStep   = time.Second

	// longestAsked bounds a Retry-After, so that no arithmetic on it overflows.
	longestAsked = 365 * 24 * time.Hour
)

// retryable reports whether the same request may work when sent again, from the status (0 when no response came) and
// the kind of the error. A 2xx is here when it came without its object. A page of a proxy under 404 is temporary too,
// but only to those who come back later: it does not go away within seconds.
func retryable(status int, kind charge.Kind) bool {
	passing := []int{0, http.StatusRequestTimeout, http.StatusTooEarly, http.StatusTooManyRequests}
	return kind == charge.KindTemporary && (slices.Contains(passing, status) || status >= 500 || status/100 == 2)
}

// pause returns how long to wait before the next try, and whether there is one. tries is how many were made of limit,
// spent the time since the first one began without the waits that Retry-After asked for, asked the Retry-After of
// the last answer (0 for none), jitter a random number in [0, 1).
func pause(tries, limit int, spent, asked time.Duration, jitter float64) (wait time.Duration, again bool) {
	if tries >= limit || asked > maxRetryAfter {
		return 0, false
	}
	if asked > 0 {
		return asked, spent < retryWindow
	}
	full := firstPause << min(tries-1, doublings)
	wait = full/2 + time.Duration(jitter*float64(full/2))
	return wait, spent+wait < retryWindow
}

// retryAfter is how long the server asks to wait. It takes a date relative to the server's own clock where the
// response has it: ours may be wrong.
func retryAfter(header http.Header) time.Duration {
	now := dateOf(header)
	if now.IsZero() {
		now = time.Now()
	}
	return parseRetryAfter(header.Get("Retry-After"), now)
}

// parseRetryAfter reads Retry-After (RFC 9110, section 10.2.3): seconds, or an HTTP date, which is taken relative to
// now. It is 0 for a value that is absent, unreadable, zero or past, all of which leave the pace to us.
func parseRetryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds := decimal(value); seconds >= 0 {
		return time.Duration(min(seconds, int64(longestAsked/time.Second))) * time.Second
	}
	date, _ := http.ParseTime(value) // zero, and so past, where it is none
	return min(max(0, date.Sub(now)), longestAsked)
}

// dateOf returns the server's clock, zero when the response does not tell it.
func dateOf(header http.Header) time.Time {
	date, _ := http.ParseTime(header.Get("Date"))
	return date
}
