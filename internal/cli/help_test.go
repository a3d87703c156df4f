package cli

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// commands are all of the tree that a person can run, and topics what there is to read besides.
func commands(t *testing.T) (runnable, topics []*cobra.Command) {
	t.Helper()
	var walk func(*cobra.Command)
	walk = func(cmd *cobra.Command) {
		switch {
		case cmd.IsAdditionalHelpTopicCommand():
			topics = append(topics, cmd)
		case cmd.IsAvailableCommand() || !cmd.HasParent():
			runnable = append(runnable, cmd)
		}
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(tree(t))
	return runnable, topics
}

// TestHelpTeaches: every command has a summary of one line, a paragraph that says more, three examples, and a word on
// each of its flags. That the examples work is shown by cmd/chargectl.
func TestHelpTeaches(t *testing.T) {
	runnable, topics := commands(t)
	if len(runnable) < 25 {
		t.Errorf("only %d commands were found", len(runnable))
	}
	for _, cmd := range runnable {
		path := cmd.CommandPath()
		if s := cmd.Short; s == "" || len(s) > 72 || strings.ContainsAny(s, "\n") || strings.HasSuffix(s, ".") {
			t.Errorf("%s: the summary is %q", path, s)
		}
		if len(cmd.Long) <= len(cmd.Short) || strings.Contains(cmd.Long, "TODO") {
			t.Errorf("%s: the paragraph is %q", path, cmd.Long)
		}
		examples := strings.Split(cmd.Example, "\n")
		if len(examples) < 3 {
			t.Errorf("%s: %d examples", path, len(examples))
		}
		for _, example := range examples {
			if !strings.HasPrefix(example, "  ") || !strings.Contains(example, "chargectl") {
				t.Errorf("%s: the example %q", path, example)
			}
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			if f.Usage == "" || strings.HasSuffix(f.Usage, ".") {
				t.Errorf("%s --%s: the meaning is %q", path, f.Name, f.Usage)
			}
		})
	}
	var names []string
	for _, topic := range topics {
		names = append(names, topic.Name())
		for line := range strings.Lines(topic.Long) {
			if len([]rune(line)) > 130 {
				t.Errorf("help %s: a line of %d columns: %s", topic.Name(), len([]rune(line)), line)
			}
		}
	}
	for _, want := range []string{"environment", "exit-codes", "formatting", "periods"} {
		if !slices.Contains(names, want) {
			t.Errorf("there is no topic %s among %v", want, names)
		}
	}
}

// TestRootGroups: the root's help shows every command under a heading that says what it is for.
func TestRootGroups(t *testing.T) {
	for _, cmd := range tree(t).Commands() {
		if cmd.IsAvailableCommand() && !cmd.IsAdditionalHelpTopicCommand() && cmd.GroupID == "" {
			t.Errorf("%s is in no group", cmd.Name())
		}
	}
}

// TestSuggestions: what is nearly a command, a flag, a topic or a status is answered with what was probably meant.
func TestSuggestions(t *testing.T) {
	for _, test := range []struct {
		args, want string
		code       int
	}{
		{"reprots list", "hint: did you mean: chargectl reports list\n", 2},
		{"reports lits", "hint: did you mean: chargectl reports list\n", 2},
		{"sandbox sreve", "hint: did you mean: chargectl sandbox serve\n", 2},
		{"help perods", "hint: did you mean: chargectl help periods\n", 2},
		{"create --type t --period 2026-04", "hint: did you mean: chargectl reports create --type t --period 2026-04\n", 2},
		{"list", "hint: did you mean: chargectl reports list\n", 2},
		{"wait rpt_1", "hint: did you mean: chargectl reports wait rpt_1\n", 2},
		{"--profile acme syncc --name 'a b'", "hint: did you mean: chargectl --profile acme reports sync --name 'a b'\n", 2},
		{"reports ls", "hint: did you mean: chargectl reports list\n", 2},
		{"help create", "hint: did you mean: chargectl help reports create\n", 2},
		{"help reports bogus", "hint: see: chargectl reports --help\n", 2},
		{"completion pwsh", "hint: did you mean: chargectl completion powershell\n", 2},
		{"sandbox run --fault stcuk=2 -- true", "hint: did you mean: --fault stuck\n", 2},
		{"reports create --type t --fleet 'brooklyn yellow cabs'", `did you mean "Brooklyn Yellow Cabs"?` + "\n", 2},
		{"reports create --type t --timezone europe/pariss", "did you mean Europe/Paris?\n", 2},
		{"reports sync --type t --since lst-month", "did you mean last-month?\n", 2},
		{"config get tpye", `did you mean "type"?`, 2},
		{"reports download rpt_1 --if-exists overwritte", "hint: did you mean: --if-exists overwrite\n", 2},
		{"reports sync --all-fleet", "hint: did you mean: --all-fleets\n", 2},
		{"reports list --stauts failed", "hint: did you mean: --status\n", 2},
		{"reports list --status suceeded", `did you mean succeeded?` + "\n", 0},
		{"reports list --status archiving", "", 0},
		{"reports wibble", "unknown command \"wibble\"", 2},
	} {
		t.Run(test.args, func(t *testing.T) {
			code, stdout, stderr := newCommandTest(t).run(t, test.args)
			if code != test.code || stdout != "" || !strings.Contains(stderr, test.want) {
				t.Errorf("%d, %q, %q", code, stdout, stderr)
			}
			if test.want == "" && stderr != "" || strings.Contains(test.want, "unknown") && strings.Contains(stderr, "did you mean") {
				t.Errorf("said too much: %q", stderr)
			}
		})
	}
}
