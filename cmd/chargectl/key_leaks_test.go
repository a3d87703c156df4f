//go:build unix

package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io/fs"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
)

const secretKey = "ch_sk_test_SECRETsecretSECRETsecretSECRET"

// everyCommand has, for each command by its page in docs/reference, a line that ends well. REPORT and FLEET are ids.
func everyCommand() map[string]string {
	return map[string]string{
		"chargectl":                   "",
		"chargectl_auth":              "auth",
		"chargectl_auth_login":        "auth login",
		"chargectl_auth_logout":       "auth logout",
		"chargectl_auth_status":       "auth status --verify",
		"chargectl_completion":        "completion bash",
		"chargectl_config":            "config",
		"chargectl_config_get":        "config get api_key",
		"chargectl_config_list":       "config list",
		"chargectl_config_path":       "config path",
		"chargectl_config_set":        "config set type charging_summary",
		"chargectl_doctor":            "doctor",
		"chargectl_fleets":            "fleets",
		"chargectl_fleets_get":        "fleets get FLEET",
		"chargectl_fleets_list":       "fleets list",
		"chargectl_reports":           "reports",
		"chargectl_reports_check":     "reports check --type charging_summary --period this-month",
		"chargectl_reports_create":    "reports create --type charging_summary --download --if-exists overwrite",
		"chargectl_reports_download":  "reports download REPORT --if-exists overwrite",
		"chargectl_reports_get":       "reports get REPORT",
		"chargectl_reports_list":      "reports list",
		"chargectl_reports_sync":      "reports sync --type charging_summary --period 2026-04 --refresh --receipts",
		"chargectl_reports_wait":      "reports wait REPORT",
		"chargectl_sandbox":           "sandbox",
		"chargectl_sandbox_run":       "sandbox run -- chargectl fleets list",
		"chargectl_sandbox_serve":     "sandbox serve",
		"chargectl_sandbox_scenarios": "sandbox scenarios",
		"chargectl_config_unset":      "config unset timezone",
		"chargectl_version":           "version",
		"chargectl_environment":       "help environment",
		"chargectl_exit-codes":        "help exit-codes",
		"chargectl_formatting":        "help formatting",
		"chargectl_periods":           "help periods",
		"chargectl_webhooks":          "webhooks",
		"chargectl_webhooks_list":     "webhooks list",
		"chargectl_webhooks_listen":   "webhooks listen --dir out --addr 127.0.0.1:0 --secret-file ../secret.txt",
		"chargectl_webhooks_register": "webhooks register --url http://127.0.0.1:4242/ --secret-file new.txt",
		"chargectl_webhooks_verify":   "webhooks verify --secret-file ../secret.txt --signature t=2026-03-03T14:05:23.789Z,v1=97f9875d4e3a7fcdc9182b3dee607eecb95cb02f0976feb4024bc3c7d1aa955c",
	}
}

// TestTheKeyIsNowhere runs every command against an API that repeats the key wherever it can, in every way in which a
// run speaks, and with the key where somebody pasted it. It searches for the key in both streams and in every file.
func TestTheKeyIsNowhere(t *testing.T) {
	t.Parallel()
	pages, err := filepath.Glob("../../docs/reference/*.md")
	if err != nil || len(pages) != len(everyCommand()) {
		t.Errorf("%d commands have a page, %d a line here: %v", len(pages), len(everyCommand()), err)
	}
	for name, line := range everyCommand() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, err := os.ReadFile("../../docs/reference/" + name + ".md")
			if err != nil {
				t.Fatal(err)
			}
			v := newLeakTest(t)
			if code := v.run(t, line); code != 0 {
				t.Errorf("%s: exit code %d", line, code)
			}
			ways := []string{"--debug", "--debug --log-format json", "--quiet", "--api-key " + secretKey, "--log-format " + secretKey,
				"--profile " + secretKey, "--base-url https://user:" + secretKey + "@example.invalid/v1"}
			if strings.Contains(string(page), "--json ") {
				ways = append(ways, "--json --debug", "--jsonl", "--jq "+secretKey, "--jq .["+secretKey, "--json --api-key="+secretKey)
			}
			if !slices.Contains([]string{"auth login", "config set type charging_summary", "config path"}, line) {
				ways = append(ways, "--config ./"+secretKey) // these would do what they are told
			}
			for _, way := range ways {
				v.run(t, way+" "+line)
			}
			v.run(t, line+" "+secretKey)
		})
	}
}

