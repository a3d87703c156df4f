package cli

import (
	"context"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/sandbox"
)

func newSandboxScenariosCmd(app *App) *cobra.Command {
	return app.withFlags(&cobra.Command{
		Use:   "scenarios",
		Short: "List what can go wrong, and how commands end then",
		Long: `A scenario is a set of faults that belong together, to rehearse in, for --scenario of sandbox run and serve. Of
each the list says what the sandbox does, what chargectl does about it, the exit codes of reports create --download, of
reports wait and of reports sync, and whether create has then written the file.

Piped, each is one line: name, the three codes, whole or none, the faults, what the sandbox does, what chargectl does,
separated by tabs.`,
		Example: `  # all of them
  chargectl sandbox scenarios
  # those in which a create does not end with 0
  chargectl sandbox scenarios --jq '.[] | select(.create != 0) | .name'
  # a rehearsal
  chargectl sandbox run --scenario flaky,files-cut -- chargectl reports create --type charging_summary --download`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSandboxScenarios(cmd.Context(), app) },
	}, &app.format)
}

func runSandboxScenarios(_ context.Context, app *App) error {
	sheet := app.out.Sheet(output.Shape{Columns: []string{"NAME", "CREATE", "WAIT", "SYNC", "FILE", "WHAT HAPPENS", "WHAT CHARGECTL DOES"}, Array: true})
	var rows []output.Row
	for _, s := range sandbox.Scenarios() {
		cells := []output.Cell{{Text: s.Name, Kind: output.IDCell}}
		for _, code := range s.Codes {
			cells = append(cells, output.Cell{Text: strconv.Itoa(code)})
		}
		does, must := output.Cell{Text: s.Does, Kind: output.SentenceCell}, output.Cell{Text: s.Must, Kind: output.SentenceCell}
		cells = append(cells, output.Cell{Text: s.File})
		rows = append(rows, output.Row{
			Cells: append(cells[:len(cells):len(cells)], does, must),
			Plain: append(cells[:len(cells):len(cells)], output.Cell{Text: s.FaultList()}, does, must),
			Object: document(struct {
				Name     string   `json:"name"`
				Faults   []string `json:"faults"`
				Timeout  string   `json:"timeout,omitempty"`
				Happens  string   `json:"happens"`
				Does     string   `json:"does"`
				Create   int      `json:"create"`
				Wait     int      `json:"wait"`
				Sync     int      `json:"sync"`
				File     string   `json:"file"`
				WithinMS int64    `json:"within_ms"`
			}{s.Name, append([]string{}, s.Faults...), s.CommandTimeout(), s.Does, s.Must, s.Codes[0], s.Codes[1], s.Codes[2], s.File, s.Within.Milliseconds()}),
		})
	}
	return sheet.Fill(rows...)
}

func notScenario(name string) error {
	var names []string
	for _, known := range sandbox.Scenarios() {
		names = append(names, known.Name)
	}
	problem := charge.Usagef("--scenario %s: there is no such scenario", charge.Clip(name, 40)).WithHint("see: chargectl sandbox scenarios")
	return suggest(problem, "--scenario ", name, names)
}
