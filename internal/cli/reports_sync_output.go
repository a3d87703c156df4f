package cli

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/folder"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/progress"
	"github.com/chargectl/chargectl/internal/reports"
	"github.com/chargectl/chargectl/internal/term"
)

// planDocument is the JSON form of sync: the plan with what became of it. Fields are only ever added.
type planDocument struct {
	Items []planItem `json:"items"`
}

type planItem struct {
	Path    string          `json:"path"`
	Fleet   *string         `json:"fleet"`
	Period  string          `json:"period"`
	Start   string          `json:"start"`
	End     string          `json:"end"`
	Zone    string          `json:"timezone"`
	Action  string          `json:"action"`
	Reason  string          `json:"reason"`
	OnDisk  bool            `json:"on_disk"`
	Report  json.RawMessage `json:"report"`
	Attempt int             `json:"attempt"`
	Changed bool            `json:"changed"`
	Older   *string         `json:"previous"`
	Error   *exit.Object    `json:"error"`
}

func planDocumentOf(outcomes []reports.Outcome) planDocument {
	doc := planDocument{Items: []planItem{}}
	for _, o := range outcomes {
		doc.Items = append(doc.Items, planItemOf(o))
	}
	return doc
}

func planItemOf(o reports.Outcome) planItem {
	item := planItem{
		Path: o.Path, Period: o.Period.Label(), Start: charge.FormatInstant(o.Period.Start), End: charge.FormatInstant(o.Period.End),
		Zone: o.Scope.Zone.String(), Action: string(o.Action), Reason: o.Reason, OnDisk: o.OnDisk, Report: o.Report,
		Attempt: o.Attempt, Changed: o.Previous != "", Error: exit.ObjectOf(o.Err),
	}
	if item.Changed {
		item.Older = &o.Previous
	}
	if fleet := o.Scope.Fleet.ID; fleet != "" {
		item.Fleet = &fleet
	}
	return item
}

// showItems prints items that have ended, where JSON Lines were asked for; all other forms are printed at the end.
func showItems(out *output.Output, outcomes ...reports.Outcome) {
	if !out.Lines() {
		return
	}
	for _, o := range outcomes {
		_ = out.Document(planItemOf(o)) // the screen remembers the error
	}
}

// closePlan ends the sheet of a plan with its JSON form.
func closePlan(out *output.Output, sheet *output.Sheet, outcomes []reports.Outcome) error {
	if out.Lines() || !out.Structured() { // a plan may be long: no document of it where nobody asked
		return sheet.Close()
	}
	return sheet.CloseWith(planDocumentOf(outcomes))
}

// showPlan prints a plan that is not carried out: a grid at a terminal, else a line for each item.
func showPlan(app *App, scopes []folder.Scope, outcomes []reports.Outcome) error {
	if app.toPeople() {
		return app.out.Grid(planGrid(scopes, outcomes))
	}
	showItems(app.out, outcomes...)
	sheet := app.out.Sheet(output.Shape{Live: true})
	for _, o := range outcomes {
		_ = sheet.Add(output.Row{Cells: []output.Cell{ // closePlan has the error
			{Text: o.Path, Kind: output.PathCell}, {Text: charge.FormatInstant(o.Period.Start)}, {Text: charge.FormatInstant(o.Period.End)},
			{Text: string(o.Action)}, {Text: o.Reason},
		}})
	}
	return closePlan(app.out, sheet, outcomes)
}

// planGrid shows what sync would do about each item.
func planGrid(scopes []folder.Scope, outcomes []reports.Outcome) output.Grid {
	actions := []folder.Action{folder.ActionSkip, folder.ActionCreate, folder.ActionRefresh, folder.ActionRecheck, folder.ActionRefuse, folder.ActionOpen}
	const listed = 6 // skipped, and not on disk
	states := []output.GridState{
		{Word: "on disk", Mark: "✓", Color: term.Green}, {Word: "missing", Mark: "✗", Color: term.Magenta},
		{Word: "to refresh", Mark: "*", Color: term.Cyan}, {Word: "to recheck", Mark: "=", Color: term.Cyan}, {Word: "refused", Mark: "!", Color: term.Red},
		{Word: "not closed", Mark: "·", Color: term.Cyan}, {Word: "in the list", Mark: "-", Color: term.Green},
	}
	var items []folder.Item
	var below []string
	for _, o := range outcomes {
		items = append(items, *o.Item)
		if o.Action == folder.ActionRefuse {
			below = append(below, o.Path+": "+o.Reason)
		}
	}
	state := func(i int) int {
		if items[i].Listed() {
			return listed
		}
		return slices.Index(actions, items[i].Action)
	}
	return gridOf(scopes, items, states, state, below)
}

