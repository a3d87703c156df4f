//go:build unix

package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// stub is a folder with a chargectl that ends with one code after the other.
func stub(t *testing.T, codes string) string {
	t.Helper()
	dir := t.TempDir()
	program := "#!/bin/sh\nset -- $(cat " + dir + "/codes)\ncode=$1\nshift\necho \"$*\" > " + dir + "/codes\necho reports/a.csv\nexit $code\n"
	for name, text := range map[string]string{"chargectl": program, "codes": codes} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestRecipesRunAgain runs what each recipe does with the exit codes of chargectl, one after the other: which run is the
// last, and how the job ends.
func TestRecipesRunAgain(t *testing.T) {
	t.Parallel()
	folded := regexp.MustCompile(`(?ms)^( +)for try in .*?^( +)exit "\$code"$`)
	for _, recipe := range []string{"github-actions.yml", "circleci.yml", "github-action/sync.sh"} {
		text, err := os.ReadFile(filepath.Join("../../docs/recipes", recipe))
		if err != nil {
			t.Fatal(err)
		}
		script := string(text)
		if strings.HasSuffix(recipe, ".yml") {
			script = folded.FindString(script)
		}
		for codes, end := range map[string]struct {
			code int
			left string
		}{"0 7": {0, "7"}, "5 0 7": {0, "7"}, "9 8 5 7": {5, "7"}, "4 7": {4, "7"}, "8 6 7": {6, "7"}} {
			t.Run(recipe+"/"+codes, func(t *testing.T) {
				t.Parallel()
				bash, err := exec.LookPath("bash")
				if err != nil {
					t.Skip(err)
				}
				dir := stub(t, codes)
				cmd := exec.CommandContext(t.Context(), bash, "-e", "-c", script)
				cmd.Env = []string{
					"PATH=" + dir + ":" + os.Getenv("PATH"), "GITHUB_OUTPUT=" + filepath.Join(dir, "output"),
					"TYPE=charging_summary", "PERIOD=last-month", "SINCE=", "FLEETS=", "DIR=reports", "ARGS=",
				}
				out, err := cmd.CombinedOutput()
				left, errLeft := os.ReadFile(filepath.Join(dir, "codes"))
				if code := cmd.ProcessState.ExitCode(); code != end.code || strings.TrimSpace(string(left)) != end.left || errLeft != nil {
					t.Errorf("ended with %d (%v), want %d; not run: %s\n%s", code, err, end.code, left, out)
				}
			})
		}
	}
}

// TestRecipeOfAirflowRuns runs the task of the DAG with a stand-in for Airflow: which codes are tried again, which are not.
func TestRecipeOfAirflowRuns(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip(err)
	}
	const airflow = `
import sys, types
class AirflowException(Exception): pass
class AirflowFailException(AirflowException): pass
exceptions, sdk = types.ModuleType("airflow.exceptions"), types.ModuleType("airflow.sdk")
exceptions.AirflowException, exceptions.AirflowFailException = AirflowException, AirflowFailException
sdk.task = sdk.dag = lambda **options: lambda f: f
sys.modules.update({"airflow": types.ModuleType("airflow"), "airflow.exceptions": exceptions, "airflow.sdk": sdk})
try:
    exec(compile(open(sys.argv[1]).read(), sys.argv[1], "exec"))
    print("done")
except Exception as e:
    print(type(e).__name__)
`
	for codes, want := range map[string]string{"0": "done", "5": "AirflowException", "8": "AirflowException", "9": "AirflowException", "4": "AirflowFailException", "6": "AirflowFailException"} {
		cmd := exec.CommandContext(t.Context(), python, "-c", airflow, "../../docs/recipes/airflow_dag.py")
		cmd.Env = []string{"PATH=" + stub(t, codes) + ":" + os.Getenv("PATH")}
		if out, err := cmd.CombinedOutput(); strings.TrimSpace(string(out)) != want || err != nil {
			t.Errorf("after %s: %q, %v, want %s", codes, out, err, want)
		}
	}
}

