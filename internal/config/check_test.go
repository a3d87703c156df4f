package config

import (
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
		"":                    nil, "  ": nil, "''": nil, "pass 'x": nil, `pass "x`: nil, `pass "x\`: nil, "pass\x00": nil, "pass \x89": nil,
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