// What a run starts sees no key on a command line or in its environment. What sandbox run starts has the sandbox's own.
func TestChildrenDoNotSeeTheKey(t *testing.T) {
	t.Parallel()
	if _, err := os.Stat("/proc/self/environ"); err != nil {
		t.Skip("no /proc here")
	}
	v := newLeakTest(t)
	if code := v.run(t, "sandbox run -- sh -c 'env; tr \\\\0 \\\\n < /proc/$PPID/cmdline; test $CHARGE_API_KEY'"); code != 0 {
		t.Errorf("exit code %d", code)
	}
	spy := v.write(t, "spy.sh", "cat /proc/$$/cmdline /proc/$$/environ /proc/$PPID/cmdline /proc/$PPID/environ | tr '\\0' '\\n' > seen; cat ../key.txt\n")
	v.write(t, "charge.yaml", "profiles: {default: {api_key_command: [sh, "+spy+"]}}\n")
	v.env = slices.DeleteFunc(v.env, func(entry string) bool { return strings.HasPrefix(entry, "CHARGE_API_KEY=") })
	if code := v.run(t, "reports list --config charge.yaml"); code != 0 {
		t.Errorf("exit code %d", code)
	}
	seen, err := os.ReadFile(filepath.Join(v.dir, "seen"))
	if err != nil || !strings.Contains(string(seen), "reports\nlist\n") {
		t.Errorf("the command saw %q, %v", seen, err)
	}
}

// leakTest is a folder and a home in which no file may hold the key, and an API that tries.
type leakTest struct {
	dir, home     string
	env           []string
	report, fleet string
}

func newLeakTest(t *testing.T) *leakTest {
	t.Helper()
	s := sandbox.New(sandbox.Options{GenerationTime: time.Nanosecond, Vehicles: 3})
	api := httptest.NewServer(echoing(s.API()))
	t.Cleanup(api.Close)
	files := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		var request bytes.Buffer
		_ = req.Write(&request)
		if shows(request.Bytes()) {
			t.Errorf("the file host was sent the key:\n%s", &request)
		}
		s.Files().ServeHTTP(w, req)
	}))
	t.Cleanup(files.Close)
	s.SetOrigins(api.URL+"/v1", files.URL)
	root := t.TempDir()
	v := &leakTest{dir: filepath.Join(root, "work"), home: filepath.Join(root, "home")}
	for _, dir := range []string{v.dir, v.home} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	v.write(t, "../key.txt", secretKey+"\n")
	v.write(t, "../secret.txt", "whsec_leaktest\n")
	v.env = []string{
		"PATH=" + os.Getenv("PATH"), "GORACE=" + atOnce, "HOME=" + v.home, "TZ=UTC", "TMPDIR=" + v.dir,
		"CHARGE_BASE_URL=" + api.URL + "/v1", "CHARGE_API_KEY=" + secretKey,
	}
	if code := v.run(t, "reports create --type charging_summary --wait"); code != 0 {
		t.Fatalf("create: exit code %d", code)
	}
	v.report, v.fleet = s.Created()[0].ID, firstFleet(t, s.API())
	return v
}

func firstFleet(t *testing.T, api http.Handler) string {
	t.Helper()
	req, answer := httptest.NewRequest(http.MethodGet, "/v1/fleets", nil), httptest.NewRecorder()
	req.Header.Set("Authorization", "Bearer "+secretKey)
	api.ServeHTTP(answer, req)
	var page struct{ Data []struct{ ID string } }
	if err := json.Unmarshal(answer.Body.Bytes(), &page); err != nil || len(page.Data) == 0 {
		t.Fatalf("no fleets: %v", err)
	}
	return page.Data[0].ID
}

