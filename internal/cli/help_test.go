package cli

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
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

// TestHelpTeaches: every command has a summary of one line, at least three examples with a comment each, and a word on each of
// its flags, which says in capitals what it takes. That the examples work is shown by cmd/chargectl.
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
		if cmd.Long == "" && !cmd.HasSubCommands() || strings.HasPrefix(cmd.Long, cmd.Short) {
			t.Errorf("%s: the paragraph is %q", path, cmd.Long)
		}
		lines := strings.Split(cmd.Example, "\n")
		if len(lines) < 6 {
			t.Errorf("%s: %d lines of examples", path, len(lines))
		}
		for i, line := range lines {
			if comment := strings.HasPrefix(line, "  # "); comment != (i%2 == 0) || !comment && !strings.Contains(line, "chargectl") {
				t.Errorf("%s: in place %d of the examples is %q", path, i, line)
			}
			if strings.Contains(line, "…") || strings.HasPrefix(line, "  # ") && len(line) > pipedHelp {
				t.Errorf("%s: cannot be pasted: %q", path, line)
			}
		}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			takes, text := pflag.UnquoteUsage(f)
			if text == "" || strings.HasSuffix(text, ".") || takes != strings.ToUpper(takes) || takes != "" && !strings.HasPrefix(f.Usage, "`") {
				t.Errorf("%s --%s %s: the meaning is %q", path, f.Name, takes, f.Usage)
			}
		})
	}
	var names []string
	for _, topic := range topics {
		names = append(names, topic.Name())
	}
	for _, want := range []string{"environment", "exit-codes", "formatting", "periods"} {
		if !slices.Contains(names, want) {
			t.Errorf("there is no topic %s among %v", want, names)
		}
	}
}

// TestEveryFlagHasItsHeading: help shows each flag of a command once, and those that the usage line demands come first.
func TestEveryFlagHasItsHeading(t *testing.T) {
	runnable, _ := commands(t)
	for _, cmd := range runnable {
		shown := map[string]int{}
		for _, group := range flagGroups(cmd) {
			for i, flag := range group.flags {
				shown[flag.Name]++
				if required(cmd, flag) && i > 0 && !required(cmd, group.flags[i-1]) {
					t.Errorf("%s: --%s is required and not first", cmd.CommandPath(), flag.Name)
				}
			}
		}
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if shown[f.Name] != 1 {
				t.Errorf("%s: help shows --%s %d times: give it a heading in flagPlaces", cmd.CommandPath(), f.Name, shown[f.Name])
			}
		})
		for _, word := range strings.Fields(cmd.Use) {
			if name, is := strings.CutPrefix(word, "--"); is && shown[name] == 0 && name != "" {
				t.Errorf("%s: the usage line names --%s, which is no flag", cmd.CommandPath(), name)
			}
		}
	}
}

// TestHelpFitsTheTerminal: at any width no line of help is wider, but for what is one word or a command.
func TestHelpFitsTheTerminal(t *testing.T) {
	runnable, topics := commands(t)
	for _, width := range []int{40, 80, 100} {
		for _, cmd := range append(runnable, topics...) {
			for line := range strings.Lines(fullHelp(cmd, width)) {
				line = strings.TrimSuffix(line, "\n")
				text := strings.TrimSpace(line)
				whole := !strings.Contains(text, " ") || strings.Contains(line, "chargectl ") || strings.Contains(line, "http") || strings.HasPrefix(text, "#")
				flag := strings.HasPrefix(text, "-") && width < 80
				if utf8.RuneCountInString(line) > width && !whole && !flag {
					t.Errorf("%s at %d columns: %q", cmd.CommandPath(), width, line)
				}
			}
		}
	}
}

// TestAtWords: running text is filled, rows keep their columns, commands stay whole, and where there is no room a meaning
// goes below its word.
func TestAtWords(t *testing.T) {
	const text = "One two three\nfour five:\n\n  --word WORD       a meaning of several words, too long\n" +
		"                    more of it\n  chargectl reports list --jq '.[] | select(.size > 1e6)'\nend"
	for width, want := range map[int]string{
		48: "One two three four five:\n\n  --word WORD       a meaning of several words,\n                    too long\n" +
			"                    more of it\n  chargectl reports list --jq '.[] | select(.size > 1e6)'\nend\n",
		20: "One two three four\nfive:\n\n  --word WORD\n        a meaning of\n        several\n        words, too\n        long\n" +
			"        more of it\n  chargectl reports list --jq '.[] | select(.size > 1e6)'\nend\n",
	} {
		if diff := cmp.Diff(want, atWords(text, width)); diff != "" {
			t.Errorf("%d columns (-want +got):\n%s", width, diff)
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
		{"reports list --status suceeded", `no reports with status suceeded; there are: ` + strings.Join(charge.Statuses(), ", ") + "\n", 0},
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
