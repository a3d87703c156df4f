package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
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
	if near := config.NearestName(name, known); near != "" {
		err.Hint = "did you mean: " + cmd.CommandPath() + " " + near
	}
	return err
}

// flagError words what pflag says of the command line, with the nearest flag there is.
func flagError(cmd *cobra.Command, err error) error {
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
	if near := config.NearestName(name, known); near != "" {
		problem.Hint = "did you mean: --" + near
	}
	return problem
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
