package cli

import (
	"cmp"
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
)

// flagGroup adds flags of one idea to a command.
type flagGroup interface{ addFlags(fs *pflag.FlagSet) }

func withFlags(cmd *cobra.Command, groups ...flagGroup) *cobra.Command {
	for _, group := range groups {
		group.addFlags(cmd.Flags())
	}
	return cmd
}

// newGroup makes of a command one that only holds others: alone it prints its help.
func newGroup(cmd *cobra.Command, subcommands ...*cobra.Command) *cobra.Command {
	cmd.Long = cmp.Or(cmd.Long, cmd.Short+".")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return unknownCommand(cmd, args[0])
	}
	cmd.Args = cobra.ArbitraryArgs
	cmd.AddCommand(subcommands...)
	return cmd
}

func unknownCommand(cmd *cobra.Command, name string) error {
	var known []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() || sub.IsAdditionalHelpTopicCommand() {
			known = append(known, sub.Name())
		}
	}
	err := charge.Usagef("unknown command %q for %q", charge.Clip(name, 40), cmd.CommandPath())
	return suggest(err, cmd.CommandPath()+" ", name, known)
}

// suggest hints at the known name that was probably meant.
func suggest(err *charge.Error, before, name string, known []string) error {
	if near := charge.Nearest(name, known); near != "" {
		err.Hint = "did you mean: " + before + near
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
		return unknownCommand(cmd, name)
	}
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		return badValue(bad)
	}
	name, unknown := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !unknown {
		return charge.Usagef("%w", err)
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			known = append(known, f.Name)
		}
	})
	return suggest(charge.Usagef("%w", err), "--", name, known)
}

// badValue words a value that a flag does not take.
func badValue(bad *pflag.InvalidValueError) error {
	ours, ok := errors.AsType[*charge.Error](bad)
	if !ok {
		return charge.Usagef("%w", error(bad))
	}
	flag := "--" + bad.GetFlag().Name + " "
	problem := charge.Usagef("%s%w", flag, error(ours))
	if few, ok := bad.GetFlag().Value.(ofWords); ok {
		return suggest(problem, flag, bad.GetValue(), few.words())
	}
	return problem
}

// newHelpCmd is help as a command; unlike Cobra's own it does not take a slip for a question about the whole.
func newHelpCmd() *cobra.Command {
	return &cobra.Command{
		Use:     "help [COMMAND…]",
		Short:   "Help about a command or a topic",
		Long:    "Print the help of a command, or of a topic: environment, exit-codes, formatting, periods.",
		Example: "  chargectl help reports sync\n  chargectl help periods\n  chargectl help exit-codes",
		GroupID: groupSetup,
		RunE: func(cmd *cobra.Command, args []string) error {
			target, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return unknownCommand(target, rest[0])
			}
			return target.Help()
		},
	}
}

// badArgs makes an argument check's error one of usage; nil stays nil.
func badArgs(cmd *cobra.Command, err error) error {
	if err == nil {
		return nil
	}
	return &charge.Error{Kind: charge.KindUsage, Reason: err.Error(), Hint: "usage: " + cmd.UseLine()}
}
