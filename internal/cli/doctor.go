package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/api"
	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/doctor"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/output"
)

type doctorOptions struct{ dir, kind, fleet optional }

func (o *doctorOptions) addFlags(fs *pflag.FlagSet) {
	fs.VarP(&o.kind, "type", "t", "`TYPE` type of the reports, such as charging_summary")
	fs.Var(&o.fleet, "fleet", "`FLEET` fleet that reports cover, by id or exact name; \"\" is the whole account")
	fs.Var(&o.dir, "dir", "`FOLDER` folder for the files")
}

func newDoctorCmd(app *App) *cobra.Command {
	var o doctorOptions
	return app.withFlags(&cobra.Command{
		Use:   "doctor",
		Short: "Check the environment that a run would have",
		Long: `It checks all that a run from here depends on. The flags stand for those that the job has. Run it where the job runs: from
cron, in the CI job, in the container. Each line is ok, warn or fail, with what to do. Exits with 0 if nothing failed, else
with the first that applies of 4 (no usable key), 2 (settings, fleet, time zone, proxy, certificates), 7 (folder) and
5 (network or API, which may be temporary).

Checks:
{checks}`,
		Example: `  # what a run from here would have
  chargectl doctor
  # what a job with these flags would have
  chargectl doctor --type charging_summary --dir reports
  # only what is wrong
  chargectl doctor --jq '.checks[] | select(.state != "ok")'`,
		Args:    cobra.NoArgs,
		GroupID: groupSetup,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runDoctor(cmd.Context(), app, o) },
	}, &o, &app.format)
}

// doctorDocument is the JSON form of doctor. Fields are only ever added.
type doctorDocument struct {
	OK     bool             `json:"ok" doc:"whether nothing failed; a warning is no failure"`
	Checks []doctor.Finding `json:"checks" doc:"the findings, in order"`
}

func runDoctor(ctx context.Context, app *App, o doctorOptions) error {
	findings := doctor.Run(ctx, app.doctorDeps(o))
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	sheet := app.out.Sheet(output.Shape{Live: true})
	for _, f := range findings {
		_ = sheet.Add(findingRow(f)) // CloseWith has the error
	}
	worst := doctor.Worst(findings)
	if err := sheet.CloseWith(doctorDocument{OK: worst == nil, Checks: findings}); err != nil {
		return err
	}
	return worst
}

// findingRow is a finding as a line. At a terminal no table is made of it, which would cut the advice to fit.
func findingRow(f doctor.Finding) output.Row {
	return output.Row{
		Cells: []output.Cell{
			{Text: f.State, Kind: output.StatusCell},
			{Text: fmt.Sprintf("%*s%-12s", len(doctor.Fail)-len(f.State), "", f.Check)},
			{Text: f.Found, Kind: output.PathCell},
			{Text: f.Do, Kind: output.PathCell},
		},
		Plain: []output.Cell{{Text: f.State, Kind: output.StatusCell}, {Text: f.Check}, {Text: f.Found}, {Text: f.Do}},
	}
}

// doctorDeps leads the checks to what a run from here would have. The notices of the settings are findings, so the
// settings are read past App.Config, which would print them.
func (a *App) doctorDeps(o doctorOptions) doctor.Deps {
	var cfg *config.Config
	return doctor.Deps{
		Program: a.Build().String(),
		Settings: func() (s doctor.Settings, err error) {
			if cfg, err = config.Load(a.env, a.global.set); err != nil {
				return s, err
			}
			keyFile, _ := cfg.Value("api_key_file")
			return doctor.Settings{
				Path: cfg.Path, Profile: cfg.Profile, Notices: a.notices(cfg), Secrets: []string{cfg.Path, keyFile},
				Type: o.kind.or(cfg.Type), Fleet: o.fleet.or(cfg.Fleet), Dir: o.dir.or(cfg.Dir), Timezone: cfg.Timezone, BaseURL: cfg.BaseURL, CAFile: cfg.CAFile, Wrong: cfg.Wrong,
			}, nil
		},
		Trust: func(caFile string) error {
			_, err := api.NewTransport(caFile)
			return err
		},
		Key: func(ctx context.Context) (doctor.Key, error) {
			key, err := a.Key(ctx, cfg)
			return doctor.Key{Mode: string(key.Mode()), Last4: key.Last4(), Source: key.Source()}, err
		},
		Connect: func(ctx context.Context) (doctor.API, error) {
			key, err := a.Key(ctx, cfg)
			if err != nil {
				return nil, err
			}
			if a.client, err = a.connect(cfg, key); err != nil {
				return nil, err
			}
			return a.client, nil
		},
		Fleet: func(ctx context.Context, name string) (charge.Fleet, error) {
			fleet, err := a.findFleet(ctx, name)
			if err == nil && fleet.Name == "" {
				fleet, err = a.Fleet(ctx, fleet.ID)
			}
			return fleet, err
		},
		Quote: a.shell().Quote,
	}
}
