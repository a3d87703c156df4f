package internal_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestSecurityNamesWhatExists holds docs/security.md to the tests and scripts that it points to.
func TestSecurityNamesWhatExists(t *testing.T) {
	page, err := os.ReadFile("../docs/security.md")
	if err != nil {
		t.Fatal(err)
	}
	exists := map[string]bool{}
	for _, root := range []string{".", "../cmd"} {
		for _, name := range provers(t, root) {
			exists[name] = true
		}
	}
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Za-z]+|[a-z0-9_]+\\.txtar)`").FindAllStringSubmatch(string(page), -1)
	if len(named) < 60 {
		t.Errorf("the page names %d tests: were they looked for where they are?", len(named))
	}
	for _, name := range named {
		if !exists[name[1]] {
			t.Errorf("docs/security.md names %s, which does not exist", name[1])
		}
	}
	for name := range exists {
		if strings.HasPrefix(name, "Fuzz") && !strings.Contains(string(page), "`"+name+"`") && !ofTheSandbox(name) {
			t.Errorf("docs/security.md does not list %s", name)
		}
	}
}

// ofTheSandbox says what nobody but a developer of the sandbox reads from outside.
func ofTheSandbox(target string) bool { return target == "FuzzCreate" || target == "FuzzParseFault" }

// provers are the names of tests, fuzz targets and scripts below a folder.
func provers(t *testing.T, root string) (names []string) {
	t.Helper()
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		if strings.HasSuffix(path, ".txtar") {
			names = append(names, d.Name())
		}
		if !strings.HasSuffix(path, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(path)
		for _, found := range function.FindAllStringSubmatch(string(text), -1) {
			names = append(names, found[1])
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
