package cli

import (
	"slices"

	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/cli/exit"
)

// again is the command line that was given. Ids that came from stdin take the place of "-", unless that is what -o was
// given.
func (a *App) again(ids ...string) exit.Command {
	var args []string
	for i, arg := range a.args {
		if arg == "-" && len(ids) > 0 && !(i > 0 && slices.Contains([]string{"-o", "--output"}, a.args[i-1])) {
			args = append(args, ids...)
			continue
		}
		args = append(args, arg)
	}
	return exit.Command{Args: args}
}

// continuing is another command with those of the given flags that it has too.
func continuing(fs *pflag.FlagSet, words []string, names ...string) exit.Command {
	args := slices.Clone(words)
	fs.Visit(func(f *pflag.Flag) {
		if slices.Contains(names, f.Name) {
			args = append(args, "--"+f.Name+"="+f.Value.String())
		}
	})
	return exit.Command{Args: args}
}

// globalNames are the flags of every command that change what it works on.
var globalNames = []string{"profile", "config", "base-url"}
