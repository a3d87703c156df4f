package cli

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/folder"
)

const recipes = "../../docs/recipes"

// commandLines finds what a recipe has chargectl do: words after its name, to the end of the line or of the command.
// What a unit of systemd keeps in a variable is put in its place.
func commandLines(text string) (lines [][]string) {
	for _, variable := range regexp.MustCompile(`(?m)^Environment="(CHARGECTL_[A-Z]+)=(.*)"$`).FindAllStringSubmatch(text, -1) {
		text = strings.ReplaceAll(text, "$"+variable[1], variable[2])
	}
	text = strings.NewReplacer("command: [chargectl, ", "chargectl ", "$SHARD", "1/4", "$CI_NODE_INDEX", "1", "$CI_NODE_TOTAL", "4", ", ", " ", "]", "", `"`, "", "`", "\n").Replace(text)
	for _, line := range regexp.MustCompile(`(?m)(?:^|[/ =])chargectl ((?:reports|webhooks) [^\n|;&#>]*)`).FindAllStringSubmatch(text, -1) {
		lines = append(lines, strings.Fields(line[1]))
	}
	return lines
}

// recipeFiles are the recipes, by their names below the folder.
func recipeFiles(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	top := os.DirFS(recipes)
	err := fs.WalkDir(top, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		text, err := fs.ReadFile(top, name)
		files[name] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestRecipesCommands holds every command in a recipe to the real command tree.
func TestRecipesCommands(t *testing.T) {
	found := 0
	for name, text := range recipeFiles(t) {
		for _, words := range commandLines(text) {
			found++
			cmd, rest, err := tree(t).Find(words)
			if err == nil {
				err = cmd.ParseFlags(rest)
			}
			if err == nil {
				err = cmd.ValidateArgs(cmd.Flags().Args())
			}
			if err != nil || !slices.Contains([]string{"sync", "check", "listen", "register"}, cmd.Name()) {
				t.Errorf("%s: chargectl %s: %v", name, strings.Join(words, " "), err)
			}
		}
	}
	if found < 10 {
		t.Errorf("only %d commands found", found)
	}
}

// TestPagesCommands holds every command that a page mentions to the real command tree.
func TestPagesCommands(t *testing.T) {
	pages, err := filepath.Glob(filepath.Join(docs, "*.md"))
	if err != nil || len(pages) < 8 {
		t.Fatalf("%d pages, error %v", len(pages), err)
	}
	for _, page := range append(pages, filepath.Join(docs, "../README.md")) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, command := range regexp.MustCompile("`chargectl ([^`|<>]+)").FindAllStringSubmatch(string(text), -1) {
			words := strings.Fields(command[1])
			cmd, rest, err := tree(t).Find(words)
			if err == nil {
				err = cmd.ParseFlags(rest)
			}
			if args := cmd.Flags().Args(); err == nil && cmd.HasSubCommands() && len(args) > 0 {
				t.Errorf("%s: chargectl %s: there is no %s", filepath.Base(page), command[1], args[0])
			}
			if err != nil {
				t.Errorf("%s: chargectl %s: %v", filepath.Base(page), command[1], err)
			}
		}
	}
}

// TestRecipesRepeatWhatIsRight holds what a recipe repeats, and what it does not, to the table of exit codes.
func TestRecipesRepeatWhatIsRight(t *testing.T) {
	var again, final []int
	for _, row := range exit.Table() {
		switch {
		case row.Code == 0 || row.Code > 128, slices.Contains(row.Kinds, charge.KindMissing): // sync does not end with the last
		case row.Retry:
			again = append(again, row.Code)
		default:
			final = append(final, row.Code)
		}
	}
	for _, c := range []struct {
		file, pattern string
		want          []int
	}{
		{"chargectl-sync.service", `RestartForceExitStatus=(.*)`, again},
		{"gitlab-ci.yml", `exit_codes: \[(.*)\]`, again},
		{"github-actions.yml", `(?m)^ +([0-9|]+)\) echo`, again},
		{"circleci.yml", `(?m)^ +([0-9|]+)\) echo`, again},
		{"github-action/sync.sh", `(?m)^ +([0-9|]+)\) echo`, again},
		{"Jenkinsfile", `code in \[(.*)\]`, again},
		{"airflow_dag.py", `returncode in \((.*)\)`, again},
		{"kubernetes-cronjob.yaml", `values: \[(.*)\]`, final},
		{"kubernetes-shards.yaml", `values: \[(.*)\]`, final},
		{"argo-shards.yaml", `exitCode\) in \[(.*)\]`, again},
		{"gitlab-shards.yml", `exit_codes: \[(.*)\]`, again},
		{"github-shards.yml", `(?m)^ +([0-9|]+)\) echo`, again},
		{"../../README.md", `exit_codes: \[(.*)\]`, again},
		{"../../README.md", `(?m)^\| ([0-9, ]+) \| run the same command again`, again},
	} {
		text, err := os.ReadFile(filepath.Join(recipes, c.file))
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, code := range regexp.MustCompile(`\d+`).FindAllString(firstGroup(c.pattern, text), -1) {
			n, _ := strconv.Atoi(code)
			got = append(got, n)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s names %v, want %v", c.file, got, c.want)
		}
	}
}

func firstGroup(pattern string, text []byte) string {
	match := regexp.MustCompile(pattern).FindSubmatch(text)
	if match == nil {
		return ""
	}
	return string(match[1])
}

// TestRecipesCheckers runs the checkers that this machine has.
func TestRecipesCheckers(t *testing.T) {
	for _, c := range []struct {
		argv  []string
		allow string // what a checker may say of this machine
	}{
		{argv: []string{"sh", "-n", "object-storage.sh"}},
		{argv: []string{"sh", "-n", "rclone-container.sh"}},
		{argv: []string{"sh", "-n", "prometheus-textfile.sh"}},
		{argv: []string{"sh", "-n", "many-accounts.sh"}},
		{argv: []string{"bash", "-n", "github-action/install.sh"}},
		{argv: []string{"bash", "-n", "github-action/sync.sh"}},
		{argv: []string{"systemd-analyze", "verify", "--man=no", "./chargectl-sync.service", "./chargectl-sync.timer"}, allow: "is not executable"},
		{argv: []string{"systemd-analyze", "verify", "--man=no", "./chargectl-listen.service", "./chargectl-listen.socket"}, allow: "is not executable"},
		{argv: []string{"systemd-analyze", "verify", "--man=no", "./chargectl-check.service", "./chargectl-check.timer"}, allow: "is not executable"},
		{argv: []string{"systemd-analyze", "verify", "--man=no", "./chargectl-failed@.service"}},
	} {
		t.Run(c.argv[0]+" "+c.argv[len(c.argv)-1], func(t *testing.T) {
			path, err := exec.LookPath(c.argv[0])
			if err != nil {
				t.Skip(err)
			}
			cmd := exec.CommandContext(t.Context(), path, c.argv[1:]...)
			cmd.Dir = recipes
			out, err := cmd.CombinedOutput()
			if c.allow != "" && bytes.Contains(out, []byte(c.allow)) && bytes.Count(out, []byte("\n")) == 1 {
				return
			}
			if err != nil || len(out) > 0 {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// TestRecipesAreWellFormed: no parser of YAML or Groovy is at hand here, but what breaks most YAML is a tab or an odd
// indentation, and most Groovy a bracket.
func TestRecipesAreWellFormed(t *testing.T) {
	for name, text := range recipeFiles(t) {
		switch {
		case strings.HasSuffix(name, ".yml"), strings.HasSuffix(name, ".yaml"):
			for i, line := range strings.Split(text, "\n") {
				indent := len(line) - len(strings.TrimLeft(line, " "))
				if strings.Contains(line, "\t") || indent%2 != 0 {
					t.Errorf("%s:%d: %q", name, i+1, line)
				}
			}
		case name == "Jenkinsfile":
			var open []rune
			closes := map[rune]rune{')': '(', ']': '[', '}': '{'}
			for _, r := range text {
				begin, ends := closes[r]
				switch {
				case strings.ContainsRune("([{", r):
					open = append(open, r)
				case ends && (len(open) == 0 || open[len(open)-1] != begin):
					t.Fatalf("%s: %c closes %q", name, r, string(open))
				case ends:
					open = open[:len(open)-1]
				}
			}
			if len(open) > 0 {
				t.Errorf("%s: %q is left open", name, string(open))
			}
		}
	}
}

// TestPackagesHaveEveryUnit: a package installs each unit of the recipes, and leaves none enabled or remembered behind.
func TestPackagesHaveEveryUnit(t *testing.T) {
	texts := map[string]string{}
	for _, name := range []string{".goreleaser.yaml", "packaging/preremove.sh", "packaging/postremove.sh"} {
		text, err := os.ReadFile(filepath.Join("../..", name))
		if err != nil {
			t.Fatal(err)
		}
		texts[name] = string(text)
	}
	holds := func(name, text string) {
		if !strings.Contains(texts[name], text) {
			t.Errorf("%s has no %s", name, text)
		}
	}
	units := 0
	for name := range recipeFiles(t) {
		kind := filepath.Ext(name)
		if !slices.Contains([]string{".service", ".socket", ".timer"}, kind) {
			continue
		}
		units++
		holds(".goreleaser.yaml", "{src: docs/recipes/"+name+", dst: /usr/lib/systemd/system/"+name+", file_info: {mode: 0644}}")
		if !strings.Contains(name, "@") {
			holds("packaging/preremove.sh", name)
		}
		if kind == ".timer" {
			holds("packaging/postremove.sh", "stamp-"+name)
		}
	}
	if units == 0 {
		t.Error("there is no unit")
	}
}

// TestDocsDerivedKey holds the example in docs/sync.md to the program.
func TestDocsDerivedKey(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(docs, "sync.md"))
	if err != nil {
		t.Fatal(err)
	}
	key := charge.DerivedKey(charge.Test, "https://api.chargeapi.co", 1, "", []byte(firstGroup(`(?m)^  '(\{.*\})' \| sha256sum$`, text)))
	if sum := firstGroup(`(?m)^# ([0-9a-f]{64})$`, text); key != "chargectl-1-"+sum {
		t.Errorf("the program computes %s, docs/sync.md says %s", key, sum)
	}
}

// TestDocsShard holds the example of docs/sync.md to the program.
func TestDocsShard(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(docs, "sync.md"))
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile(`printf %s (flt_\w+) \| sha256sum \| cut -c 1-8\) % (\d+) \+ 1\)\)\n# (\d+)\n`).FindStringSubmatch(string(text))
	if example == nil {
		t.Fatal("no example")
	}
	shard, err := folder.ParseShard(example[3] + "/" + example[2])
	if err != nil || !shard.Has(example[1]) {
		t.Errorf("%s is not in shard %s, error %v", example[1], shard, err)
	}
}
