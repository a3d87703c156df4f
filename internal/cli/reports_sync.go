package cli

import (
	"context"
	"slices"
	"time"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/disk"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/folder"
	"github.com/chargectl/chargectl/internal/progress"
	"github.com/chargectl/chargectl/internal/reports"
)

type syncOptions struct {
	folderFlags

	wait      waitFlags
	jobs      jobsFlag
	onOverlap word[reports.Overlap]
	dryRun    bool
	refresh   bool
	recheck   int
	receipts  bool
	shard     shardFlag
	have      string
}

// lately is how long a file that has come needs no recheck: over the next day, when what has failed is tried again.
const lately = 48 * time.Hour

func (o *syncOptions) addFlags(fs *pflag.FlagSet) {
	o.folderFlags.addFlags(fs, "the folder to complete, made when missing")
	fs.Var(&o.jobs, "jobs", jobsUsage)
	o.wait.addFlags(fs, syncTimeout)
	fs.BoolVar(&o.dryRun, "dry-run", false, "print the plan with a reason per line and do nothing")
	addWord(fs, &o.onOverlap, "on-overlap", "`ACTION` what to do while another run completes the folder", reports.OverlapWait, reports.OverlapWait, reports.OverlapSkip)
	fs.BoolVar(&o.refresh, "refresh", false, "ask for everything anew; a file is replaced when the new one is verified")
	fs.IntVar(&o.recheck, "recheck", 0, "`N` ask again for the last N closed periods on disk; a file that has changed is replaced, the one from before kept as NAME~DATE")
	fs.Var(&o.shard, "shard", "`K/N` only the fleets of the K-th of N shards, from 1; the N shards together are the whole plan")
	fs.BoolVar(&o.receipts, "receipts", false, "write NAME.json beside each file, and check it before a file is skipped")
	fs.StringVar(&o.have, "have", "", "`FILE` with names under --dir, one a line, that count as on disk; \"-\" is standard input")
}

func newReportsSyncCmd(app *App) *cobra.Command {
	var o syncOptions
	return app.withFlags(&cobra.Command{
		Use:   "sync --type TYPE",
		Short: "Make a folder complete: one file per period and fleet",
		Long: `What is on disk is skipped without a request; what is missing of the periods that have ended is asked for, waited for
and written. Run it as often as you like, on any machine: no report is asked for twice while the API remembers its key,
which is a day or longer. Prints the path of every file that is on disk at the end.`,
		Example: `  # a file for each month of this year
  chargectl reports sync --type charging_summary --since 2026-01 --dir reports
  # last month of each fleet, by its own clock
  chargectl reports sync --type charging_summary --period last-month --all-fleets --timezone fleet --dir reports
  # every night: what is missing, and what has changed in the two months before
  chargectl reports sync --type charging_summary --since 2026-01 --dir reports --recheck 2
  # the second of 16 jobs that share the fleets among them
  chargectl reports sync --type charging_summary --since 2026-01 --all-fleets --dir reports --shard 2/16
  # what would be done for the quarters, and why
  chargectl reports sync --type charging_summary --since 2026-01 --every quarter --dir reports --dry-run`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSync(cmd.Context(), app, o) },
	}, &o, &app.format)
}

func runSync(ctx context.Context, app *App, o syncOptions) error {
	observer := app.Observer(progress.EachEnd)
	j, err := o.job(app)
	if err != nil {
		return err
	}
	if err := j.findScopes(ctx, app); err != nil {
		return j.again(app, err)
	}
	items, err := j.plan()
	if err != nil {
		return err
	}
	noteOpen(app.Log(), items)
	outcomes := reports.Outcomes(j.sync.Dir, items)
	if j.dryRun {
		return showPlan(app, j.options.ShardScopes(), outcomes)
	}
	countFiles(observer, j.sync.Dir, outcomes)
	if folder.Asked(items) == 0 {
		j.tidy(app, items)
		showItems(app.out, outcomes...)
		return showOutcomes(app.out, outcomes, nil)
	}
	done, err := j.run(ctx, app, items)
	if err != nil {
		showItems(app.out, outcomes...) // what is on disk is there all the same
	} else {
		outcomes = done
		countFiles(observer, j.sync.Dir, outcomes) // while it waited for the folder, another run may have written some
	}
	return j.again(app, showOutcomes(app.out, outcomes, err))
}

