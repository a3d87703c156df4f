package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/output"
)

func newDoctorCmd(app *App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check the environment that a run would have",
		Long: `Check what a run from here would have: settings, key, folder, locks, zone data, clock, proxy, certificates, the API and
the file host. Run it where the job runs: from cron, in the CI job, in the container. Each line is ok, warn or fail and
says what to do. Exits 0, 4 when there is no good key or nothing can be read about it, or 5 when something else is wrong.`,
		Example: "  chargectl doctor\n  chargectl doctor --json\n  chargectl doctor --jq '.checks[] | select(.state != \"ok\")'",
		Args:    usageArgs(cobra.NoArgs),
		GroupID: groupSetup,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runDoctor(cmd.Context(), app)
		},
	}
	app.format.addFlags(cmd.Flags())
	return cmd
}

// doctorDocument is the JSON form of doctor. Fields are only ever added.
type doctorDocument struct {
	OK     bool      `json:"ok" doc:"whether nothing failed; a warning is no failure"`
	Checks []finding `json:"checks" doc:"the findings, in order"`
}

func runDoctor(ctx context.Context, app *App) error {
	findings := app.diagnose(ctx)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	sheet := app.Out().Sheet(output.Shape{Live: true, TextOnly: true})
	var worst error
	for _, f := range findings {
		row := f.row()
		if err := sheet.Add(row); err != nil {
			return err
		}
		worst = worse(worst, f)
	}
	if err := app.endSheet(sheet, doctorDocument{OK: worst == nil, Checks: findings}); err != nil {
		return err
	}
	return worst
}

// worse keeps the failure that decides the exit code: one about the key before all others.
func worse(worst error, f finding) error {
	if f.State != stateFail || charge.KindOf(worst) == charge.KindAuth && worst != nil {
		return worst
	}
	if f.kind != charge.KindAuth && worst != nil {
		return worst
	}
	return &charge.Error{Kind: f.kind, Op: "doctor", Reason: f.Check + ": " + f.Found, Hint: f.Do}
}

// row is a finding as a line. At a terminal no table is made of it, which would cut the advice to fit.
func (f finding) row() output.Row {
	return output.Row{
		Cells: []output.Cell{
			{Text: f.State, Kind: output.StatusCell},
			{Text: fmt.Sprintf("%*s%-12s", len(stateFail)-len(f.State), "", f.Check)},
			{Text: f.Found, Kind: output.PathCell},
			{Text: f.Do, Kind: output.PathCell},
		},
		Plain: []output.Cell{{Text: f.State, Kind: output.StatusCell}, {Text: f.Check}, {Text: f.Found}, {Text: f.Do}},
	}
}
