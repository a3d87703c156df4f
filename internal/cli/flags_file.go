package cli

import (
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/filename"
	"github.com/chargectl/chargectl/internal/reports"
)

const (
	defaultName = "{id}.{ext}"
	defaultJobs = 4
)

// targetFlags say where files go.
type targetFlags struct {
	output   string
	dir      optional
	name     string
	ifExists string
	jobs     int
}

func (o *targetFlags) addFlags(fs *pflag.FlagSet, ifExists download.IfExists) {
	fs.StringVarP(&o.output, "output", "o", "", "write the one report to this file, - for standard output")
	fs.Var(&o.dir, "dir", "folder for the files, made when missing")
	fs.StringVar(&o.name, "name", defaultName, "name of the files in --dir; see: chargectl help formatting")
	fs.StringVar(&o.ifExists, "if-exists", string(ifExists), "what to do about a file that exists: skip, overwrite or fail")
	fs.IntVar(&o.jobs, "jobs", defaultJobs, "transfers at a time")
}

// target checks the flags and gives where the files of so many reports go.
func (o *targetFlags) target(app *App, cfg *config.Config, items int) (reports.Target, error) {
	t := reports.Target{Dir: o.dir.or(cfg.Dir.Text), File: o.output}
	var err error
	if t.IfExists, err = download.ParseIfExists(o.ifExists); err != nil {
		return t, err
	}
	if t.Name, err = filename.Parse(o.name); err != nil {
		return t, err
	}
	switch {
	case o.jobs < 1:
		return t, charge.Usagef("--jobs %d: one transfer at a time is the least", o.jobs)
	case o.output != "" && items > 1:
		return t, charge.Usagef("-o takes one report, not %d: use --dir and --name", items)
	case o.output == "-" && app.Out().Structured():
		return t, charge.Usagef("-o - writes the file's bytes to standard output: leave out --json, --jsonl and --jq")
	case o.output == "-":
		t.File, t.Stream = "", app.Out().Bytes()
	}
	return t, nil
}