// syncJob is one sync, from flags and settings to the plan.
type syncJob struct {
	syncOptions
	*wantedFolder

	sync      reports.SyncOptions
	elsewhere []string // names that count as on disk
}

// job finds every mistake that needs no request to be found.
func (o syncOptions) job(app *App) (j syncJob, err error) {
	j.syncOptions = o
	cfg, err := app.Config()
	if err != nil {
		return j, err
	}
	if j.wantedFolder, err = o.folderFlags.wanted(cfg); err != nil {
		return j, err
	}
	if j.sync.WaitOptions, err = o.wait.options(cfg, syncTimeout); err != nil {
		return j, err
	}
	switch {
	case o.recheck < 0:
		return j, charge.Usagef("--recheck %d is negative", o.recheck)
	case o.recheck > 0 && o.refresh:
		return j, charge.Usagef("--refresh asks for everything anew and keeps no file from before: choose it or --recheck")
	}
	j.options.Refresh, j.options.Recheck, j.options.Shard = o.refresh, o.recheck, folder.Shard(o.shard)
	j.sync.Shard = j.options.Shard.Label()
	j.sync.Dir, j.sync.Name = j.dir, j.options.Name
	j.sync.Jobs, j.sync.OnOverlap, j.sync.Receipts = int(o.jobs), o.onOverlap.value, o.receipts
	if app.command.Flags().Changed("have") {
		if j.elsewhere, err = app.readNames(o.have); err != nil {
			return j, err
		}
	}
	j.sync.FreshKey, j.sync.Version = uuid.NewString, app.Build().Version
	return j, nil
}

// plan is made once before the folder is locked, and again under the lock.
func (j *syncJob) plan() ([]folder.Item, error) {
	var check func(string, int64, folder.Item) string
	if j.receipts && !j.refresh {
		check = func(name string, size int64, item folder.Item) string {
			return folder.CheckReceipt(j.sync.Dir, name, size, item)
		}
	}
	listing := folder.NewListing(j.sync.Dir, j.sync.Name, check).Have(j.elsewhere)
	if j.recheck > 0 {
		listing.Lately(time.Now().Add(-lately))
	}
	return folder.Plan(j.options, listing.Find)
}

func (j *syncJob) run(ctx context.Context, app *App, items []folder.Item) ([]reports.Outcome, error) {
	client, err := app.Connect(ctx)
	if err != nil {
		return nil, err
	}
	j.sync.Mode, j.sync.Origin = client.Mode, client.Origin()
	app.Log().Note(j.sentence(ctx, app, items, client.Mode))
	return app.service(client).Sync(ctx, j.sync, j.plan, func(o reports.Outcome) { showItems(app.out, o) })
}

// tidy removes what interrupted transfers left beside files that are there, where nothing else is to be done. It does not
// lock the folder: what another run is writing stays, and so does what cannot be removed.
func (j *syncJob) tidy(app *App, items []folder.Item) {
	if !slices.ContainsFunc(items, func(i folder.Item) bool { return i.Beside }) {
		return
	}
	dir, err := disk.Open(j.sync.Dir, app.disk, func(string) {})
	if err != nil {
		return
	}
	defer dir.Close()
	for _, item := range items {
		if item.Beside {
			download.Tidy(dir, item.Name)
		}
	}
}

// again gives an error the same sync with the same plan, whenever it runs.
func (j *syncJob) again(app *App, err error) error {
	same := j.same()
	same.moreTime(err, j.sync.Timeout, syncTimeout)
	return exit.Continue(err, app.continuation("reports sync", new(syncOptions), nil, same))
}