// countFiles says how many files there should be at the end, and how many of them need nothing.
func countFiles(observer *progress.Progress, dir string, outcomes []reports.Outcome) {
	wanted, there := 0, 0
	for _, o := range outcomes {
		if o.Action != folder.ActionOpen && !o.Listed() {
			wanted++
		}
		if o.Action == folder.ActionSkip && !o.Listed() {
			there++
		}
	}
	observer.Files(dir, wanted, there)
}

// showOutcomes prints the path of every item that is on disk, in plan order, and gathers what went wrong: what ended the
// run before its plan, where something did, and what ended items.
func showOutcomes(out *output.Output, outcomes []reports.Outcome, ended error) error {
	const together = 256 // lines in a write
	sheet := out.Sheet(output.Shape{Live: true})
	rows, cells := make([]output.Row, 0, together), make([]output.Cell, together)
	for some := range slices.Chunk(outcomes, together) {
		rows = rows[:0]
		for i, o := range some {
			if o.OnDisk {
				cells[i] = output.Cell{Text: o.Path, Kind: output.PathCell}
				rows = append(rows, output.Row{Cells: cells[i : i+1]})
			}
		}
		_ = sheet.Add(rows...) // closePlan has the error
	}
	if err := closePlan(out, sheet, outcomes); err != nil {
		return err
	}
	return exit.Join(failures(outcomes), ended)
}

// failures are how the items of a plan ended, by their periods, and by fleet where there are several.
func failures(outcomes []reports.Outcome) error {
	if !slices.ContainsFunc(outcomes, func(o reports.Outcome) bool { return o.Err != nil }) {
		return nil
	}
	noun, items := "periods", make([]exit.Item, len(outcomes))
	for i, o := range outcomes {
		items[i] = exit.Item{Err: o.Err, Tried: !o.NotStarted()}
		fleet, several := o.Scope.Fleet, false
		if fleet.ID != outcomes[0].Scope.Fleet.ID || fleet.ID != outcomes[len(outcomes)-1].Scope.Fleet.ID {
			noun, several = "files", true
		}
		if o.Err == nil {
			continue
		}
		items[i].Name = o.Period.Label()
		if several {
			items[i].Name += " of " + cmp.Or(fleet.Name, fleet.ID, "the whole account")
		}
	}
	return exit.Items(noun, items)
}

// noteOpen says which periods are not closed yet, once each.
func noteOpen(notes *progress.Log, items []folder.Item) {
	said := map[string]bool{}
	for _, item := range items {
		if item.Action != folder.ActionOpen {
			continue
		}
		if line := item.Period.Label() + " is not synced yet: " + item.Reason; !said[line] {
			said[line] = true
			notes.Note(line)
		}
	}
}

// sentence says in one line what there is to do: at a terminal in short, with fleets by name, else with instants in UTC.
func (j *syncJob) sentence(ctx context.Context, app *App, items []folder.Item, mode charge.Mode) string {
	const listed = folder.Action("listed") // skipped, and not on disk
	counts := map[folder.Action]int{}
	for _, item := range items {
		if item.Listed() {
			counts[listed]++
		} else {
			counts[item.Action]++
		}
	}
	var words []string
	for _, kind := range []struct {
		action folder.Action
		word   string
	}{
		{folder.ActionSkip, "on disk"}, {listed, "in the list"}, {folder.ActionCreate, "missing"}, {folder.ActionRefresh, "to refresh"}, {folder.ActionRecheck, "to recheck"},
		{folder.ActionOpen, "not closed"}, {folder.ActionRefuse, "refused"},
	} {
		if n := counts[kind.action]; n > 0 {
			words = append(words, fmt.Sprintf("%d %s", n, kind.word))
		}
	}
	todo := strings.Join(words, ", ")
	first, last := items[0], items[len(items)-1]
	whose, zone := "the whole account", "each fleet's own zone"
	if j.zones.zone != nil {
		zone = first.Scope.Zone.String()
	}
	switch n := len(j.options.Scopes); {
	case n > 1:
		whose = fmt.Sprintf("%d fleets", n)
	case first.Scope.Fleet.ID != "":
		whose, zone = "fleet "+first.Scope.Fleet.ID, first.Scope.Zone.String()
	}
	if !app.watched() {
		return fmt.Sprintf("%s for %s (%s mode): %s to %s, %s, into %s: %s", first.Request().Type, whose, mode,
			charge.FormatInstant(first.Period.Start), charge.FormatInstant(last.Period.End), zone, j.sync.Dir, todo)
	}
	if len(j.options.Scopes) == 1 {
		whose = app.fleetName(ctx, first.Scope.Fleet.ID)
	}
	dir, span := j.sync.Dir, first.Period.Label()
	if dir == "." {
		dir = "this folder"
	}
	if end := last.Period.Label(); end != span {
		span += " to " + end
	}
	return strings.Join([]string{first.Request().Type, whose, span + " (" + zone + ")", dir + ": " + todo, string(mode) + " mode"}, " · ")
}
