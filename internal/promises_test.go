package internal_test

import (
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The pages that promise something say which tests show it. These tests hold them to the tests that exist.

func TestSecurityNamesWhatExists(t *testing.T) {
	text := page(t, "security.md")
	exists := provers(t)
	namesWhatExists(t, "security.md", text, exists)
	for name, folder := range exists {
		if strings.HasPrefix(name, "Fuzz") && !ofTheSandbox(name) && !hasRow(text, "`"+name+"`", "`"+folder+"`") {
			t.Errorf("docs/security.md has no row with %s and %s", name, folder)
		}
	}
	for _, row := range table(text, "| threat |") {
		if len(testsIn(row)) == 0 {
			t.Errorf("docs/security.md: no test shows %s", row)
		}
	}
}

// ofTheSandbox says what nobody but a developer of the sandbox reads from outside.
func ofTheSandbox(target string) bool {
	return slices.Contains([]string{"FuzzCreate", "FuzzEndpoint", "FuzzParseFault"}, target)
}

// TestScriptingPromisesHaveTests: every promise, every exit code and every section of docs/scripting.md has a row in its
// last table, and every row has tests that exist.
func TestScriptingPromisesHaveTests(t *testing.T) {
	text := page(t, "scripting.md")
	namesWhatExists(t, "scripting.md", text, provers(t))
	shown := map[string]bool{}
	for _, row := range table(text, "| promise | shown by |") {
		promise, tests, _ := strings.Cut(strings.Trim(row, "| "), " | ")
		shown[promise] = true
		if len(testsIn(tests)) == 0 {
			t.Errorf("docs/scripting.md: no test shows %q", promise)
		}
	}
	for _, heading := range regexp.MustCompile(`(?m)^##+ (.+)$`).FindAllStringSubmatch(text, -1) {
		ofSection := func(promise string) bool { return strings.HasPrefix(promise, heading[1]+": ") }
		itself := heading[1] == "Promises" || heading[1] == "Which tests show it"
		if !itself && !slices.ContainsFunc(slices.Collect(maps.Keys(shown)), ofSection) {
			t.Errorf("docs/scripting.md: the section %s has no row in the last table", heading[1])
		}
	}
	want := scriptingPromises(text)
	if len(want) < 20 {
		t.Errorf("the page makes %d promises: is the expression that finds them right?", len(want))
	}
	for _, promise := range want {
		if !shown[promise] {
			t.Errorf("docs/scripting.md: %q has no row in the last table", promise)
		}
		delete(shown, promise)
	}
	for promise := range shown {
		section, _, ok := strings.Cut(promise, ": ")
		if !ok || !strings.Contains(text, "# "+section+"\n") {
			t.Errorf("docs/scripting.md: the last table has %q, which is neither promised nor in a section of the page", promise)
		}
	}
}

// scriptingPromises are the promises in bold, the exit codes, and what is promised of a section as a whole.
func scriptingPromises(text string) (all []string) {
	_, section, _ := strings.Cut(text, "\n## Promises\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, bold := range regexp.MustCompile(`(?m)^- \*\*([^*]+)\*\*`).FindAllStringSubmatch(section, -1) {
		all = append(all, strings.TrimRight(strings.ReplaceAll(bold[1], "\n ", ""), "."))
	}
	for _, row := range table(text, "| code |") {
		for _, code := range regexp.MustCompile(`^\| ([0-9, ]+) \|`).FindStringSubmatch(row)[1:] {
			for _, one := range strings.Split(code, ", ") {
				all = append(all, "exit "+one)
			}
		}
	}
	return all
}

func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(text), "\r\n", "\n")
}

// table is the rows below a header that begins like this.
func table(text, header string) (rows []string) {
	_, after, _ := strings.Cut(text, "\n"+header)
	for line := range strings.Lines(after) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "|---"):
			rows = []string{}
		case rows != nil && !strings.HasPrefix(line, "|"):
			return rows
		case rows != nil:
			rows = append(rows, line)
		}
	}
	return rows
}

func hasRow(text string, parts ...string) bool {
	return slices.ContainsFunc(strings.Split(text, "\n"), func(line string) bool {
		return strings.HasPrefix(line, "|") && !slices.ContainsFunc(parts, func(part string) bool { return !strings.Contains(line, part) })
	})
}

func testsIn(text string) (names []string) {
	for _, name := range regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z]+|[a-z0-9_]+\\.txtar)`").FindAllStringSubmatch(text, -1) {
		names = append(names, name[1])
	}
	return names
}

func namesWhatExists(t *testing.T, name, text string, exists map[string]string) {
	t.Helper()
	named := testsIn(text)
	if len(named) < 60 {
		t.Errorf("docs/%s names %d tests: is the expression that finds them right?", name, len(named))
	}
	for _, test := range named {
		if exists[test] == "" {
			t.Errorf("docs/%s names %s, which does not exist", name, test)
		}
	}
}

// provers are the names of tests, fuzz targets and scripts, each with its folder.
func provers(t *testing.T) map[string]string {
	t.Helper()
	function, found := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`), map[string]string{}
	err := fs.WalkDir(os.DirFS(".."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.HasSuffix(path, ".txtar") {
			found[d.Name()] = filepath.ToSlash(filepath.Dir(path))
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(filepath.Join("..", path))
		for _, f := range function.FindAllStringSubmatch(string(text), -1) {
			found[f[1]] = filepath.ToSlash(filepath.Dir(path))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return found
}
