package cli

import (
	"strings"

	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/poll"
)

// resolved are flags of a command that continues, with the values that they came to in this run: a period that moves with
// the clock, a setting of the environment, a fleet that was looked up by its name. A flag without a value is left out.
type resolved map[string][]string

// settle resolves a flag where there is something to resolve it to.
func (r resolved) settle(flag, value string) {
	if value != "" {
		r[flag] = []string{value}
	}
}

// moreTime has the command that continues after a deadline wait as long as is usual, where that is longer: with the same
// deadline it would end in the same way.
func (r resolved) moreTime(err error, missed poll.Timeout, usual string) resolved {
	longer, _ := poll.ParseTimeout(usual)
	if exit.MissedDeadline(err) && missed != poll.Never && missed < longer {
		r["timeout"], r["no-wait"] = []string{usual}, nil
	}
	return r
}

// continuation is the command line that goes on from here: of the flags that the command knows, in their order, what was
// given of them, but for those that were resolved.
func (a *App) continuation(path string, options flagGroup, ids []string, settled resolved) exit.Command {
	c := exit.Command{Path: strings.Fields(path), IDs: ids, Shell: a.shell()}
	given := a.command.Flags()
	flagsOf(options).VisitAll(func(flag *pflag.Flag) {
		values, is := settled[flag.Name]
		if !is && given.Changed(flag.Name) {
			values = valuesOf(given.Lookup(flag.Name))
		}
		for _, value := range values {
			switch {
			case flag.NoOptDefVal == "":
				c.Args = append(c.Args, "--"+flag.Name, value)
			case value == flag.NoOptDefVal:
				c.Args = append(c.Args, "--"+flag.Name)
			default:
				c.Args = append(c.Args, "--"+flag.Name+"="+value)
			}
		}
	})
	return c
}

// shell is what the command that continues will be pasted into.
func (a *App) shell() exit.Shell { return exit.ShellOf(a.env.GOOS, a.variable) }

func valuesOf(flag *pflag.Flag) []string {
	if list, ok := flag.Value.(pflag.SliceValue); ok {
		return list.GetSlice()
	}
	return []string{flag.Value.String()}
}

// flagsOf are the flags that a command with these options knows, the global ones and those of the format included. Nil are
// no options of its own.
func flagsOf(options flagGroup) *pflag.FlagSet {
	fs := pflag.NewFlagSet("", pflag.ContinueOnError)
	fs.SortFlags = false
	if options != nil {
		options.addFlags(fs)
	}
	new(formatFlags).addFlags(fs)
	new(globalFlags).addFlags(fs)
	return fs
}

// formatLater says how a later command prints what this one was to print: an expression was made for this one's result.
func (a *App) formatLater(settled resolved) resolved {
	if a.format.JQ != "" {
		settled["jq"], settled["json"] = nil, []string{"true"}
	}
	return settled
}
