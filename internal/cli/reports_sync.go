package cli

import (
	"context"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/filename"
	"github.com/chargectl/chargectl/internal/reports"
)

type syncOptions struct {
	subjectOptions
	spanOptions
	scopeOptions
	waitFlags
	dir       optional
	name      string
	jobs      int
	settle    time.Duration
	onOverlap string
	dryRun    bool
	refresh   bool
	receipts  bool
}

func (o *syncOptions) addFlags(fs *pflag.FlagSet) {
	o.subjectOptions.addFlags(fs)
	o.scopeOptions.addFlags(fs)
	o.spanOptions.addFlags(fs)
	fs.DurationVar(&o.settle, "settle", 0, "a period counts as closed only this long after its end")
	fs.Var(&o.dir, "dir", "the folder to complete, made when missing")
	fs.StringVar(&o.name, "name", "", "name of the files (default {type}_{fleet}_{period}.{ext})")
	fs.IntVar(&o.jobs, "jobs", defaultJobs, "transfers at a time")
	o.waitFlags.addFlags(fs, syncTimeout)
	fs.BoolVar(&o.dryRun, "dry-run", false, "print the plan with a reason per line and do nothing")
	fs.StringVar(&o.onOverlap, "on-overlap", string(reports.OverlapWait), "while another run completes the folder: wait for it, or skip")
	fs.BoolVar(&o.refresh, "refresh", false, "ask anew for everything; files are replaced when the new ones are verified")
	fs.BoolVar(&o.receipts, "receipts", false, "write NAME.json beside each file, and check it before a file is skipped")
}

func newSyncCmd(app *App) *cobra.Command {
	var o syncOptions
	cmd := &cobra.Command{
		Use:   "sync",
		Short: "Make a folder complete: one file per period and fleet",
		Long: `Make a folder complete: one file per closed period and fleet. What is on disk is skipped without a request; what is
missing is asked for, waited for and written. Run it whenever you like, as often as you like, on any machine: within a
day the same file is never asked for twice. Prints the path of every file that is on disk at the end.`,
		Example: `  chargectl reports sync --type charging_summary --since 2026-01 --dir reports
  chargectl reports sync --type charging_summary --period last-month --all-fleets --timezone fleet --dir reports
  chargectl reports sync --type charging_summary --since 2026-01 --every quarter --dir reports --dry-run`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runSync(cmd.Context(), app, o)
		},
	}
	o.addFlags(cmd.Flags())
	app.format.addFlags(cmd.Flags())
	addRequestCompletions(cmd, app)
	return cmd
}

func runSync(ctx context.Context, app *App, o syncOptions) error {
	o.at = time.Now()
	app.brief = true
	s, err := o.options(app)
	if err != nil {
		return err
	}
	plan, err := o.planner(ctx, app, s)
	if err != nil {
		return err
	}
	items, err := plan()
	if err != nil {
		return err
	}
	app.noteOpen(items)
	switch {
	case o.dryRun:
		return app.showPlan(reports.Outcomes(s.Dir, items))
	case !reports.Work(items):
		return app.showOutcomes(reports.Outcomes(s.Dir, items), nil)
	}
	outcomes, err := app.sync(ctx, s, items, plan)
	if err != nil {
		outcomes = reports.Outcomes(s.Dir, items) // what is on disk is there all the same
	}
	return exit.Continue(app.showOutcomes(outcomes, err), app.again())
}

func (a *App) sync(ctx context.Context, s reports.SyncOptions, items []reports.Item, plan func() ([]reports.Item, error)) ([]reports.Outcome, error) {
	client, err := a.Connect(ctx)
	if err != nil {
		return nil, err
	}
	s.Mode, s.Origin = client.Mode, client.Origin()
	a.notePlan(items, client.Mode)
	return a.service(client).Sync(ctx, s, plan)
}

// options checks everything that needs no request.
func (o *syncOptions) options(app *App) (s reports.SyncOptions, err error) {
	cfg, err := app.Config()
	if err != nil {
		return s, err
	}
	request, err := o.request(cfg)
	if err != nil {
		return s, err
	}
	if err := o.spanOptions.check(cfg); err != nil {
		return s, err
	}
	if err := o.scopeOptions.check(); err != nil {
		return s, err
	}
	if s.WaitOptions, err = o.waitFlags.options(cfg, syncTimeout); err != nil {
		return s, err
	}
	s.Name, err = o.template(request)
	s.Dir, s.Jobs, s.OnOverlap = o.folder(cfg), o.jobs, reports.Overlap(o.onOverlap)
	s.FreshKey, s.Receipts, s.Version = uuid.NewString, o.receipts, app.build.Version
	switch {
	case err != nil:
	case o.jobs < 1:
		err = charge.Usagef("--jobs %d: one transfer at a time is the least", o.jobs)
	case o.settle < 0:
		err = charge.Usagef("--settle %s is negative", o.settle)
	case s.OnOverlap != reports.OverlapWait && s.OnOverlap != reports.OverlapSkip:
		err = charge.Usagef("--on-overlap %q is neither wait nor skip", o.onOverlap)
	}
	return s, err
}

func (o *syncOptions) folder(cfg *config.Config) string {
	if dir := o.dir.or(cfg.Dir.Text); dir != "" {
		return dir
	}
	return "."
}

func (o *syncOptions) template(r charge.Request) (filename.Template, error) {
	name := o.name
	if name == "" {
		var err error
		if name, err = reports.DefaultSyncName(r); err != nil {
			return filename.Template{}, err
		}
	}
	return filename.Parse(name)
}

// planner returns what plans: once before the folder is locked, and again under the lock.
func (o *syncOptions) planner(ctx context.Context, app *App, s reports.SyncOptions) (func() ([]reports.Item, error), error) {
	scopes, err := o.scopes(ctx, app, &o.zoneOptions, s.Name.Uses("fleet_name"))
	if err != nil {
		return nil, err
	}
	request, err := o.request(app.config)
	if err != nil {
		return nil, err
	}
	var check func(string, reports.Item) string
	if s.Receipts && !o.refresh {
		check = func(name string, item reports.Item) string { return reports.CheckReceipt(s.Dir, name, item) }
	}
	options := reports.PlanOptions{
		Request: request, Scopes: scopes, Periods: o.periods, Name: s.Name, Settle: o.settle, Now: o.now, Refresh: o.refresh,
	}
	return func() ([]reports.Item, error) {
		return reports.Plan(options, reports.NewListing(s.Dir, s.Name, check).Find)
	}, nil
}
