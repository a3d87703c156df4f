package config

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestSplitCommand(t *testing.T) {
	tests := map[string][]string{
		"pass show x":         {"pass", "show", "x"},
		"  pass\t 'a b'  ":    {"pass", "a b"},
		`pass "a 'b' \"c\""`:  {"pass", `a 'b' "c"`},
		`pass "a\\b\c"`:       {"pass", `a\b\c`},
		`pass a'b c'd""`:      {"pass", "ab cd"},
		`pass ''`:             {"pass", ""},
		`C:\bin\key.exe a\ b`: {`C:\bin\key.exe`, `a\`, "b"},
		`pass '\'`:            {"pass", `\`},
		"pass $X | y; *":      {"pass", "$X", "|", "y;", "*"},
		"":                    nil, "  ": nil, "''": nil, "pass 'x": nil, `pass "x`: nil, `pass "x\`: nil, "pass\x00": nil,
	}
	for text, want := range tests {
		got, err := splitCommand(text)
		if (err == nil) != (want != nil) {
			t.Errorf("%q: %q, %v", text, got, err)
		} else if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
}

func FuzzSplitCommand(f *testing.F) {
	for _, seed := range []string{"a b", `a "b \" c"`, `'`, `"\`, "a\x00", "a '' \"\""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		words, err := splitCommand(text)
		if err != nil {
			return
		}
		var quoted []string
		for _, word := range words {
			quoted = append(quoted, `"`+strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(word)+`"`)
		}
		again, err := splitCommand(strings.Join(quoted, " "))
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(words, again); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	})
}

// TestRun runs this test binary as the command.
func TestRun(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	stdout, _, err := run(t.Context(), []string{self, "-test.list", "^TestRun$"})
	if err != nil || !bytes.HasPrefix(stdout, []byte("TestRun")) {
		t.Errorf("%q, %v", stdout, err)
	}
	_, stderr, err := run(t.Context(), []string{self, "-no-such-flag"})
	if _, ok := errors.AsType[*exec.ExitError](err); !ok || len(stderr) == 0 {
		t.Errorf("%q, %v", stderr, err)
	}
	if _, _, err := run(t.Context(), []string{filepath.Join(t.TempDir(), "none")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing program: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := run(ctx, []string{self}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled run: %v", err)
	}
}

func TestOutputIsBounded(t *testing.T) {
	var c capped
	for range 3 {
		if n, err := c.Write(make([]byte, maxOutput-1)); n != maxOutput-1 || err != nil {
			t.Fatalf("Write = %d, %v", n, err)
		}
	}
	if c.Len() != maxOutput {
		t.Errorf("%d bytes kept, want %d", c.Len(), maxOutput)
	}
}
