package internal_test

import (
	"cmp"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write THIRD-PARTY-NOTICES instead of comparing it")

// TestThirdPartyNotices holds THIRD-PARTY-NOTICES to the licences of what is linked into the program on any system:
//
//	go test ./internal -run TestThirdPartyNotices -update
//
// writes it anew. Versions are not in it, so it changes only where a licence does.
func TestThirdPartyNotices(t *testing.T) {
	const path = "../THIRD-PARTY-NOTICES"
	notices := thirdPartyNotices(t)
	if *update {
		if err := os.WriteFile(path, []byte(notices), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(kept) != notices {
		t.Error("THIRD-PARTY-NOTICES is not what the modules' licences say; see the comment of this test")
	}
}

// thirdPartyNotices has each licence's text once, below the modules that have it.
func thirdPartyNotices(t *testing.T) string {
	t.Helper()
	root, err := exec.CommandContext(t.Context(), "go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	folders := map[string]string{"Go and its standard library": strings.TrimSpace(string(root))}
	for _, system := range []string{"linux", "darwin", "windows"} {
		cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-f", "{{with .Module}}{{if not .Main}}{{.Path}} {{.Dir}}{{end}}{{end}}", "../cmd/chargectl")
		cmd.Env = append(os.Environ(), "GOOS="+system, "GOARCH=amd64", "CGO_ENABLED=0")
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(out)) {
			if module, folder, found := strings.Cut(strings.TrimSpace(line), " "); found {
				folders[module] = folder
			}
		}
	}
	if len(folders) < 15 {
		t.Fatalf("only %d modules", len(folders))
	}
	holders := map[string][]string{}
	for module, folder := range folders {
		text := licenceOf(t, module, folder)
		holders[text] = append(holders[text], module)
	}
	type licence struct {
		modules []string
		text    string
	}
	all := make([]licence, 0, len(holders))
	for text, modules := range holders {
		slices.Sort(modules)
		all = append(all, licence{modules, text})
	}
	slices.SortFunc(all, func(a, b licence) int { return cmp.Compare(a.modules[0], b.modules[0]) })
	var page strings.Builder
	page.WriteString("chargectl contains the following software of others, under their licences.\n")
	for _, l := range all {
		fmt.Fprintf(&page, "\n%s\n%s\n\n%s\n", strings.Repeat("=", 80), strings.Join(l.modules, "\n"), l.text)
	}
	return page.String()
}

// licenceOf is the text of a module's licence, and of its notice where it has one.
func licenceOf(t *testing.T, module, folder string) string {
	t.Helper()
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, file := range files {
		if !regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice)([.-].*)?$`).MatchString(file.Name()) || file.IsDir() {
			continue
		}
		text, err := os.ReadFile(filepath.Join(folder, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")))
	}
	if len(texts) == 0 && module == "Go and its standard library" { // a distribution's Go has it elsewhere
		t.Skip("this Go has no LICENSE")
	}
	if len(texts) == 0 {
		t.Fatalf("%s has no licence in %s", module, folder)
	}
	return strings.Join(texts, "\n\n")
}
