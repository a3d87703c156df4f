package cli

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/cobra"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/doctor"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/progress"
	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/webhook"
)

// The documents that the program knows by itself are made here: go test ./internal/cli -run TestDocs -update
var update = flag.Bool("update", false, "write the generated documents instead of comparing them")

const docs = "../../docs"

// tree is the command tree as a user sees it, help included.
func tree(t *testing.T) *cobra.Command {
	t.Helper()
	return wholeTree()
}

// TestDocsReference: docs/reference has a page for each command and topic, with its help.
func TestDocsReference(t *testing.T) {
	generated := t.TempDir()
	eachPage(t, func(cmd *cobra.Command) {
		page := "# " + cmd.CommandPath() + "\n\n```\n" + fullHelp(cmd, widestHelp) + "```\n\n"
		if cmd.HasParent() {
			page += "Up: " + pageLink(cmd.Parent()) + "\n"
		}
		for _, sub := range subcommands(cmd) {
			page += "- " + pageLink(sub) + ": " + sub.Short + "\n"
		}
		write(t, filepath.Join(generated, pageName(cmd)), page)
	})
	compareFolders(t, generated, filepath.Join(docs, "reference"))
}

func eachPage(t *testing.T, visit func(*cobra.Command)) {
	runnable, topics := commands(t)
	for _, cmd := range append(runnable, topics...) {
		visit(cmd)
	}
}

func pageName(cmd *cobra.Command) string {
	return strings.ReplaceAll(cmd.CommandPath(), " ", "_") + ".md"
}

func pageLink(cmd *cobra.Command) string { return "[" + cmd.CommandPath() + "](" + pageName(cmd) + ")" }

// compareFolders holds the folder in the repository to the generated one, or replaces it.
func compareFolders(t *testing.T, generated, kept string) {
	t.Helper()
	if *update {
		if err := os.RemoveAll(kept); err != nil {
			t.Fatal(err)
		}
		if err := os.CopyFS(kept, os.DirFS(generated)); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(readFolder(t, kept), readFolder(t, generated)); diff != "" {
		t.Errorf("%s is not what the program generates; run go test ./internal/cli -run TestDocs -update (-have +want):\n%s", kept, diff)
	}
}

func readFolder(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[entry.Name()] = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
	return files
}

// TestDocsSections holds the parts of hand-written documents that stand between BEGIN and END markers to the tables
// that the program uses.
func TestDocsSections(t *testing.T) {
	for section, text := range map[string]string{
		"scripting.md exit-codes": exitMarkdown(),
		"scripting.md log-keys":   keysMarkdown("key", progress.LogKeys()),
		"scripting.md error-keys": keysMarkdown("key", exit.Members()),
		"guide.md config-list":    keysMarkdown("key", keysOf(reflect.TypeFor[configEntry]())),
		"guide.md auth-status":    keysMarkdown("key", keysOf(reflect.TypeFor[authStatus]())),
		"guide.md doctor":         keysMarkdown("key", keysOf(reflect.TypeFor[doctorDocument]())),
		"guide.md doctor-finding": keysMarkdown("key", keysOf(reflect.TypeFor[doctor.Finding]())),
		"guide.md healthz":        keysMarkdown("key", keysOf(reflect.TypeFor[webhook.Health]())),
		"guide.md verification":   keysMarkdown("key", keysOf(reflect.TypeFor[verification]())),
		"guide.md doctor-checks":  keysMarkdown("check", doctor.Checks()),
		"guide.md settings":       settingsMarkdown(),
		"sandbox.md scenarios":    scenariosMarkdown(),
		"guide.md periods":        "```\n" + atWords(filled(periodsText), widestHelp) + "```\n",
	} {
		file, name, _ := strings.Cut(section, " ")
		compareSection(t, filepath.Join(docs, file), name, text)
	}
}

// TestDocsOrderOfCodes holds what scripting.md says of several ids or items to the program.
func TestDocsOrderOfCodes(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(docs, "scripting.md"))
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), "the first present of "+exit.Order()+" counts") {
		t.Errorf("scripting.md does not name the order %s", exit.Order())
	}
}

// TestReadmeNamesEveryCode: the short table of the README has each exit code once, and no other.
func TestReadmeNamesEveryCode(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(docs, "../README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, rows, _ := strings.Cut(string(text), "| code | meaning |\n|---|---|\n")
	rows, after, _ := strings.Cut(rows, "\n\n")
	var named, want []string
	for line := range strings.Lines(rows) {
		codes, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " |")
		named = append(named, strings.Split(codes, ", ")...)
	}
	for _, row := range exit.Table() {
		want = append(want, strings.Split(row.Codes, ", ")...)
	}
	slices.Sort(named)
	slices.Sort(want)
	if diff := cmp.Diff(want, named); diff != "" {
		t.Errorf("README.md, exit codes (-program +named):\n%s", diff)
	}
	if !strings.Contains(after, strconv.Itoa(exit.ClosedPipe)) {
		t.Errorf("README.md does not name %d", exit.ClosedPipe)
	}
}

