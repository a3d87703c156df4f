package cli

import (
	"errors"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
)

// newGroup makes a command that only holds others: alone it prints its help.
func newGroup(use, short string, subcommands ...*cobra.Command) *cobra.Command {
	cmd := &cobra.Command{Use: use, Short: short, Long: short + "."}
	asGroup(cmd)
	cmd.AddCommand(subcommands...)
	return cmd
}

func asGroup(cmd *cobra.Command) {
	cmd.Args = cobra.ArbitraryArgs
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return unknownCommand(cmd, args[0])
	}
}

func unknownCommand(cmd *cobra.Command, name string) error {
	var known []string
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() || sub.IsAdditionalHelpTopicCommand() {
			known = append(known, sub.Name())
		}
	}
	err := charge.Usagef("unknown command %q for %q", charge.Clip(name, 40), cmd.CommandPath())
	if near := charge.Nearest(name, known); near != "" {
		err.Hint = "did you mean: " + cmd.CommandPath() + " " + near
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
	problem := charge.Usagef("%w", err)
	name, ok := strings.CutPrefix(err.Error(), "unknown flag: --")
	if !ok {
		return problem
	}
	var known []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			known = append(known, f.Name)
		}
	})
	if near := charge.Nearest(name, known); near != "" {
		problem.Hint = "did you mean: --" + near
	}
	return problem
}

// badValue words a value that a flag does not take.
func badValue(bad *pflag.InvalidValueError) error {
	problem := charge.Usagef("%w", error(bad))
	ours, ok := errors.AsType[*charge.Error](bad)
	if !ok {
		return problem
	}
	problem = charge.Usagef("--%s %w", bad.GetFlag().Name, error(ours))
	if few, ok := bad.GetFlag().Value.(ofWords); ok {
		if near := charge.Nearest(bad.GetValue(), few.words()); near != "" {
			problem.Hint = "did you mean: --" + bad.GetFlag().Name + " " + near
		}
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

// usageArgs makes an argument check's error one of usage.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return &charge.Error{Kind: charge.KindUsage, Reason: err.Error(), Hint: "usage: " + cmd.UseLine()}
		}
		return nil
	}
}
