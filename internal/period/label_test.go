package period

import (
	"testing"
	"time"
)

func TestLabelAndString(t *testing.T) {
	cases := []struct{ name, text, zone, label, text2 string }{
		{"year", "2026", "Europe/Paris", "2026", "2026"},
		{"year as dates", "2026-01-01/2027-01-01", "Europe/Paris", "2026", "2026"},
		{"year as quarters", "2026-Q1..2026-Q4", "Asia/Tokyo", "2026", "2026"},
		{"quarter", "2026-04..2026-06", "UTC", "2026-Q2", "2026-Q2"},
		{"month", "last-month", "Europe/Paris", "2026-03", "2026-03"},
		{"month as instants", "2026-02-28T23:00Z/2026-03-31T22:00Z", "Europe/Paris", "2026-03", "2026-03"},
		{"the same in another zone", "2026-02-28T23:00Z/2026-03-31T22:00Z", "UTC", "20260228T230000Z-20260331T220000Z", "2026-02-28T23:00:00.000Z/2026-03-31T22:00:00.000Z"},
		{"week over a change of clocks", "2026-03-23/P7D", "Europe/Paris", "2026-W13", "2026-W13"},
		{"week of two years", "2025-12-29/2026-01-05", "America/New_York", "2026-W01", "2026-W01"},
		{"day", "2026-04-15", "Australia/Lord_Howe", "2026-04-15", "2026-04-15"},
		{"day without a midnight", "2018-11-04T03:00Z/P1D", "America/Sao_Paulo", "20181104T030000Z-20181105T030000Z", "2018-11-04/2018-11-05T03:00:00.000Z"},
		{"a day's hours that are no day", "2026-03-29/PT24H", "Europe/Paris", "20260328T230000Z-20260329T230000Z", "2026-03-29/2026-03-29T23:00:00.000Z"},
		{"several months", "2026-01..2026-02", "UTC", "20260101T000000Z-20260301T000000Z", "2026-01-01/2026-03-01"},
		{"from the grammar's example", "2026-01-05T06:00Z/2026-02-05T06:00Z", "Europe/Paris", "20260105T060000Z-20260205T060000Z", "2026-01-05T06:00:00.000Z/2026-02-05T06:00:00.000Z"},
		{"milliseconds", "2026-01-05T06:00:00.5Z/2026-02-05T06:00:00Z", "UTC", "20260105T060000.500Z-20260205T060000Z", "2026-01-05T06:00:00.500Z/2026-02-05T06:00:00.000Z"},
		{"the last of years", "9998-12-31/9999-01-01", "America/New_York", "9998-12-31", "9998-12-31"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := parsed(t, c.text, thursday, c.zone)
			if got := p.Label(); got != c.label {
				t.Errorf("label %s, want %s", got, c.label)
			}
			if got := p.String(); got != c.text2 {
				t.Errorf("string %s, want %s", got, c.text2)
			}
		})
	}
}

func TestDescribe(t *testing.T) {
	cases := []struct{ text, zone, want string }{
		{"2026-03", "Europe/Paris", "period 2026-03: 2026-03-01T00:00:00+01:00 to 2026-04-01T00:00:00+02:00 Europe/Paris (2026-02-28T23:00:00.000Z to 2026-03-31T22:00:00.000Z UTC), 743 hours"},
		{"last-month", "UTC", "period last-month (2026-03): 2026-03-01T00:00:00Z to 2026-04-01T00:00:00Z UTC, 744 hours"},
		{"2026-10-04", "Australia/Lord_Howe", "period 2026-10-04: 2026-10-04T00:00:00+10:30 to 2026-10-05T00:00:00+11:00 Australia/Lord_Howe (2026-10-03T13:30:00.000Z to 2026-10-04T13:00:00.000Z UTC), 23.5 hours"},
		{"2026-04-15/PT1H", "UTC", "period 2026-04-15/PT1H: 2026-04-15T00:00:00Z to 2026-04-15T01:00:00Z UTC, 1 hour"},
		{"2026-04-15T00:00:00.001/2026-04-15T00:20", "UTC", "period 2026-04-15T00:00:00.001/2026-04-15T00:20: 2026-04-15T00:00:00.001Z to 2026-04-15T00:20:00Z UTC, 0.333 hours"},
	}
	for _, c := range cases {
		if got := parsed(t, c.text, thursday, c.zone).Describe(); got != c.want {
			t.Errorf("got  %s\nwant %s", got, c.want)
		}
	}
}

// A report of the server's may carry any instants, and no name.
func TestPeriodOfAnyInstants(t *testing.T) {
	start := instant(t, "2026-04-01T00:00:00Z")
	cases := []struct {
		p     Period
		label string
	}{
		{Period{}, ""},
		{Period{Start: start, End: start}, "20260401T000000Z-20260401T000000Z"},
		{Period{Start: start, End: start.AddDate(0, -1, 0)}, "20260401T000000Z-20260301T000000Z"},
		{Period{Start: start, End: start.AddDate(0, 1, 0)}, "2026-04"},
		{Period{Start: start, End: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)}, "20260401T000000Z-120260101T000000Z"},
	}
	for _, c := range cases {
		if got := c.p.Label(); got != c.label {
			t.Errorf("label %s, want %s", got, c.label)
		}
		if c.p.Describe() == "" || c.p.String() == "" {
			t.Errorf("%s cannot be said", c.label)
		}
	}
}
