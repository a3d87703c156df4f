package api

import (
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

func TestRetryable(t *testing.T) {
	for _, tc := range []struct {
		status int
		kind   charge.Kind
		want   bool
	}{
		{0, charge.KindTemporary, true},
		{0, charge.KindCertificate, false},
		{0, charge.KindUsage, false}, // a proxy variable that is no URL
		{200, charge.KindTemporary, true},
		{200, charge.KindInternal, false}, // an id that is not safe stays so
		{204, charge.KindTemporary, true},
		{302, charge.KindRefused, false},
		{400, charge.KindUsage, false},
		{401, charge.KindAuth, false},
		{404, charge.KindNotFound, false},
		{404, charge.KindTemporary, false},
		{408, charge.KindTemporary, true},
		{409, charge.KindUsage, false},
		{425, charge.KindTemporary, true},
		{429, charge.KindTemporary, true},
		{500, charge.KindTemporary, true},
		{501, charge.KindTemporary, true},
		{599, charge.KindTemporary, true},
	} {
		if got := retryable(tc.status, tc.kind); got != tc.want {
			t.Errorf("retryable(%d, %s) = %v", tc.status, tc.kind, got)
		}
	}
}

func TestPause(t *testing.T) {
	const ms, s = time.Millisecond, time.Second
	for _, tc := range []struct {
		name         string
		tries, limit int
		spent, asked time.Duration
		jitter       float64
		wait         time.Duration
		again        bool
	}{
		{"first, least", 1, 5, 0, 0, 0, 250 * ms, true},
		{"first, half way", 1, 5, 0, 0, 0.5, 375 * ms, true},
		{"doubles", 2, 5, s, 0, 0, 500 * ms, true},
		{"fourth", 4, 5, s, 0, 0, 2 * s, true},
		{"longest", 9, 99, s, 0, 0, 4 * s, true},
		{"far beyond the longest", 60, 99, s, 0, 0, 4 * s, true},
		{"tries used up", 5, 5, s, 0, 0, 0, false},
		{"tries used up, asked to come back", 5, 5, s, s, 0, 0, false},
		{"once", 1, 1, 0, 0, 0, 0, false},
		{"the wait ends in time", 2, 5, 29 * s, 0, 0, 500 * ms, true},
		{"the wait ends too late", 2, 5, 29500 * ms, 0, 0, 500 * ms, false},
		{"asked", 1, 5, 0, 7 * s, 0.9, 7 * s, true},
		{"asked for long enough to leave the window", 1, 5, 29 * s, 60 * s, 0, 60 * s, true},
		{"asked, but the window is over", 2, 5, 30 * s, s, 0, s, false},
		{"asked for too much", 1, 5, 0, 61 * s, 0, 0, false},
	} {
		wait, again := pause(tc.tries, tc.limit, tc.spent, tc.asked, tc.jitter)
		if wait != tc.wait || again != tc.again {
			t.Errorf("%s: %v, %v; want %v, %v", tc.name, wait, again, tc.wait, tc.again)
		}
	}
}

func TestParseRetryAfter(t *testing.T) {
	now := time.Date(2026, 3, 3, 14, 5, 0, 0, time.UTC)
	for value, want := range map[string]time.Duration{
		"":                                   0,
		"0":                                  0,
		"7":                                  7 * time.Second,
		" 7 ":                                7 * time.Second,
		"007":                                7 * time.Second,
		"-7":                                 0,
		"+7":                                 0,
		"1.5":                                0,
		"7s":                                 0,
		"99999999999999999999999":            longestAsked,
		"Tue, 03 Mar 2026 14:05:42 GMT":      42 * time.Second,
		"Tuesday, 03-Mar-26 14:05:42 GMT":    42 * time.Second,
		"Tue Mar  3 14:05:42 2026":           42 * time.Second,
		"Tue, 03 Mar 2026 14:04:59 GMT":      0,
		"Fri, 31 Dec 9999 23:59:59 GMT":      longestAsked,
		"Tue, 03 Mar 2026 14:05:42 +0200":    0,
		"2026-03-03T14:05:42Z":               0,
		"Tue, 03 Mar 2026 14:05:42 GMT, 120": 0,
	} {
		if got := parseRetryAfter(value, now); got != want {
			t.Errorf("parseRetryAfter(%q) = %v, want %v", value, got, want)
		}
	}
}

func FuzzRetryAfter(f *testing.F) {
	for _, seed := range []string{"", "7", "-1", "99999999999999999999999", "Tue, 03 Mar 2026 14:05:42 GMT", "NaN"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		if got := parseRetryAfter(value, time.Unix(0, 0)); got < 0 || got > longestAsked {
			t.Errorf("parseRetryAfter(%q) = %v", value, got)
		}
	})
}
