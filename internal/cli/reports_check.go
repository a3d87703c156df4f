package cli

import (
	"cmp"
	"context"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/folder"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/reports"
	"github.com/chargectl/chargectl/internal/term"
)

type checkOptions struct{ folderFlags }

func (o *checkOptions) addFlags(fs *pflag.FlagSet) {
	o.folderFlags.addFlags(fs, "the folder to check")
}

func newReportsCheckCmd(app *App) *cobra.Command {
	var o checkOptions
	return app.withFlags(&cobra.Command{
		Use:   "check --type TYPE",
		Short: "Say what is missing in a folder, and what has changed; changes nothing",
		Long: `Takes the flags that tell sync what a folder should hold, and says of each file whether it is ok, open (its period has
not ended), missing, changed (its size or SHA-256 is not its receipt's) or wrong (its receipt is for something else). Only
files that were written with --receipts can be compared; of others it is known that they are there. With fleets by id, or
the whole account, it needs neither key nor network.

Ends with 0 where all is there, 7 where something is changed or wrong, 10 where something is missing.`,
		Example: `  # complete a folder, with a receipt beside each file
  chargectl reports sync --type charging_summary --since 2026-01 --dir reports --receipts
  # what is missing in it by now, and what is not what its receipt says
  chargectl reports check --type charging_summary --since 2026-01 --dir reports
  # the paths of the latter, for a script
  chargectl reports check --type charging_summary --since 2026-01 --dir reports --jq '.items[] | select(.state == "changed" or .state == "wrong").path'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runCheck(cmd.Context(), app, o) },
	}, &o, &app.format)
}

func runCheck(ctx context.Context, app *App, o checkOptions) error {
	cfg, err := app.Config()
	if err != nil {
		return err
	}
	w, err := o.wanted(cfg)
	if err != nil {
		return err
	}
	if err := w.findScopes(ctx, app); err != nil {
		return err
	}
	items, err := folder.Plan(w.options, folder.NewListing(w.dir, w.options.Name, nil).Find)
	if err != nil {
		return err
	}
	shown := newCheckSheet(app, w)
	if err := folder.Check(ctx, w.dir, items, app.guard, shown.add); err != nil {
		return err
	}
	if err := shown.close(); err != nil {
		return err
	}
	return shown.end(app, w)
}

// checkDocument is the JSON form of a check. Fields are only ever added.
type checkDocument struct {
	Items  []checkItem          `json:"items"`
	Totals map[folder.State]int `json:"totals"`
}

type checkItem struct {
	Path   string       `json:"path"`
	Fleet  *string      `json:"fleet"`
	Period string       `json:"period"`
	Start  string       `json:"start"`
	End    string       `json:"end"`
	State  folder.State `json:"state"`
	Reason string       `json:"reason"`
	Notes  []string     `json:"notes"`
}

// checkSheet takes what a check finds, in the plan's order, and prints it: lines at once, all else at the end.
type checkSheet struct {
	out      *output.Output
	lines    *output.Sheet // nil at a terminal, which gets a grid
	scopes   []folder.Scope
	dir      string
	document checkDocument
	findings []folder.Finding  // without their receipts
	names    map[string]string // of fleets, by their ids, as receipts have them
	receipts bool              // there is one
}

func newCheckSheet(app *App, w *wantedFolder) *checkSheet {
	s := &checkSheet{out: app.out, scopes: w.options.Scopes, dir: w.dir, names: map[string]string{}}
	s.document = checkDocument{Items: []checkItem{}, Totals: map[folder.State]int{}}
	for _, state := range folder.States() {
		s.document.Totals[state] = 0
	}
	if !app.toPeople() {
		s.lines = app.out.Sheet(output.Shape{Live: true})
	}
	return s
}

func (s *checkSheet) path(f folder.Finding) string {
	return filepath.Join(s.dir, filepath.FromSlash(f.Name))
}

// add is called with each finding; whatever cannot be written, close returns.
func (s *checkSheet) add(f folder.Finding) {
	s.document.Totals[f.State]++
	if receipt := f.Receipt; receipt != nil {
		s.receipts, f.Receipt = true, nil
		if receipt.Fleet != nil {
			s.names[receipt.Fleet.ID] = receipt.Fleet.Name
		}
	}
	s.findings = append(s.findings, f)
	if s.lines == nil {
		return
	}
	if !s.out.Structured() {
		cells := []output.Cell{{Text: s.path(f), Kind: output.PathCell}, {Text: string(f.State), Kind: output.StatusCell}, {Text: f.Reason}}
		_ = s.lines.Add(output.Row{Cells: cells})
		return
	}
	item := checkItem{
		Path: s.path(f), Period: f.Period.Label(), Start: charge.FormatInstant(f.Period.Start), End: charge.FormatInstant(f.Period.End),
		State: f.State, Reason: f.Reason, Notes: append([]string{}, f.Notes...),
	}
	if fleet := f.Scope.Fleet.ID; fleet != "" {
		item.Fleet = &fleet
	}
	if s.out.Lines() {
		_ = s.out.Document(item) // the screen remembers the error
		return
	}
	s.document.Items = append(s.document.Items, item)
}

func (s *checkSheet) close() error {
	switch {
	case s.lines == nil:
		return s.out.Grid(s.grid())
	case s.out.Structured() && !s.out.Lines():
		return s.lines.CloseWith(s.document)
	}
	return s.lines.Close()
}

func (s *checkSheet) grid() output.Grid {
	states := []output.GridState{ // in the order of folder.States
		{Word: "ok", Mark: "✓", Color: term.Green}, {Word: "open", Mark: "·", Color: term.Cyan}, {Word: "missing", Mark: "✗", Color: term.Magenta},
		{Word: "changed", Mark: "!", Color: term.Red}, {Word: "wrong", Mark: "?", Color: term.Red},
	}
	numbers := map[folder.State]int{}
	for i, state := range folder.States() {
		numbers[state] = i
	}
	var items []folder.Item
	var below []string
	scopes := slices.Clone(s.scopes)
	for i := range scopes { // a receipt knows the name of a fleet that was given by its id
		scopes[i].Fleet.Name = cmp.Or(scopes[i].Fleet.Name, s.names[scopes[i].Fleet.ID])
	}
	for _, f := range s.findings {
		items = append(items, f.Item)
		if len(f.Notes) > 0 { // the end tells of what is not right
			below = append(below, s.path(f)+": "+f.Reason)
		}
	}
	return gridOf(scopes, items, states, func(i int) int { return numbers[s.findings[i].State] }, below)
}

// end is how the check ended: what is changed, wrong or missing is an error, with the sync that puts it right.
func (s *checkSheet) end(app *App, w *wantedFolder) error {
	same := w.same()
	for _, form := range []string{"json", "jsonl", "jq", "quiet"} { // in which this one was printed
		same[form] = nil
	}
	if w.sameLater() {
		same["as-of"] = nil
	}
	if s.receipts {
		same["receipts"] = []string{"true"}
	}
	outcomes := make([]reports.Outcome, len(s.findings))
	for i, f := range s.findings {
		outcomes[i] = reports.Outcome{Item: &s.findings[i].Item, Path: s.path(f), Started: true}
	}
	sync := app.continuation("reports sync", new(syncOptions), nil, same).String()
	for i, f := range s.findings {
		why := &charge.Error{Op: "check " + outcomes[i].Path, Reason: f.Reason}
		switch f.State {
		case folder.StateChanged, folder.StateWrong:
			why.Kind, why.Hint = charge.KindOutput, "move away what is not right, then run: "+sync
		case folder.StateMissing:
			why.Kind, why.Reason, why.Hint = charge.KindMissing, "missing", "complete the folder with: "+sync
		default:
			continue
		}
		outcomes[i].Err = why
	}
	return exit.Join(failures(outcomes))
}
