package main

import (
	"encoding/json"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/testscript"
)

// assertCommands check what there is:
//
//	requests [-api|-files] N       requests since this was last asked; <=N is at most so many
//	reports N                      reports that exist at the sandbox
//	samefile PATH ID               the report's file, byte for byte; PATH may be stdout
//	only FOLDER FILE…              all files below the folder
//	json whole|lines|last FILE     the text, each line, or the last line is JSON
//	clean FILE                     no escape and no carriage return
//	backdated FILE…                makes files a year old
//	untouched FILE…                files are still that old
//	older VAR FILE                 the name of the one older version of a file
//	tame FILE                      no control character but our own sequences, as a terminal got them
func assertCommands() map[string]command {
	return map[string]command{
		"requests": requests, "reports": reports, "samefile": sameFile, "only": only, "json": isJSON, "clean": clean,
		"tame": tame, "backdated": backdated, "untouched": untouched, "older": older,
	}
}

func requests(ts *testscript.TestScript, _ bool, args []string) {
	w := serversOf(ts)
	counts := map[string]int64{"-api": w.api.Swap(0), "-files": w.files.Swap(0)}
	got := counts["-api"] + counts["-files"]
	if len(args) == 2 {
		got = counts[args[0]]
	}
	text, atMost := strings.CutPrefix(args[len(args)-1], "<=")
	if want := int64(number(ts, text)); got > want || got < want && !atMost {
		ts.Fatalf("%d requests, want %s (%v)", got, args[len(args)-1], counts)
	}
}

func reports(ts *testscript.TestScript, _ bool, args []string) {
	if got := len(serversOf(ts).sandbox.Created()); got != number(ts, args[0]) {
		ts.Fatalf("%d reports exist, want %s", got, args[0])
	}
}

func sameFile(ts *testscript.TestScript, _ bool, args []string) {
	want, ok := serversOf(ts).sandbox.File(args[1])
	if !ok {
		ts.Fatalf("%s has no file", args[1])
	}
	if got := ts.ReadFile(args[0]); got != string(want) {
		ts.Fatalf("%s has %d bytes, which are not the %d of %s", args[0], len(got), len(want), args[1])
	}
}

func only(ts *testscript.TestScript, _ bool, args []string) {
	root := ts.MkAbs(args[0])
	var got []string
	ts.Check(fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			got = append(got, path)
		}
		return err
	}))
	want := slices.Clone(args[1:])
	for i, name := range want {
		want[i] = filepath.ToSlash(name)
	}
	slices.Sort(got)
	slices.Sort(want)
	if diff := cmp.Diff(want, got); len(want)+len(got) > 0 && diff != "" {
		ts.Fatalf("%s (-want +got):\n%s", args[0], diff)
	}
}

func isJSON(ts *testscript.TestScript, _ bool, args []string) {
	text := strings.TrimRight(ts.ReadFile(args[1]), "\n")
	lines := strings.Split(text, "\n")
	documents := map[string][]string{"whole": {text}, "lines": lines, "last": lines[len(lines)-1:]}[args[0]]
	if documents == nil {
		ts.Fatalf("usage: json whole|lines|last FILE")
	}
	for _, document := range documents {
		if !json.Valid([]byte(document)) {
			ts.Fatalf("not JSON: %q", document)
		}
	}
}

func clean(ts *testscript.TestScript, _ bool, args []string) {
	if text := ts.ReadFile(args[0]); strings.ContainsAny(text, "\r\x1b") {
		ts.Fatalf("%s has escapes or carriage returns: %q", args[0], text)
	}
}

// tame lets through what the program itself writes at a terminal: colours, the frame's sequences, and line ends.
func tame(ts *testscript.TestScript, _ bool, args []string) {
	ours := regexp.MustCompile(`\x1b\[([0-9;]*m|\?25[lh]|K|A)|\r\x1b\[K|\r\n`)
	text := ours.ReplaceAllString(ts.ReadFile(args[0]), "")
	wild := func(r rune) bool {
		return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r))
	}
	if at := strings.IndexFunc(text, wild); at >= 0 {
		ts.Fatalf("%s has %q", args[0], text[at:min(len(text), at+40)])
	}
}

// backdated makes files a year old.
func backdated(ts *testscript.TestScript, _ bool, args []string) {
	for _, name := range args {
		ts.Check(os.Chtimes(ts.MkAbs(name), lastYear(), lastYear()))
	}
}

func lastYear() time.Time { return time.Now().AddDate(-1, 0, 0).Truncate(24 * time.Hour) }

// untouched wants files that are as backdated has left them.
func untouched(ts *testscript.TestScript, neg bool, args []string) {
	for _, name := range args {
		info, err := os.Stat(ts.MkAbs(name))
		ts.Check(err)
		if same := info.ModTime().Equal(lastYear()); same == neg {
			ts.Fatalf("%s is from %s", name, info.ModTime())
		}
	}
}

// older sets a variable to the one older version of a file.
func older(ts *testscript.TestScript, _ bool, args []string) {
	extension := path.Ext(args[1])
	found, err := filepath.Glob(ts.MkAbs(strings.TrimSuffix(args[1], extension) + "~*" + extension))
	ts.Check(err)
	if len(found) != 1 {
		ts.Fatalf("%s has the older versions %v, want one", args[1], found)
	}
	ts.Setenv(args[0], filepath.Base(found[0]))
}
