package cli

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/reports"
)

type downloadOptions struct {
	waitFlags
	targetFlags
	timezone optional
	noWait   bool
}

func (o *downloadOptions) addFlags(fs *pflag.FlagSet) {
	o.waitFlags.addFlags(fs, defaultTimeout)
	o.targetFlags.addFlags(fs, download.Skip)
	fs.Var(&o.timezone, "timezone", "zone in which names say periods: an IANA name or local (default UTC)")
	fs.BoolVar(&o.noWait, "no-wait", false, "only what is ready now, like --timeout 0")
}

func newDownloadCmd(app *App) *cobra.Command {
	var o downloadOptions
	cmd := &cobra.Command{
		Use:   "download ID… | -",
		Short: "Write the files of reports",
		Long: `Write the files of reports, waiting for each to be ready first. Bytes arrive in NAME.part and get their name only
when they are complete and verified; an interrupted transfer is continued by the next run. Prints the path of each
file. With - the ids come from standard input, one per line.`,
		Example: `  chargectl reports download rpt_… --dir reports
  chargectl reports download rpt_… -o april.csv --if-exists overwrite
  chargectl reports list --status succeeded | chargectl reports download - --dir reports`,
		Args:              usageArgs(cobra.MinimumNArgs(1)),
		ValidArgsFunction: completeReports(app),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runDownload(cmd.Context(), app, o, args)
		},
	}
	o.addFlags(cmd.Flags())
	app.format.addFlags(cmd.Flags())
	return cmd
}

func runDownload(ctx context.Context, app *App, o downloadOptions, args []string) error {
	cfg, err := app.Config()
	if err != nil {
		return err
	}
	ids, err := app.readIDs(ctx, args)
	if err != nil {
		return err
	}
	d, err := o.options(app, cfg, len(ids))
	if err != nil {
		return err
	}
	client, err := app.Connect(ctx)
	if err != nil {
		return err
	}
	sheet := app.Out().Sheet(output.Shape{Array: true, Live: true})
	landed, err := app.service(client).Download(ctx, ids, d, func(l reports.Landed) { app.showLanded(sheet, l) })
	if err == nil {
		err = landedWith(landed, sheet)
	}
	return exit.Continue(err, app.again(ids...))
}

func (o *downloadOptions) options(app *App, cfg *config.Config, items int) (d reports.DownloadOptions, err error) {
	if d.WaitOptions, err = o.waitFlags.options(cfg, defaultTimeout); err != nil {
		return d, err
	}
	if o.noWait {
		d.Timeout = reports.Timeout{}
	}
	if d.Target, err = o.target(app, cfg, items); err != nil {
		return d, err
	}
	d.Jobs = o.jobs
	if cfg.Timezone.Text == fleetZone && !o.timezone.given {
		d.Target.Zone = time.UTC
		return d, nil
	}
	d.Target.Zone, err = loadZone(o.timezone, cfg)
	return d, err
}

// showLanded prints the path of a file that is there; bytes that went to standard output are their own result.
func (a *App) showLanded(sheet *output.Sheet, l reports.Landed) {
	if l.Err == nil && l.Path != "" {
		a.keep(sheet.Add(lineRow(l.Path, output.PathCell, l.Report.Raw)))
	}
}

func landedWith(landed []reports.Landed, sheet *output.Sheet) error {
	errs := make([]error, 0, len(landed)+1)
	for _, l := range landed {
		errs = append(errs, l.Err)
	}
	return exit.Join(append(errs, sheet.Close())...)
}
