package internal_test

import (
	"go/ast"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestArchitectureShowsTheImports holds the picture of docs/architecture.md to the arrows: it shows those that do not
// follow from others, and no more.
func TestArchitectureShowsTheImports(t *testing.T) {
	_, picture, _ := strings.Cut(page(t, "architecture.md"), "```mermaid\n")
	picture, _, _ = strings.Cut(picture, "```")
	shown := map[string][]string{}
	for _, line := range regexp.MustCompile(`(?m)^  (\S+) --> (.+)$`).FindAllStringSubmatch(picture, -1) {
		shown[line[1]] = append(shown[line[1]], strings.Split(line[2], " & ")...)
		slices.Sort(shown[line[1]])
	}
	want := map[string][]string{}
	for room, to := range arrows {
		for _, other := range to {
			if !slices.ContainsFunc(to, func(between string) bool { return leads(between, other) }) {
				want[short(room)] = append(want[short(room)], short(other))
			}
		}
		slices.Sort(want[short(room)])
	}
	if diff := cmp.Diff(want, shown, cmp.Comparer(func(a, b []string) bool { return slices.Equal(a, b) })); diff != "" {
		t.Errorf("docs/architecture.md, picture (-allowed +shown):\n%s", diff)
	}
}

// leads reports whether arrows lead from one room to another.
func leads(from, to string) bool {
	return slices.ContainsFunc(arrows[from], func(next string) bool { return next == to || leads(next, to) })
}

func short(room string) string { return strings.TrimPrefix(room, "internal/") }

// TestArchitectureListsThePackages: each package has a line that says what it is for, and no other has.
func TestArchitectureListsThePackages(t *testing.T) {
	text := page(t, "architecture.md")
	rows := strings.Join(table(text, "| package |"), "\n")
	for room := range rooms(t) {
		if !strings.Contains(rows, "| `"+room+"` |") && !strings.Contains(text, "`"+room+"` ") {
			t.Errorf("docs/architecture.md does not say what %s is for", room)
		}
	}
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)`").FindAllStringSubmatch(rows, -1) {
		if _, known := arrows[row[1]]; !known {
			t.Errorf("docs/architecture.md: %s is no package", row[1])
		}
	}
}

// TestPagesNameWhatExists holds the pages for contributors to the folders, files, functions and tests that there are.
func TestPagesNameWhatExists(t *testing.T) {
	functions := map[string]bool{}
	for _, s := range sources(t) {
		for _, decl := range s.file.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok {
				functions[f.Name.Name] = true
			}
		}
	}
	for name, least := range map[string]int{"architecture.md": 60, "contributing.md": 15} {
		text := page(t, name)
		paths := regexp.MustCompile("`((?:cmd|docs|internal)(?:/[a-z0-9_./-]+)?|[A-Z]+\\.md|go\\.mod|\\.ci/run)`").FindAllStringSubmatch(text, -1)
		if len(paths) < least {
			t.Errorf("docs/%s names %d paths: is the expression that finds them right?", name, len(paths))
		}
		for _, path := range paths {
			if _, planned := arrows[path[1]]; planned {
				continue // TestArchitectureListsThePackages
			}
			if _, err := os.Stat(filepath.Join("..", path[1])); err != nil {
				t.Errorf("docs/%s: %v", name, err)
			}
		}
		for _, function := range regexp.MustCompile("`([A-Za-z]+)\\(\\)`").FindAllStringSubmatch(text, -1) {
			if !functions[function[1]] {
				t.Errorf("docs/%s names %s(), which does not exist", name, function[1])
			}
		}
		exists := provers(t)
		for _, script := range testsIn(text) {
			if exists[script] == "" {
				t.Errorf("docs/%s names %s, which does not exist", name, script)
			}
		}
		for _, test := range regexp.MustCompile(`-run '?(Test[A-Za-z]+)`).FindAllStringSubmatch(text, -1) {
			if exists[test[1]] == "" && test[1] != "TestDocs" {
				t.Errorf("docs/%s runs %s, which does not exist", name, test[1])
			}
		}
	}
}
