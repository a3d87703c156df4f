package exit

import (
	"strings"
	"testing"
)

func TestShellOf(t *testing.T) {
	const (
		ofAll  = `C:\Program Files\WindowsPowerShell\Modules;C:\WINDOWS\system32\WindowsPowerShell\v1.0\Modules`
		ofUser = `C:\Users\an a\OneDrive\Documents\PowerShell\Modules;` + ofAll
		old    = `C:\Users\ana\Documents\WindowsPowerShell\Modules;` + ofAll
	)
	for _, tc := range []struct {
		goos, shell, modules, prompt string
		want                         Shell
	}{
		{goos: "linux", shell: "/bin/bash", want: POSIX}, {goos: "darwin", want: POSIX}, {goos: "linux", modules: ofUser, want: POSIX},
		{goos: "windows", want: CMD}, {goos: "windows", modules: ofAll, prompt: "$P$G", want: CMD},
		{goos: "windows", modules: ofUser, want: PowerShell}, {goos: "windows", modules: old, want: PowerShell},
		{goos: "windows", modules: ofUser, prompt: "$P$G", want: PowerShell}, // started from cmd.exe
		{goos: "windows", shell: "/usr/bin/bash", modules: ofAll, want: POSIX},
	} {
		variables := map[string]string{"SHELL": tc.shell, "PSModulePath": tc.modules, "PROMPT": tc.prompt}
		if got := ShellOf(tc.goos, func(name string) string { return variables[name] }); got != tc.want {
			t.Errorf("%+v: %d", tc, got)
		}
	}
}

func TestQuote(t *testing.T) {
	for word, want := range map[string][3]string{ // as the shells are numbered
		"plain-1.csv": {"plain-1.csv", "plain-1.csv", "plain-1.csv"},
		`out\sub`:     {`'out\sub'`, `out\sub`, `out\sub`},
		`C:\a b\`:     {`'C:\a b\'`, `"C:\a b\\"`, `'C:\a b\'`},
		"":            {"''", `""`, "''"},
		"a,b":         {"a,b", `"a,b"`, "'a,b'"},
		"it's":        {`'it'\''s'`, `"it's"`, "'it''s'"},
		`say "x"`:     {`'say "x"'`, `"say \"x\""`, `'say "x"'`},
		`a\"b`:        {`'a\"b'`, `"a\\\"b"`, `'a\"b'`},
		"{id}.csv":    {"'{id}.csv'", `"{id}.csv"`, "'{id}.csv'"},
		"$HOME `x`":   {"'$HOME `x`'", "\"$HOME `x`\"", "'$HOME `x`'"},
	} {
		for shell, quoted := range want {
			if got := Shell(shell).Quote(word); got != quoted {
				t.Errorf("%q in shell %d: %s, want %s", word, shell, got, quoted)
			}
		}
	}
	ids := strings.Fields(strings.Repeat("rpt_1 ", 21))
	for shell, want := range []string{`printf '%s\n' rpt_1 rpt_1 `, "chargectl reports wait rpt_1 rpt_1 ", "'rpt_1','rpt_1',"} {
		if got := (Command{Path: []string{"reports", "wait"}, IDs: ids, Shell: Shell(shell)}).String(); !strings.HasPrefix(got, want) {
			t.Errorf("shell %d: %s", shell, got)
		}
	}
}
