//go:build unix

package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// blocks are the code blocks of a page in docs that are of a language.
func blocks(t *testing.T, page, language string) (all []string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../docs", page))
	if err != nil {
		t.Fatal(err)
	}
	for _, block := range strings.Split(string(text), "\n```"+language+"\n")[1:] {
		block, _, _ = strings.Cut(block, "\n```")
		all = append(all, block)
	}
	if len(all) == 0 {
		t.Errorf("%s has no block of %s", page, language)
	}
	return all
}

// runPage runs the blocks of sh of a page, one after the other.
func (st *exampleEnv) runPage(t *testing.T, page string) {
	t.Helper()
	for _, block := range blocks(t, page, "sh") {
		st.run(t, block)
	}
}

func TestTroubleshootingRuns(t *testing.T) {
	t.Parallel()
	newExampleEnv(t).runPage(t, "troubleshooting.md")
}

func TestSandboxPageRuns(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip("no curl")
	}
	newExampleEnv(t).runPage(t, "sandbox.md")
}

// TestGuideRuns runs each line that the guide and the README show, which ends as its comment says.
func TestGuideRuns(t *testing.T) {
	t.Parallel()
	for page, own := range map[string]string{
		"guide.md":     "webhooks listen --dir reports --secret-file whsec.txt &", // TestGuideShowsEventsOffline
		"../README.md": "go ",                                                     // .ci/run, or needs more than this machine
	} {
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			st := newExampleEnv(t)
			if err := os.WriteFile(filepath.Join(st.dir, "script.sh"), []byte("chargectl fleets list\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			here := strings.NewReplacer("/etc/chargectl/key", "key.txt", "env -i ", "env -i CHARGE_BASE_URL=$CHARGE_BASE_URL ",
				"PATH=/usr/local/bin", `PATH="$PATH"`, "https://hooks.example.com/charge --secret-file ", "http://127.0.0.1:4242/ --secret-file new-",
				"'t=2026-03-03T14:05:23.789Z,v1=…'", `"$(cat signature.txt)"`, "< body", "< event.json")
			for _, block := range blocks(t, page, "sh") {
				if strings.Contains(block, own) {
					continue
				}
				for line := range strings.Lines(block) {
					line, comment, _ := strings.Cut(strings.TrimSpace(line), " # ")
					if code := regexp.MustCompile(`^exit (\d+)`).FindStringSubmatch(comment); code != nil {
						line += "; test $? = " + code[1]
					}
					st.run(t, here.Replace(line))
				}
			}
		})
	}
}

// TestRehearsingRuns pastes each section of docs/rehearsing.md into an empty folder: every block prints on stdout what the
// page shows below it.
func TestRehearsingRuns(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/rehearsing.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?ms)^```sh\n(.*?)^```$(?:\n\n```text\n(.*?)^```$)?")
	for _, section := range strings.Split(string(text), "\n## ")[1:] {
		title, _, _ := strings.Cut(section, "\n")
		t.Run(title, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath("curl"); err != nil && strings.Contains(section, "curl ") {
				t.Skip(err)
			}
			st := newExampleEnv(t)
			found := block.FindAllStringSubmatch(section, -1)
			if len(found) == 0 {
				t.Error("nothing to paste")
			}
			for _, b := range found {
				if b[2] == "" {
					st.run(t, b[1])
				} else if got := st.output(t, b[1]); got != strings.TrimSpace(b[2]) {
					t.Errorf("%s\nprints\n%s\nnot\n%s", b[1], got, b[2])
				}
			}
		})
	}
}

// TestKeepingRuns runs the two commands of docs/keeping.md.
func TestKeepingRuns(t *testing.T) {
	t.Parallel()
	newExampleEnv(t).runPage(t, "keeping.md")
}

// TestSyncRuns computes the key that docs/sync.md computes.
func TestSyncRuns(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("sha256sum"); err != nil {
		t.Skip(err)
	}
	block := blocks(t, "sync.md", "sh")[0]
	sum, _, _ := strings.Cut(newExampleEnv(t).output(t, block), " ")
	if !strings.HasSuffix(block, "\n# "+sum) {
		t.Errorf("it computes %s", sum)
	}
}

// TestFilesRuns runs what docs/files.md shows, on files whose columns it explains, with the programs that are here.
func TestFilesRuns(t *testing.T) {
	t.Parallel()
	st := newExampleEnv(t)
	st.run(t, "chargectl reports sync --type charging_summary --since 2026-03 --until 2026-04 --dir reports")
	header, _, _ := strings.Cut(st.output(t, "cat reports/charging_summary_2026-04.csv"), "\n")
	text, err := os.ReadFile("../../docs/files.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, column := range strings.Split(header, ",") {
		if !regexp.MustCompile("(?m)^\\| .*`" + column + "`.* \\| ").Match(text) {
			t.Errorf("docs/files.md does not explain the column %s", column)
		}
	}
	for language, programs := range map[string][][2]string{ // each with what shows that it is here
		"python": {{"python3", "-c 'import pandas'"}, {"/usr/bin/python3", "-c 'import pandas'"}},
		"sql":    {{"duckdb", "-version"}},
	} {
		t.Run(language, func(t *testing.T) {
			i := slices.IndexFunc(programs, func(p [2]string) bool { return st.command(p[0]+" "+p[1]).Run() == nil })
			if i < 0 {
				t.Skipf("nothing here runs it: %q", programs)
			}
			for _, block := range blocks(t, "files.md", language) {
				if out := st.output(t, programs[i][0]+" <<'EOF'\n"+block+"\nEOF"); strings.Count(out, "charging_summary_2026-0") != 2 {
					t.Errorf("printed %q", out)
				}
			}
		})
	}
	st.runPage(t, "files.md")
}

