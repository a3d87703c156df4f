package internal_test

import (
	"io/fs"
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

// TestPromisesHaveTests: every promise, every exit code and every section of docs/scripting.md, and every section of the pages
// that explain what is promised, has a row in docs/promises.md, and every row has tests that exist.
func TestPromisesHaveTests(t *testing.T) {
	text, scripting := page(t, "promises.md"), page(t, "scripting.md")
	namesWhatExists(t, "promises.md", text, provers(t))
	kept, shown := promises(t, table(text, "| promise | kept by |")), promises(t, table(text, "| promise | shown by |"))
	want := scriptingPromises(scripting)
	if len(want) < 20 {
		t.Errorf("docs/scripting.md makes %d promises: is the expression that finds them right?", len(want))
	}
	for _, promise := range want {
		if !slices.Contains(shown, promise) {
			t.Errorf("docs/promises.md: %q of docs/scripting.md has no row", promise)
		}
	}
	for _, promise := range shown {
		section, _, ok := strings.Cut(promise, ": ")
		if !slices.Contains(want, promise) && (!ok || !strings.Contains(scripting, "# "+section+"\n")) {
			t.Errorf("docs/promises.md has %q, which is neither promised nor in a section of docs/scripting.md", promise)
		}
	}
	for name, all := range map[string][]string{"scripting.md": shown, "guide.md": kept, "sync.md": kept, "sandbox.md": kept} {
		for _, heading := range regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatch(page(t, name), -1) {
			ofSection := func(promise string) bool { return strings.HasPrefix(promise, heading[1]+": ") }
			if heading[1] != "Promises" && !describes[heading[1]] && !slices.ContainsFunc(all, ofSection) {
				t.Errorf("docs/%s: the section %q has no row in docs/promises.md", name, heading[1])
			}
		}
	}
}

// describes has the sections that only describe.
var describes = map[string]bool{"What it costs": true, "The JSON document": true}

// promises are what the rows of a table promise. Each must name a test.
func promises(t *testing.T, rows []string) (all []string) {
	t.Helper()
	for _, row := range rows {
		promise, tests, _ := strings.Cut(strings.Trim(row, "| "), " | ")
		if all = append(all, promise); len(testsIn(tests)) == 0 {
			t.Errorf("docs/promises.md: no test shows %q", promise)
		}
	}
	return all
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
