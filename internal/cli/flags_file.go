package cli

import (
	"cmp"
	"strconv"
	"time"

	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/filename"
	"github.com/chargectl/chargectl/internal/reports"
)

const (
	defaultName = "{id}.{ext}"
	defaultJobs = 4 // of a listener, which has as much time as it needs
	jobsUsage   = "`NUMBER` transfers at a time (default 4, and up to 32 while each is over within a second)"
)

// jobsFlag is a number of transfers at a time; 0, where it is not given, is as many as the link gives.
type jobsFlag int

func (j *jobsFlag) String() string {
	if *j == 0 {
		return ""
	}
	return strconv.Itoa(int(*j))
}

func (j *jobsFlag) Set(text string) error {
	jobs, err := strconv.Atoi(text)
	switch {
	case err != nil:
		return charge.Usagef("%q is not a number", text)
	case jobs < 1:
		return charge.Usagef("%d: one transfer at a time is the least", jobs)
	}
	*j = jobsFlag(jobs)
	return nil
}

func (j *jobsFlag) Type() string { return "int" }

// fileFlags say where files go.
type fileFlags struct {
	output   string
	dir      optional
	name     optional
	ifExists word[download.IfExists]
}

// addFlags adds them with what a command does where they are not given; usualName is for its help.
func (o *fileFlags) addFlags(fs *pflag.FlagSet, usualName string, ifExists download.IfExists) {
	fs.StringVarP(&o.output, "output", "o", "", "`FILE` write the one report to this file, - for standard output")
	fs.Var(&o.dir, "dir", "`FOLDER` folder for the files, made when missing")
	fs.Var(&o.name, "name", "`TEMPLATE` how the files are named; see: chargectl help formatting (default "+usualName+")")
	addWord(fs, &o.ifExists, "if-exists", "`ACTION` what to do about a file that exists", ifExists, download.Skip, download.Overwrite, download.Fail)
}

// target says where the files of so many reports go.
func (o *fileFlags) target(app *App, cfg *config.Config, items int) (t reports.Target, err error) {
	t = reports.Target{Dir: o.dir.or(cfg.Dir), File: o.output, IfExists: o.ifExists.value}
	switch {
	case o.output != "" && items > 1:
		return t, charge.Usagef("-o takes one report, not %d: use --dir and --name", items)
	case o.output != "" && o.name.given:
		return t, charge.Usagef("-o and --name both name the file: give one")
	case o.output == "-" && app.out.Structured():
		return t, charge.Usagef("-o - writes the file's bytes to standard output: leave out --json, --jsonl and --jq")
	case o.output == "-":
		t.File, t.Stream = "", app.out.Bytes()
	}
	t.Name, err = filename.Parse(o.name.or(defaultName))
	return t, err
}

// nameZone says by whose calendar names have periods.
func nameZone(t *reports.Target, flag optional, cfg *config.Config) error {
	zone, err := namedZone(flag, cfg)
	t.Zone, t.FleetZone = cmp.Or(zone, time.UTC), zone == nil
	return err
}

// checkJobs refuses a number of transfers that brings nothing in.
func checkJobs(jobs int) error {
	if jobs < 1 {
		return charge.Usagef("--jobs %d: one transfer at a time is the least", jobs)
	}
	return nil
}
