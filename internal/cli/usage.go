package cli

import (
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
)

// flagGroup adds flags of one idea to a command.
type flagGroup interface{ addFlags(fs *pflag.FlagSet) }

// withFlags gives a command its flags where it may be the one that runs: those of all commands would take longer than most
// commands do.
func (a *App) withFlags(cmd *cobra.Command, groups ...flagGroup) *cobra.Command {
	if !a.mayRun(cmd) {
		return cmd
	}
	for _, group := range groups {
		group.addFlags(cmd.Flags())
	}
	return cmd
}

const program = "chargectl"

// mayRun reports whether a command is the program itself, or the command line has its name: it has the names of the command
// that runs, that help is about or that a shell completes, and of the groups above it.
func (a *App) mayRun(cmd *cobra.Command) bool {
	return a.args == nil || cmd.Name() == program ||
		slices.ContainsFunc(a.args, func(word string) bool { return word == cmd.Name() || cmd.HasAlias(word) })
}

// newGroup makes of a command one that only holds others, in the order of their use: alone it prints a short help. Like
// flags, the others are made where the group may be the one that runs.
func newGroup(app *App, cmd *cobra.Command, subcommands ...func(*App) *cobra.Command) *cobra.Command {
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		app.printShort(cmd)
		return nil
	}
	cmd.Args = cobra.ArbitraryArgs
	if !app.mayRun(cmd) {
		return cmd
	}
	names := ""
	for _, makeSub := range subcommands {
		sub := makeSub(app)
		cmd.AddCommand(sub)
		names += sub.Name() + " "
	}
	cmd.Annotations = map[string]string{inUse: names}
	return cmd
}

// unknownCommand is the error of a word that is no command of cmd; its hint is the whole line as it was probably meant.
func (a *App) unknownCommand(cmd *cobra.Command, name string) error {
	err := charge.Usagef("unknown command %q for %q", charge.Clip(name, 40), cmd.CommandPath())
	meant, i := meantCommand(cmd, name), slices.Index(a.args, name)
	if meant == "" || i < 0 {
		return err.WithHint("see: " + cmd.CommandPath() + " --help")
	}
	line := slices.Concat(a.args[:i], strings.Fields(meant), a.args[i+1:])
	return err.WithHint("did you mean: " + exit.Command{Path: line, Shell: a.shell()}.String())
}

// meantCommand is the command of cmd that was probably meant, empty where none is near. At the root it may be one without
// its group: create is reports create.
func meantCommand(cmd *cobra.Command, name string) string {
	known := map[string]string{} // what is written, by what may be said
	say := func(before string, cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			for _, word := range append(sub.SuggestFor, sub.Name()) {
				if _, taken := known[word]; !taken && (sub.IsAvailableCommand() || sub.IsAdditionalHelpTopicCommand()) {
					known[word] = before + sub.Name()
				}
			}
		}
	}
	say("", cmd)
	if !cmd.HasParent() {
		cmd = wholeTree()
		reports, _, _ := cmd.Find([]string{"reports"}) // whose list and get are meant first
		for _, group := range append([]*cobra.Command{reports}, cmd.Commands()...) {
			say(group.Name()+" ", group)
		}
	}
	return known[charge.Nearest(name, slices.Sorted(maps.Keys(known)))]
}

// suggest hints at the known name that was probably meant.
func suggest(err *charge.Error, before, name string, known []string) error {
	if near := charge.Nearest(name, known); near != "" {
		err.Hint = "did you mean: " + before + exit.POSIX.Quote(near)
	}
	return err
}

// flagError words what pflag says of the command line, with the nearest flag there is. Where help is asked for, that
// is what was meant; and a flag that a group does not know is no news when the command before it does not exist.
func (a *App) flagError(cmd *cobra.Command, err error) error {
	if slices.Contains(a.args, "--help") || slices.Contains(a.args, "-h") {
		return pflag.ErrHelp
	}
	if name := cmd.Flags().Arg(0); name != "" && cmd.HasSubCommands() {
		return a.unknownCommand(cmd, name)
	}
	dashed := func(name, letters string) string {
		if letters != "" {
			return "-" + name
		}
		return "--" + name
	}
	switch err := err.(type) { //nolint:errorlint // as pflag makes them
	case *pflag.InvalidValueError:
		return badValue(err)
	case *pflag.ValueRequiredError:
		return charge.Usagef("%s needs a value", dashed(err.GetSpecifiedName(), err.GetSpecifiedShortnames()))
	case *pflag.InvalidSyntaxError:
		return charge.Usagef("%q is not a flag", charge.Clip(err.GetSpecifiedFlag(), 40))
	case *pflag.NotExistError:
		var known []string
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if !f.Hidden {
				known = append(known, f.Name)
			}
		})
		name := err.GetSpecifiedName()
		problem := charge.Usagef("unknown flag: %s", dashed(charge.Clip(name, 40), err.GetSpecifiedShortnames()))
		return suggest(problem, "--", name, known)
	}
	return charge.Usagef("%w", err)
}

// badValue words a value that a flag does not take.
func badValue(bad *pflag.InvalidValueError) error {
	flag, value := "--"+bad.GetFlag().Name+" ", charge.Clip(bad.GetValue(), 40)
	number, _ := errors.AsType[*strconv.NumError](bad)
	switch ours, ok := errors.AsType[*charge.Error](bad); {
	case ok:
		problem := charge.Usagef("%s%w", flag, error(ours)).WithHint(ours.Hint)
		if few, ok := bad.GetFlag().Value.(ofWords); ok {
			return suggest(problem, flag, bad.GetValue(), few.words())
		}
		return problem
	case number == nil:
		return charge.Usagef("%s%q cannot be read", flag, value)
	case number.Func == "ParseBool":
		return charge.Usagef("%s%q is not true or false", flag, value)
	case errors.Is(number, strconv.ErrRange):
		return charge.Usagef("%s%q is out of range", flag, value)
	}
	return charge.Usagef("%s%q is not a whole number", flag, value)
}

// badArgs words what is wrong with the arguments by what the command's use says of them: those in capitals are needed.
func badArgs(cmd *cobra.Command, args []string) error {
	var needed []string
	before := ""
	for _, word := range strings.Fields(cmd.Use) {
		if ofFlag := len(before) > 2 && before[:2] == "--" || before == "<"; !ofFlag && word[0] >= 'A' && word[0] <= 'Z' {
			needed = append(needed, word)
		}
		before = word
	}
	if len(args) < len(needed) {
		return charge.Usagef("%s is missing: %s", strings.TrimSuffix(needed[len(args)], "…"), cmd.UseLine())
	}
	return charge.Usagef("unexpected argument %q: %s", charge.Clip(args[len(needed)], 40), cmd.UseLine())
}
