//go:build unix

package main

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/sandbox/contracttest"
)

const exampleKey = "ch_sk_test_examples0000000000000000000000"

// TestExamples runs every example of every command's help against the sandbox.
func TestExamples(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../docs/reference/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("no reference: %v", err)
	}
	for _, page := range pages {
		name := strings.TrimSuffix(filepath.Base(page), ".md")
		lines := examplesOf(t, page)
		if len(lines) == 0 { // a topic
			continue
		}
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if len(lines) < 3 {
				t.Errorf("%d examples, want 3", len(lines))
			}
			st := newExampleEnv(t)
			for _, line := range lines {
				st.run(t, line)
			}
		})
	}
}

// TestScriptingRecipes runs what docs/scripting.md has scripts paste, a block at a time.
func TestScriptingRecipes(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/scripting.md")
	if err != nil {
		t.Fatal(err)
	}
	_, recipes, _ := strings.Cut(string(text), "\n## Recipes\n")
	blocks := strings.Split(recipes, "\n```sh\n")[1:]
	if len(blocks) < 5 {
		t.Errorf("%d recipes were found", len(blocks))
	}
	st := newExampleEnv(t)
	for _, block := range blocks {
		script, _, _ := strings.Cut(block, "\n```")
		st.run(t, script)
	}
}

// TestGuideShowsEventsOffline runs what the guide has readers paste to see a listener at work, on a port that is free.
func TestGuideShowsEventsOffline(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/guide.md")
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "<!-- BEGIN webhooks-offline -->\n```sh\n")
	script, _, found := strings.Cut(after, "```\n<!-- END webhooks-offline -->")
	if !found {
		t.Fatal("the guide has no such part")
	}
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	addr := free.Addr().String()
	if err := free.Close(); err != nil {
		t.Fatal(err)
	}
	script = strings.NewReplacer("127.0.0.1:4242", addr, "webhooks listen", "webhooks listen --addr "+addr).Replace(script)
	st := newExampleEnv(t)
	shown := strings.Fields(st.output(t, script))
	files, err := filepath.Glob(filepath.Join(st.dir, "reports", "*.csv"))
	if err != nil || len(files) != 1 || !strings.HasSuffix(files[0], shown[len(shown)-1]) {
		t.Errorf("%v (%v) is there, printed was %q", files, err, shown)
	}
}

// examplesOf reads the commands under "Examples:" without their comments.
func examplesOf(t *testing.T, page string) (lines []string) {
	t.Helper()
	text, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	_, after, _ := strings.Cut(string(text), "\nExamples:\n")
	block, _, _ := strings.Cut(after, "\n\n")
	for line := range strings.Lines(strings.ReplaceAll(block, "\\\n", "")) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "#") {
			lines = append(lines, line)
		}
	}
	return lines
}

// exampleEnv is a folder, a sandbox with one finished report, and an environment that leads to them.
type exampleEnv struct {
	dir           string
	env           []string
	report, fleet string
}

func newExampleEnv(t *testing.T) *exampleEnv {
	t.Helper()
	s := sandbox.New(sandbox.Options{GenerationTime: 10 * time.Millisecond, Vehicles: 3})
	api := httptest.NewServer(contracttest.Check(t, s.API()))
	files := httptest.NewServer(s.Files())
	t.Cleanup(api.Close)
	t.Cleanup(files.Close)
	t.Cleanup(s.Close)
	s.SetOrigins(api.URL, files.URL)
	st := &exampleEnv{dir: t.TempDir()}
	home := filepath.Join(st.dir, ".config", "chargectl")
	if err := os.MkdirAll(home, 0o700); err != nil {
		t.Fatal(err)
	}
	for path, text := range map[string]string{
		filepath.Join(home, "config.yaml"):   "profiles:\n  acme:\n    type: charging_summary\n",
		filepath.Join(st.dir, "key.txt"):     exampleKey + "\n",
		filepath.Join(st.dir, "charge.yaml"): "profiles: {}\n",
		filepath.Join(st.dir, "event.json"):  "{}",
		filepath.Join(st.dir, "whsec.txt"):   "whsec_examples00000000\n",
		// openssl dgst -sha256 -hmac whsec_examples00000000, of the time, a dot and {}
		filepath.Join(st.dir, "signature.txt"): "t=2026-03-03T14:05:23.789Z,v1=a80b37e7a7f6b4ad56a193537f965d50cd2c86aef84c1855c06dd96a290ae620\n",
	} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	st.env = []string{
		"PATH=" + os.Getenv("PATH"), "GORACE=" + atOnce, "HOME=" + st.dir, "TZ=UTC",
		"CHARGE_BASE_URL=" + api.URL + "/v1", "CHARGE_API_KEY=" + exampleKey,
	}
	st.report = st.output(t, "chargectl reports create --type charging_summary --wait --interval 1s | cut -f1")
	st.fleet = st.output(t, "chargectl fleets list --limit 1 | cut -f1")
	return st
}

func (st *exampleEnv) command(line string) *exec.Cmd {
	cmd := exec.Command("sh", "-c", line)
	cmd.Dir, cmd.Env = st.dir, st.env
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	return cmd
}

func (st *exampleEnv) output(t *testing.T, line string) string {
	t.Helper()
	var out bytes.Buffer
	cmd := st.command(line)
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	late := time.AfterFunc(time.Minute, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer late.Stop()
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%s: %v", line, err)
	}
	return strings.TrimSpace(out.String())
}

func (st *exampleEnv) run(t *testing.T, line string) {
	t.Helper()
	line = strings.NewReplacer(" ID ", " "+st.report+" ", " FLEET ", " "+st.fleet+" ", "rpt_…", st.report, "flt_…", st.fleet, "--port 8088", "--port 0").Replace(line)
	switch {
	case strings.Contains(line, "sandbox serve"):
		st.serve(t, line)
		return
	case strings.Contains(line, "webhooks listen"):
		st.serve(t, line+" --addr 127.0.0.1:0 2>&1")
		return
	}
	cmd := st.command(line)
	if strings.Contains(line, "auth login") {
		key, err := os.Open(filepath.Join(st.dir, "key.txt"))
		if err != nil {
			t.Fatal(err)
		}
		defer key.Close()
		cmd.Stdin = key
	}
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		t.Errorf("%s: %v\n%s", line, err, said.Bytes())
	}
}

// serve starts what has to be ended: a listener, or a sandbox, which is asked for its fleets where the example evals its
// settings.
func (st *exampleEnv) serve(t *testing.T, line string) {
	t.Helper()
	if strings.HasPrefix(line, "eval") {
		line += " && chargectl fleets list"
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := st.command(line)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := context.AfterFunc(ctx, func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	defer end()
	first, err := bufio.NewReader(out).ReadString('\n')
	begins := func(prefix string) bool { return strings.HasPrefix(first, prefix) }
	if err != nil || !slices.ContainsFunc([]string{"export CHARGE_", "flt_", "listening on "}, begins) {
		t.Errorf("%s: printed %q, %v", line, first, err)
	}
	_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM)
	_ = cmd.Wait()
}