// TestGitHubActionRuns runs the two scripts of the action as a runner would: with a release that a server here has, and a
// Charge API here.
func TestGitHubActionRuns(t *testing.T) {
	t.Parallel()
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip(err)
	}
	folder, err := filepath.Abs("../../docs/recipes/github-action")
	if err != nil {
		t.Fatal(err)
	}
	program, err := exec.LookPath("chargectl")
	if err != nil {
		t.Fatal(err)
	}
	archive := archiveOf(t, "#!/bin/sh\nexec "+program+" \"$@\"\n")
	releases := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/v1.2.3/chargectl_1.2.3_linux_amd64.tar.gz" {
			http.NotFound(w, r)
			return
		}
		_, _ = w.Write(archive)
	}))
	t.Cleanup(releases.Close)
	st := newExampleEnv(t)
	inputs := "RUNNER_OS=Linux RUNNER_ARCH=X64 RUNNER_TEMP=tmp GITHUB_PATH=path GITHUB_OUTPUT=output VERSION=1.2.3 CHARGECTL_RELEASES=" + releases.URL + " "
	if out, err := st.command(inputs + "SHA256=0000 " + folder + "/install.sh").CombinedOutput(); err == nil || !bytes.Contains(out, []byte("::error::")) {
		t.Errorf("another checksum: %v, %s", err, out)
	}
	if left := st.output(t, "cat path 2>/dev/null; true"); left != "" {
		t.Errorf("a program with another checksum is in the PATH: %s", left)
	}
	st.run(t, inputs+fmt.Sprintf("SHA256=%x ", sha256.Sum256(archive))+folder+"/install.sh")
	scope := "TYPE=charging_summary PERIOD= SINCE=2026-03 FLEETS='" + st.fleet + "\n' DIR=reports ARGS='--until 2026-04\n --receipts' "
	st.run(t, inputs+scope+"PATH=$(cat path):$PATH "+folder+"/sync.sh")
	var want strings.Builder
	files := strings.Fields(st.output(t, "ls reports/*.csv"))
	for _, file := range files {
		want.WriteString(file + "\n")
	}
	if got := st.output(t, "cat output"); len(files) != 2 || got != "paths<<end-of-paths\n"+want.String()+"end-of-paths\ncount=2" {
		t.Errorf("%q, files %q", got, files)
	}
	if receipts := st.output(t, "ls reports/*.json | wc -l"); receipts != "2" {
		t.Errorf("%s receipts", receipts)
	}
}

// TestGitHubActionDescribesItsInputs: every input and output of the action is in the table of the recipes.
func TestGitHubActionDescribesItsInputs(t *testing.T) {
	t.Parallel()
	action, err := os.ReadFile("../../docs/recipes/github-action/action.yml")
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("../../docs/recipes/README.md")
	if err != nil {
		t.Fatal(err)
	}
	action, _, _ = bytes.Cut(action, []byte("\nruns:"))
	names := regexp.MustCompile(`(?m)^  ([a-z0-9-]+):$`).FindAllSubmatch(action, -1)
	rows := regexp.MustCompile("(?m)^\\| `([a-z0-9-]+)`").FindAllSubmatch(page, -1)
	list := func(found [][][]byte) (all []string) {
		for _, f := range found {
			all = append(all, string(f[1]))
		}
		return all
	}
	if in, told := list(names), list(rows); len(in) != 11 || !slices.Equal(in, told) {
		t.Errorf("action.yml has %q, the page %q", in, told)
	}
}

// archiveOf is a release's archive, with a program of this text.
func archiveOf(t *testing.T, program string) []byte {
	t.Helper()
	var archive bytes.Buffer
	compressed := gzip.NewWriter(&archive)
	files := tar.NewWriter(compressed)
	err := files.WriteHeader(&tar.Header{Name: "chargectl", Mode: 0o755, Size: int64(len(program))})
	if err == nil {
		_, err = files.Write([]byte(program))
	}
	if err == nil {
		err = files.Close()
	}
	if err == nil {
		err = compressed.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}
