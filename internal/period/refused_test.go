package period

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/chargectl/chargectl/internal/charge"
)

// maxReason is enough for maxEcho bytes when each is escaped, and the words around them.
const maxReason = 4*maxEcho + 180

// refused checks what every refusal owes: the kind, one short line of text, and words that say what and how.
func refused(t *testing.T, err error, words ...string) {
	t.Helper()
	if err == nil || charge.KindOf(err) != charge.KindUsage {
		t.Fatalf("got %v, want a usage error", err)
	}
	text := err.Error()
	if len(text) > maxReason || strings.ContainsAny(text, "\n\r\t") || !utf8.ValidString(text) || strings.HasSuffix(text, ".") {
		t.Errorf("not one short line: %q", text)
	}
	for _, word := range words {
		if !strings.Contains(text, word) {
			t.Errorf("%q does not say %q", text, word)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	cases := []struct {
		text  string
		words []string
	}{
		{"", []string{"empty", "2026-04"}},
		{"lst-month", []string{"did you mean last-month?"}},
		{"Yesteray", []string{"did you mean yesterday?"}},
		{"april", []string{"did you mean 2026-04?"}},
		{"DEC", []string{"did you mean 2025-12?"}},
		{"march 2024", []string{"did you mean 2024-03?"}},
		{"04/2026", []string{"did you mean 2026-04?"}},
		{"2026/4", []string{"did you mean 2026-04?"}},
		{"13/2026", []string{"the start", "2026-04-15"}},
		{" ", []string{`" "`, "2026-04"}},
		{"2026-04\n", []string{`"2026-04\n"`, "2026-04-15"}},
		{"2026-13", []string{"2026-13", "month", "2026-12"}},
		{"2026-00", []string{"2026-00", "month", "2026-01"}},
		{"2026-Q5", []string{"2026-Q5", "quarter", "2026-Q4"}},
		{"2026-Q0", []string{"2026-Q0", "quarter", "2026-Q1"}},
		{"2026-W54", []string{"2026-W54", "week", "2026-W53"}},
		{"2025-W53", []string{"2025-W53", "week", "2025-W52"}},
		{"2026-W00", []string{"2026-W00", "week", "2026-W01"}},
		{"2026-02-30", []string{"2026-02-30", "day", "2026-02-28"}},
		{"2023-02-29", []string{"2023-02-29", "day", "2023-02-28"}},
		{"2026-13-01", []string{"2026-13-01", "month", "2026-12"}},
		{"20266", []string{"20266", "2026-04"}},
		{"2026-4", []string{"2026-4", "write 2026-04"}},
		{"2026-W4", []string{"2026-W4", "write 2026-W04"}},
		{"2026-04-1", []string{"2026-04-1", "write 2026-04-01"}},
		{"٢٠٢٦-٠٤", []string{"٢٠٢٦-٠٤", "2026-04"}},
		{"2026‑04", []string{"2026-04"}},
		{"last month", []string{"last month", "last-month"}},
		{"next-month", []string{"next-month", "last-month"}},
		{"this-day", []string{"this-day", "last-month"}},
		{"last-", []string{"last-month"}},
		{"-month", []string{"last-month"}},
		{"..", []string{`".."`, "2026-01..2026-03"}},
		{"2026-01..", []string{"2026-01..", "2026-01..2026-03"}},
		{"..2026-01", []string{"..2026-01", "2026-01..2026-03"}},
		{"2026-01...2026-03", []string{".2026-03", "2026-03"}},
		{"2026-01..2026-02..2026-03", []string{"2026-02..2026-03", "2026-04"}},
		{"2026-05..2026-01", []string{"2026-05..2026-01", "2026-01..2026-05"}},
		{"2026-13..2026-01", []string{"2026-13", "2026-12"}},
		{"2026-01..2026-13", []string{"2026-13", "2026-12"}},
		{"/", []string{`"/"`, "2026-04-01/2026-05-01"}},
		{"2026-04/", []string{"2026-04/", "2026-04-01/2026-05-01"}},
		{"/P1M", []string{"/P1M", "2026-04-01/P1M"}},
		{"Mars/Base", []string{"Mars", "2026-04-15"}},
		{"2026-04-01/Base", []string{"Base", "2026-04-15"}},
		{"2026-04/2026-05", []string{"the start", "2026-04", "2026-04-15"}},
		{"2026-04-01/2026-05-01/2026-06-01", []string{"the end", "2026-04-15"}},
		{"2026-02-30/P1M", []string{"2026-02-30", "2026-02-28"}},
		{"P1M/2026-02-30", []string{"2026-02-30", "2026-02-28"}},
		{"P1M", []string{"P1M", "length", "2026-04-15/P1M"}},
		{"P1M/P1M", []string{"P1M", "2026-04-15"}},
		{"2026-04-01/P", []string{`"P"`, "length", "P1M"}},
		{"2026-04-01/P0D", []string{`"P0D"`, "length", "P1M"}},
		{"2026-04-01/P1X", []string{`"P1X"`, "length", "P1M"}},
		{"p1x/2026-04-01", []string{`"p1x"`, "length", "P1M"}},
		{"2026-04-01/PT", []string{`"PT"`, "length", "P1M"}},
		{"2026-04-01/P12345D", []string{`"P12345D"`, "length", "P1M"}},
		{"2026-04-01/P-1D", []string{`"P-1D"`, "length", "P1M"}},
		{"2026-04-01/2026-04-01", []string{"does not end after it starts", "2026-04-01/2026-05-01"}},
		{"2026-05-01/2026-04-01", []string{"does not end after it starts", "2026-04-01/2026-05-01"}},
		{"2026-04-01T00:00:00.0001Z/P1D", []string{"millisecond", "three decimals", "00:00:00.000Z"}},
		{"2026-04-01T00:00:00.0000000001Z/P1D", []string{"2026-04-15T00:00:00+02:00"}},
		{"2026-04-01T24:00Z/P1D", []string{"T24:00Z", "23:59:59"}},
		{"2026-04-01T12:60Z/P1D", []string{"T12:60Z", "23:59:59"}},
		{"2026-04-01T23:59:60Z/P1D", []string{"T23:59:60Z", "23:59:59"}},
		{"2026-04-01 00:00/P1D", []string{"2026-04-01 00:00", "2026-04-15T00:00:00+02:00"}},
		{"2026-04-01T00:00+0200/P1D", []string{"+0200", "2026-04-15T00:00:00+02:00"}},
		{"2026-03-29T02:30/P1D", []string{"does not exist in Europe/Paris", "2026-03-29T03:00:00+02:00"}},
		{"2026-10-25T02:30/P1D", []string{"twice in Europe/Paris", "2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"}},
		{"1969", []string{"1969", "1970 to 9998"}},
		{"0000", []string{"0000", "1970 to 9998"}},
		{"9999", []string{"9999", "1970 to 9998"}},
		{"9998-12-31/P2D", []string{"9998-12-31/P2D", "1970 to 9998"}},
		{"2026-01-01/P9999Y9999M9999W9999DT9999H", []string{"1970 to 9998"}},
		{"P9999Y/2026-01-01", []string{"1970 to 9998"}},
		{strings.Repeat("2026-04", 10000), []string{"…", "2026-04"}},
		{strings.Repeat("é", 10000) + "/P1M", []string{"…", "2026-04-15"}},
		{strings.Repeat("9", 10000) + "..2026", []string{"…", "2026-04"}},
		{strings.Repeat("/", 10000), []string{"…", "2026-04-01"}},
	}
	paris := zoneOf(t, "Europe/Paris")
	for _, c := range cases {
		t.Run(charge.Clip(c.text, 40), func(t *testing.T) {
			_, err := Parse(c.text, instant(t, thursday), paris)
			refused(t, err, c.words...)
		})
	}
}

func TestSkippedDayIsRefused(t *testing.T) {
	apia, now := zoneOf(t, "Pacific/Apia"), instant(t, thursday)
	for _, text := range []string{"2011-12-30", "2011-12-30..2012-01", "2011-12-01..2011-12-30", "2011-12-30/P1D", "2011-12-01/2011-12-30"} {
		_, err := Parse(text, now, apia)
		refused(t, err, "2011-12-30: that day does not exist in Pacific/Apia", "2011-12-29", "2011-12-31")
	}
	_, err := ParseAsOf("2011-12-30", apia)
	refused(t, err, "does not exist in Pacific/Apia")
}

func TestZoneNameOfThisMachine(t *testing.T) {
	if got := zoneName(time.Local); got != "local" {
		t.Errorf("the machine's zone is called %q", got)
	}
}
