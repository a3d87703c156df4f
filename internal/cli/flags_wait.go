package cli

import (
	"time"

	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/poll"
	"github.com/chargectl/chargectl/internal/reports"
)

const (
	defaultTimeout = "1h"
	syncTimeout    = "6h"
	minInterval    = time.Second
)

// waitFlags are the flags of every command that waits.
type waitFlags struct {
	timeout  optional
	interval time.Duration
}

func (o *waitFlags) addFlags(fs *pflag.FlagSet, usual string) {
	fs.Var(&o.timeout, "timeout", "`DURATION` longest wait for all reports together, 0 to ask once, or none (default "+usual+")")
	addDuration(fs, &o.interval, "interval", 0, "`DURATION` time between two polls of a report, 1s or more (default follows its age)")
}

func (o *waitFlags) options(cfg *config.Config, usual string) (reports.WaitOptions, error) {
	if o.interval != 0 && o.interval < minInterval {
		return reports.WaitOptions{}, charge.Usagef("--interval %s is too short: 1s is the least", o.interval)
	}
	if cfg.Timeout != "" {
		usual = cfg.Timeout
	}
	timeout, err := poll.ParseTimeout(o.timeout.or(usual))
	return reports.WaitOptions{Timeout: timeout, Interval: o.interval}, err
}