func (v *leakTest) write(t *testing.T, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(v.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// run runs chargectl with a line of arguments, as a shell would read it, and searches what it said and left.
func (v *leakTest) run(t *testing.T, line string) (code int) {
	t.Helper()
	line = strings.NewReplacer("REPORT", v.report, "FLEET", v.fleet).Replace(line)
	listens := strings.Contains(line, "webhooks listen") // until it is ended; it says nothing on stdout by itself
	limit := patience
	if listens {
		limit = time.Second
	}
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	defer cancel()
	cmd := exec.CommandContext(ctx, "sh", "-c", "exec chargectl "+line+" < ../key.txt")
	cmd.Dir, cmd.Env = v.dir, v.env
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	served := false
	stdout := &firstWrite{then: func() {
		if served = strings.Contains(line, "sandbox serve"); served {
			cancel()
		}
	}}
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = stdout, &stderr
	err := cmd.Run()
	for name, said := range map[string][]byte{"stdout": stdout.said.Bytes(), "stderr": stderr.Bytes()} {
		if shows(said) {
			t.Errorf("%s: %s shows the key:\n%s", line, name, said)
		}
	}
	v.search(t, line)
	if served || listens && cmd.ProcessState.ExitCode() == 128+int(syscall.SIGTERM) {
		return 0
	}
	if err != nil {
		t.Logf("%s: %v: %s", line, err, stderr.Bytes())
	}
	return cmd.ProcessState.ExitCode()
}

// search reads every file and every name. Where auth login keeps the key, nobody else may read.
func (v *leakTest) search(t *testing.T, line string) {
	t.Helper()
	for _, root := range []string{v.dir, v.home} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if err != nil || !shows(text) && !shows([]byte(path)) {
				return err
			}
			info, err := d.Info()
			if strings.HasSuffix(path, "/.config/chargectl/config.yaml") && strings.Contains(line, "auth login") && info.Mode() == 0o600 {
				return err
			}
			t.Errorf("%s: the key is in %s", line, path)
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// shows is lenient with the key's case: hosts are lowered before they are shown.
func shows(text []byte) bool { return bytes.Contains(bytes.ToLower(text), []byte("secretsecret")) }

// firstWrite keeps what comes, and says when something does.
type firstWrite struct {
	said bytes.Buffer
	once sync.Once
	then func()
}

func (w *firstWrite) Write(p []byte) (int, error) {
	w.once.Do(w.then)
	return w.said.Write(p)
}

// echoing repeats the key that it is asked with: in headers, in members of every object and error, in names, in links.
func echoing(honest http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		key := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
		answer := httptest.NewRecorder()
		honest.ServeHTTP(answer, req)
		maps.Copy(w.Header(), answer.Header())
		w.Header().Del("Content-Length")
		for _, name := range []string{"Request-Id", "ETag", "Location", "Retry-After", "X-Echo"} {
			w.Header().Set(name, key)
		}
		w.WriteHeader(answer.Code)
		var object map[string]any
		if json.Unmarshal(answer.Body.Bytes(), &object) == nil {
			echo(object, key)
		}
		_ = json.NewEncoder(w).Encode(object)
	})
}

func echo(object map[string]any, key string) {
	object[key], object["echo"] = key, []any{key}
	for name, value := range object {
		switch name {
		case "message", "param", "code", "doc_url", "request", "name", "account":
			object[name] = "is " + key + "?"
		case "url":
			if link, ok := value.(string); ok {
				object[name] = link + "?key=" + key
			}
		case "data":
			items, _ := value.([]any)
			for _, item := range items {
				if item, ok := item.(map[string]any); ok {
					echo(item, key)
				}
			}
		}
	}
}
