package cli

import (
	"context"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/poll"
	"github.com/chargectl/chargectl/internal/progress"
	"github.com/chargectl/chargectl/internal/reports"
)

type downloadOptions struct {
	wait     waitFlags
	file     fileFlags
	timezone optional
	jobs     jobsFlag
	noWait   bool
}

func (o *downloadOptions) addFlags(fs *pflag.FlagSet) {
	o.wait.addFlags(fs, defaultTimeout)
	o.file.addFlags(fs, defaultName, download.Skip)
	fs.Var(&o.timezone, "timezone", "`ZONE` time zone of the periods in names: an IANA name, local, or fleet for each report's own (default UTC)")
	fs.Var(&o.jobs, "jobs", jobsUsage)
	fs.BoolVar(&o.noWait, "no-wait", false, "download only what is ready now, like --timeout 0")
}

func newReportsDownloadCmd(app *App) *cobra.Command {
	var o downloadOptions
	return app.withFlags(&cobra.Command{
		Use:   "download ID… | -",
		Short: "Write the files of reports",
		Long: `It waits for each report to be ready first. Bytes arrive in NAME.part and get their name only when they are complete
and verified; the next run goes on with an interrupted transfer. Prints the path of each file. With - the ids come from
standard input, one per line.`,
		Example: `  # one report, into a folder
  chargectl reports download ID --dir reports
  # the newest report under a name of its own, over what was there
  chargectl reports download "$(chargectl reports list --limit 1 --jq '.[].id')" -o april.csv --if-exists overwrite
  # every report that is ready
  chargectl reports list --status succeeded | chargectl reports download - --dir reports`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: completeReports(app, everyReport),
		RunE:              func(cmd *cobra.Command, args []string) error { return runDownload(cmd.Context(), app, o, args) },
	}, &o, &app.format)
}

func runDownload(ctx context.Context, app *App, o downloadOptions, args []string) error {
	cfg, err := app.Config()
	if err != nil {
		return err
	}
	ids, err := app.readIDs(ctx, cfg, args)
	if err != nil {
		return err
	}
	d, err := o.options(app, cfg, len(ids))
	if err != nil {
		return err
	}
	again := func(err error, left []string) error {
		same := o.settled(cfg, d).moreTime(err, d.Timeout, defaultTimeout)
		return exit.Continue(err, app.continuation("reports download", &o, left, same))
	}
	client, err := app.Connect(ctx)
	if err != nil {
		return again(err, ids)
	}
	app.Observer(progress.EachChange).Files(d.Target.Dir, len(ids), 0)
	sheet := app.out.Sheet(output.Shape{Array: true, Live: true})
	errs, err := app.service(client).Download(ctx, ids, d, func(l reports.Saved) {
		if l.Err == nil && l.Path != "" { // bytes that went to standard output are their own result
			_ = sheet.Add(savedRow(l)) // Close has the error
		}
	})
	if err != nil {
		return again(err, ids)
	}
	return again(exit.Join(exit.Each("reports", ids, errs), sheet.Close()), open(ids, errs, d.Target))
}

func (o *downloadOptions) options(app *App, cfg *config.Config, items int) (d reports.DownloadOptions, err error) {
	if d.WaitOptions, err = o.wait.options(cfg, defaultTimeout); err != nil {
		return d, err
	}
	if o.noWait {
		d.Timeout = poll.Once
	}
	if d.Target, err = o.file.target(app, cfg, items); err != nil {
		return d, err
	}
	if err = nameZone(&d.Target, o.timezone, cfg); err != nil {
		return d, err
	}
	d.Jobs = int(o.jobs)
	return d, nil
}

// open are the reports that a later download still has to do with. What is written is left out where it could not be
// taken for another report's file: where names are by id, or where it would be refused.
func open(ids []string, errs []error, t reports.Target) (left []string) {
	for i, err := range errs {
		written := err == nil && (t.IfExists == download.Fail || t.Name.Uses("id"))
		over := err != nil && (charge.KindOf(err) == charge.KindFailed || charge.KindOf(err) == charge.KindNotFound)
		if !written && !over {
			left = append(left, ids[i])
		}
	}
	return left
}

// settled is what the settings say of where files go, for a later download that may not have them.
func (o *downloadOptions) settled(cfg *config.Config, d reports.DownloadOptions) resolved {
	same := resolved{}
	same.settle("dir", d.Target.Dir)
	if cfg.Chosen("timezone") && !o.timezone.given {
		same.settle("timezone", cfg.Timezone)
	}
	return same
}
