package period

// Form is a way to write a period: its syntax, an example that Parse accepts, and what it means in one phrase.
type Form struct {
	Syntax  string
	Example string
	Meaning string
}

// Forms is the grammar of Parse, which the help topic periods shows.
func Forms() []Form {
	return []Form{
		{"today", "today", "the day that a clock in the zone shows, open until midnight"},
		{"yesterday", "yesterday", "the last day that has ended"},
		{"this-week", "this-week", "the week around now, from Monday"},
		{"last-week", "last-week", "the last week that has ended"},
		{"this-month", "this-month", "the month around now"},
		{"last-month", "last-month", "the last month that has ended"},
		{"this-quarter", "this-quarter", "the quarter around now, from January, April, July or October"},
		{"last-quarter", "last-quarter", "the last quarter that has ended"},
		{"this-year", "this-year", "the year around now"},
		{"last-year", "last-year", "the last year that has ended"},
		{"YYYY", "2026", "a year"},
		{"YYYY-Qn", "2026-Q2", "a quarter, 1 to 4"},
		{"YYYY-MM", "2026-04", "a month"},
		{"YYYY-Wnn", "2026-W14", "an ISO week, from Monday; only some years have a week 53"},
		{"YYYY-MM-DD", "2026-04-15", "a day"},
		{"A..B", "2026-01..2026-03", "from the start of A to the end of B, each any of the forms above"},
		{"start/end", "2026-04-01/2026-04-16", "between two dates, without the second"},
		{"start/end", "2026-04-01T06:00:00+02:00/2026-05-01T06:00:00+02:00", "between two instants, or local times of the zone"},
		{"start/length", "2026-01-31/P1M", "a length from a start: PnY, PnM, PnW, PnD, PTnH or together; clamped to the end of a short month"},
		{"length/end", "P1W/2026-04-01", "a length up to an end"},
	}
}
