package cli

import (
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/config"
)

// libraryPhrase is what Cobra, pflag, YAML and the standard library say of a mistake.
var libraryPhrase = regexp.MustCompile(`strconv|invalid argument|arg\(s\)|time: |dial tcp|parsing "|invalid syntax|unknown unit|yaml|` +
	`cannot start any token|unmarshal|shorthand|flag needs|bad flag syntax|: lookup |unknown command "[^"]*" for "chargectl \w+ \w+"`)

// checkWords fails for an end that is not one of usage in our own words, or whose hint leads nowhere.
func checkWords(t *testing.T, v *commandTest, line string, hints map[string]bool) {
	t.Helper()
	code, stdout, stderr := v.run(t, "--log-format text "+line)
	if code != 2 || stdout != "" || libraryPhrase.MatchString(stderr) || !strings.HasPrefix(stderr, "chargectl: ") {
		t.Errorf("%s: %d, %q, %q", line, code, stdout, stderr)
	}
	hint := regexp.MustCompile(`(?m)^hint: see: chargectl (.*)$`).FindStringSubmatch(stderr)
	if !strings.Contains(stderr, "\nhint: ") {
		t.Errorf("%s has no hint: %q", line, stderr)
	} else if hint != nil && !hints[hint[1]] {
		hints[hint[1]] = true
		if code, _, said := newCommandTest(t).run(t, hint[1]); code != 0 || said != "" {
			t.Errorf("%s: the hint %s ends with %d, %q", line, hint[1], code, said)
		}
	}
}

// TestMistakesAreInPlainWords: every flag of every command with a value that it cannot take, and without one; every
// command with a word too many or too few; and every setting that has a form of its own.
func TestMistakesAreInPlainWords(t *testing.T) {
	runnable, _ := commands(t)
	v, wrong, hints := newCommandTest(t), 0, map[string]bool{} // each hint is tried once
	for _, cmd := range runnable {
		path := strings.TrimPrefix(cmd.CommandPath(), "chargectl")
		each := func(flag *pflag.Flag) {
			if flag.NoOptDefVal == "" {
				checkWords(t, v, path+" --"+flag.Name, hints)
			}
			for _, value := range []string{"~", "-1", "99999999999999999999", "5"} {
				if flag.Value.Set(value) != nil {
					wrong++
					checkWords(t, v, path+" --"+flag.Name+"="+value, hints)
				}
			}
		}
		cmd.LocalFlags().VisitAll(each)
		checkWords(t, v, path+" -Z", hints)
		checkWords(t, v, path+" --=x", hints)
		for _, args := range [][]string{nil, {"a"}, {"a", "b", "c", "d"}} {
			if cmd.Args != nil && cmd.Args(cmd, args) != nil && !(cmd.HasSubCommands() && args == nil) {
				checkWords(t, v, path+" "+strings.Join(args, " "), hints)
			}
		}
	}
	if wrong < 60 {
		t.Errorf("only %d wrong values were tried", wrong)
	}
	for _, line := range []string{
		"reports wait rpt_1 --timeout 5", "reports wait rpt_1 --timeout 1y", "reports wait rpt_1 --interval 0.1d5", "reports sync --type t --settle -1d",
		"reports create --type t --period 5", "reports create --type t --start 5 --end 6", "reports create --type t --as-of 5",
		"reports create --type t --timezone 5", "reports create --type t --param 5", "reports create --type t --vehicle 5",
		"reports download rpt_1 --name {", "reports list --base-url 5", "reports list --jq {", "reports list --config '~'",
		"reports list --base-url http://[::1", "sandbox run --fault 5 -- true",
		"reports get 5", "fleets get flt_!", "config set timeout 5", "config set timezone 5", "config get 5", "webhooks listen --tolerance 1y",
	} {
		checkWords(t, v, line, hints)
	}
	for _, s := range config.Settings() {
		if s.Env == "" || s.Secret || s.Name == "config" || s.Name == "api_key_file" {
			continue
		}
		own := newCommandTest(t)
		own.vars[s.Env] = "\x01"
		checkWords(t, own, "reports create", hints)
	}
}