// TestInstallRuns installs and removes completion, man pages and program in a home of its own.
func TestInstallRuns(t *testing.T) {
	t.Parallel()
	st := newExampleEnv(t)
	program, err := exec.LookPath("chargectl")
	if err != nil {
		t.Fatal(err)
	}
	bin := filepath.Join(st.dir, ".local", "bin")
	docs, err := filepath.Abs("../../docs")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(bin, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, to := range map[string]string{filepath.Join(bin, "chargectl"): program, filepath.Join(st.dir, "docs"): docs} {
		if err := os.Symlink(to, name); err != nil {
			t.Fatal(err)
		}
	}
	st.env[0] = "PATH=" + bin + ":" + os.Getenv("PATH")
	if _, err := exec.LookPath("man"); err != nil {
		st.env[0] += ":" + st.dir
		if err := os.WriteFile(filepath.Join(st.dir, "man"), []byte("#!/bin/sh\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	st.runPage(t, "install.md")
	if left := st.output(t, "find .local .config -type f -o -type l"); left != "" {
		t.Errorf("it left %s", left)
	}
	if _, err := os.Stat(program); err != nil {
		t.Error(err)
	}
}

// TestRecipeTellsOfAMissingFile runs the check of docs/recipes/README.md before and after the folder is complete.
func TestRecipeTellsOfAMissingFile(t *testing.T) {
	t.Parallel()
	st := newExampleEnv(t)
	all := blocks(t, "recipes/README.md", "sh")
	check := strings.ReplaceAll(all[slices.IndexFunc(all, func(block string) bool { return strings.HasPrefix(block, "missing=") })], "/var/lib/charging", "reports")
	missing, err := st.command(check).Output()
	if err == nil || !strings.HasPrefix(string(missing), "missing: reports/charging_summary_2026-08.csv") {
		t.Errorf("in an empty folder: %v, %q", err, missing)
	}
	st.run(t, "chargectl reports sync --type charging_summary --since 2026-08 --dir reports")
	if said := st.output(t, "unset CHARGE_API_KEY\n"+check); said != "" {
		t.Errorf("in a complete folder it says %q", said)
	}
}

// TestRecipesAreSilentWithoutNews runs the lines of cron, which mails whatever they leave on either stream, and of systemd,
// as these do.
func TestRecipesAreSilentWithoutNews(t *testing.T) {
	t.Parallel()
	daily := `(?m)^[0-9]+ [0-9]+ \* \* \* (.*)$`
	for _, c := range []struct{ file, pattern, to, first string }{
		{"recipes/crontab", daily, "", ""},
		{"../README.md", daily, "", ""},
		{"recipes/chargectl-sync.service", `(?ms)^StandardOutput=null$.*^ExecStart=([^\n]*)$`, " >/dev/null", `{"time":"`},
	} {
		t.Run(filepath.Base(c.file), func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(filepath.Join("../../docs", c.file))
			if err != nil {
				t.Fatal(err)
			}
			lines := regexp.MustCompile(c.pattern).FindAllSubmatch(text, -1)
			if len(lines) != 1 {
				t.Fatalf("%d lines that run every day", len(lines))
			}
			st := newExampleEnv(t)
			scope := "" // of a unit of systemd: the flags that a variable keeps
			if variable := regexp.MustCompile(`(?m)^Environment="CHARGECTL_SYNC=(.*)"$`).FindSubmatch(text); variable != nil {
				scope = string(variable[1])
			}
			line := strings.NewReplacer("$CHARGECTL_SYNC", scope, "/usr/local/bin/chargectl", "chargectl", "/etc/chargectl/key", "key.txt", "/var/lib/charging", "reports",
				"/srv/reports", "reports", "reports sync", "reports sync --as-of 2026-03-15").Replace(string(lines[0][1])) + c.to
			run := func(before string) string {
				t.Helper()
				var said bytes.Buffer
				cmd := st.command(before + "unset CHARGE_API_KEY; export CHARGE_API_KEY_FILE=key.txt; " + line)
				cmd.Stdout, cmd.Stderr = &said, &said
				_ = cmd.Run() // what it says counts, whatever the exit code is
				return said.String()
			}
			if said := run(""); c.first == "" && said != "" || !strings.HasPrefix(said, c.first) {
				t.Errorf("the first run: %q", said)
			}
			if said := run("rm key.txt; "); said != "" { // a skip costs nothing
				t.Errorf("a run without news, and without a key: %q", said)
			}
			if said := run("rm reports/*2026-02.csv; "); !strings.Contains(said, "CHARGE_API_KEY_FILE") {
				t.Errorf("a run that fails: %q", said)
			}
		})
	}
}