// TestTroubleshootingNamesEveryCode: whatever a run ends with, the page has messages that end with it.
func TestTroubleshootingNamesEveryCode(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(docs, "troubleshooting.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range exit.Table()[1:] {
		first, _, _ := strings.Cut(row.Codes, ",")
		if !strings.Contains(strings.ToLower(string(text)), "exit code "+first) {
			t.Errorf("troubleshooting.md says nothing of exit code %s", first)
		}
	}
}

// TestContractNamesEveryStatus: the contract lists the statuses that the program knows, in the order of a report's life.
func TestContractNamesEveryStatus(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(docs, "api/charge-api.md"))
	if err != nil {
		t.Fatal(err)
	}
	if list := "`status`: `" + strings.Join(charge.Statuses(), "`, `") + "`."; !strings.Contains(string(text), list) {
		t.Errorf("docs/api/charge-api.md does not say %s", list)
	}
}

func compareSection(t *testing.T, path, name, want string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	begin, end := []byte("<!-- BEGIN "+name+" -->\n"), []byte("<!-- END "+name+" -->")
	from, to := bytes.Index(text, begin), bytes.Index(text, end)
	if from < 0 || to < from {
		t.Errorf("%s has no section %s", path, name)
		return
	}
	from += len(begin)
	if *update {
		text = bytes.Join([][]byte{text[:from], []byte(want), text[to:]}, nil)
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(text[from:to]), want); diff != "" {
		t.Errorf("%s, section %s: run go test ./internal/cli -run TestDocs -update (-have +want):\n%s", path, name, diff)
	}
}

func exitMarkdown() string {
	rows := "| code | meaning | same command again? | `kind` of the error |\n|---|---|---|---|\n"
	for _, row := range exit.Table() {
		var kinds []string
		for _, kind := range row.Kinds {
			kinds = append(kinds, code(string(kind)))
		}
		rows += "| " + row.Codes + " | " + row.Meaning + " | " + row.Again + " | " + strings.Join(kinds, ", ") + " |\n"
	}
	return rows
}

func keysMarkdown(title string, keys [][2]string) string {
	rows := "| " + title + " | meaning |\n|---|---|\n"
	for _, key := range keys {
		rows += "| `" + key[0] + "` | " + key[1] + " |\n"
	}
	return rows
}

func settingsMarkdown() string {
	rows := "| setting | variable | default | meaning |\n|---|---|---|---|\n"
	for _, s := range config.Settings() {
		rows += "| `" + s.Name + "` | " + code(s.Env) + " | " + code(s.Default) + " | " + s.Help + " |\n"
	}
	return rows
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + s + "`"
}

// TestDocumentsOfOurOwn holds what these commands print to what the documents say of it: no key more, none less.
func TestDocumentsOfOurOwn(t *testing.T) {
	p := newDoctorTest(t, sandbox.Options{})
	for _, tc := range []struct {
		command, path string
		object        reflect.Type
	}{
		{"config list", ".[]", reflect.TypeFor[configEntry]()},
		{"config get type", ".", reflect.TypeFor[configEntry]()},
		{"auth status", ".", reflect.TypeFor[authStatus]()},
		{"doctor", ".", reflect.TypeFor[doctorDocument]()},
		{"doctor", ".checks[]", reflect.TypeFor[doctor.Finding]()},
	} {
		var names []string
		for _, key := range keysOf(tc.object) {
			names = append(names, key[0])
			if key[1] == "" {
				t.Errorf("%s: nothing says what %s means", tc.command, key[0])
			}
		}
		slices.Sort(names)
		code, stdout, stderr := p.run(t.Context(), append(strings.Fields(tc.command), "--jq", tc.path+` | keys | join(" ")`)...)
		lines := slices.Compact(strings.Split(strings.TrimSpace(stdout), "\n"))
		if diff := cmp.Diff([]string{strings.Join(names, " ")}, lines); code != 0 || diff != "" {
			t.Errorf("%s: %d, %s (-documented +printed):\n%s", tc.command, code, stderr, diff)
		}
	}
}

// keysOf are the members of an object of ours, as its tags name and explain them.
func keysOf(object reflect.Type) (keys [][2]string) {
	for _, field := range reflect.VisibleFields(object) {
		if name := field.Tag.Get("json"); name != "" {
			keys = append(keys, [2]string{name, field.Tag.Get("doc")})
		}
	}
	return keys
}
