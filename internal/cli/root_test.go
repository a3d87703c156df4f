package cli

import (
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// TestOneCommandAtATime: on a command line that names one, the others have no flags and groups no commands; and what help
// and completion say of that one is the same as if all were made.
func TestOneCommandAtATime(t *testing.T) {
	v := newCommandTest(t)
	runnable, topics := commands(t)
	for _, cmd := range append(runnable, topics...) {
		path := strings.TrimSpace(strings.TrimPrefix(cmd.CommandPath(), program))
		if _, help, _ := v.run(t, path+" --help"); help != fullHelp(cmd, pipedHelp) {
			t.Errorf("%s (-whole +alone):\n%s", cmd.CommandPath(), cmp.Diff(fullHelp(cmd, pipedHelp), help))
		}
		if cmd.IsAdditionalHelpTopicCommand() {
			continue
		}
		_, offers, _ := v.run(t, "__complete "+path+" --")
		cmd.Flags().VisitAll(func(flag *pflag.Flag) {
			if !strings.Contains("\n"+offers, "\n--"+flag.Name) {
				t.Errorf("%s: --%s is not offered:\n%s", path, flag.Name, offers)
			}
		})
	}

	var rest func(*cobra.Command)
	rest = func(cmd *cobra.Command) {
		for _, sub := range cmd.Commands() {
			if sub.Name() != "version" && (sub.HasFlags() || sub.HasSubCommands()) {
				t.Errorf("%s is made for version", sub.CommandPath())
			}
			rest(sub)
		}
	}
	rest(newRootCmd(v.app("version", io.Discard, io.Discard)))
}
