package cli

import (
	"testing"

	"github.com/chargectl/chargectl/internal/sandbox"
)

// sandboxOutcome is what comes out against a sandbox with one fault: of the command, and then, the fault still there,
// of the command that the hint says to continue with. "-" is where there is no such hint.
type sandboxOutcome struct {
	first, continued codes
	reports          int // at most; 0 is one
}

// sandboxOutcomes has a row for each fault of the sandbox, as it is without an argument. The columns are create, create
// --wait, create --download; wait, download; sync, sync --receipts.
func sandboxOutcomes() map[string]sandboxOutcome {
	const allWell codes = "0 0 0  0 0  0 0"
	return map[string]sandboxOutcome{
		"slow":            {first: allWell},
		"stuck":           {first: "0 8 8  8 8  8 8", continued: "- 8 8  8 8  8 8"},
		"fails":           {first: "0 6 6  6 6  6 6", reports: 3},
		"late":            {first: "0 0 0  3 3  0 0"},
		"gone":            {first: "0 3 3  3 3  3 3", reports: 2},
		"restate":         {first: allWell},
		"new-status":      {first: allWell},
		"new-fields":      {first: allWell},
		"server-defaults": {first: allWell},
		"lost-create":     {first: allWell},
		"in-progress":     {first: allWell},
		"first-outcome":   {first: allWell},
		"key-for-ever":    {first: allWell},
		"clock-ahead":     {first: "0 0 0  0 0  2 2"}, // at the server the month is not over
		"old-version":     {first: allWell},
		"expanded":        {first: allWell},
		"revoked":         {first: "0 4 4  4 4  4 4", continued: "- 4 4  - -  - -"},
		"flaky":           {first: allWell},
		"rate-limit":      {first: allWell},
		"too-many":        {first: allWell},
		"outage":          {first: allWell},
		"lost-answers":    {first: allWell},
		"proxy-html":      {first: allWell},
		"garbage":         {first: allWell},
		"chaos":           {first: allWell},
		"truncated":       {first: allWell},
		"empty-list":      {first: allWell},
		"listing-hangs":   {first: allWell},
		"listing-fails":   {first: allWell},
		"event-twice":     {first: allWell}, // without an endpoint there is nobody to tell
		"event-late":      {first: allWell},
		"event-lost":      {first: allWell},
		"event-forged":    {first: allWell},
		"event-old":       {first: allWell},
		"events-shuffled": {first: allWell},
		"link-expires":    {first: allWell},
		"file-gone":       {first: "0 0 5  0 5  5 5", continued: "- - 5  - 5  5 5", reports: 2},
		"cut":             {first: allWell},
		"stall":           {first: allWell},
		"html-file":       {first: allWell},
		"no-range":        {first: allWell},
		"etag-moves":      {first: allWell},
		"empty-csv":       {first: allWell},
		"wrong-size":      {first: "0 0 7  0 7  7 7", continued: "- - 7  - -  - -"},
	}
}

// TestSandboxFaults runs the commands of the fault table against a sandbox with each of its faults in turn. A fault that
// nobody has said anything about here is a failure.
func TestSandboxFaults(t *testing.T) {
	known, cells := sandboxOutcomes(), 0
	for _, info := range sandbox.Faults() {
		want, ok := known[info.Name]
		if !ok {
			t.Errorf("what comes of the fault %s? Give it a row", info.Name)
			continue
		}
		if want.continued == "" {
			want.continued = none
		}
		fault, err := sandbox.ParseFault(info.Name)
		if err != nil {
			t.Fatal(err)
		}
		continued := map[string]int{}
		eachColumn(t, want.continued, func(col column, code int) { continued[col.name] = code })
		eachColumn(t, want.first, func(col column, code int) {
			cells++
			inCell(t, info.Name+"/"+col.name, col, []sandbox.Fault{fault}, func(c *cell) {
				c.reports = max(want.reports, 1)
				args, hinted := c.hint(c.runWithFault(code))
				then, ok := continued[col.name]
				if hinted != ok {
					c.t.Fatalf("says how to continue: %v, and should: %v", hinted, ok)
				}
				if hinted {
					c.wantEnd(then, args)
				}
			})
		})
		delete(known, info.Name)
	}
	for name := range known {
		t.Errorf("there is no fault %s", name)
	}
	t.Logf("%d cells", cells)
}
