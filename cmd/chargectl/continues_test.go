package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

// continues pastes the command into a shell, as a person or a script would.
func continues(ts *testscript.TestScript, _ bool, args []string) {
	command, err := continuation(ts.ReadFile("stderr"))
	ts.Check(err)
	exits(ts, false, []string{args[0], "sh", "-c", command})
}

// continuation is the command that stderr names last: in a hint, in the error object of --json, or in both alike.
func continuation(stderr string) (string, error) {
	var hint, resume string
	for line := range strings.Lines(stderr) {
		line = strings.TrimRight(line, "\r\n")
		if command, ok := strings.CutPrefix(line, "hint: continue with: "); ok {
			hint = command
		}
		object := struct{ Resume string }{}
		if json.Unmarshal([]byte(line), &object) == nil && object.Resume != "" {
			resume = object.Resume
		}
	}
	switch {
	case hint == "" && resume == "":
		return "", fmt.Errorf("nothing says how to continue: %q", stderr)
	case hint != "" && resume != "" && hint != resume:
		return "", fmt.Errorf("the hint is %q, and resume %q", hint, resume)
	}
	return cmp.Or(hint, resume), nil
}

func TestContinuation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, stderr, want string }{
		{"nothing", "chargectl: it failed\nhint: see: chargectl --help\n", ""},
		{"a hint", "chargectl: late\nhint: continue with: chargectl reports wait 'a b'\n", "chargectl reports wait 'a b'"},
		{"the last hint", "hint: continue with: one\nhint: continue with: two\n", "two"},
		{"the error object", `{"kind":"timeout","resume":"chargectl reports wait r"}` + "\n", "chargectl reports wait r"},
		{"an error object without", `{"kind":"timeout","resume":null}` + "\n", ""},
		{"both", "hint: continue with: one\n" + `{"resume":"one"}` + "\n", "one"},
		{"both, and not alike", "hint: continue with: one\n" + `{"resume":"two"}` + "\n", ""},
	} {
		got, err := continuation(c.stderr)
		if got != c.want || (err == nil) != (c.want != "") {
			t.Errorf("%s: got %q, %v, want %q", c.name, got, err, c.want)
		}
	}
}
