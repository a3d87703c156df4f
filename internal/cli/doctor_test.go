package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/cli/doctor"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/sandbox/inproc"
	"github.com/chargectl/chargectl/internal/term"
)

const doctorKey = "ch_sk_test_doctor00000000000000wxyz"

// doctorTest is what doctor is shown: an environment, a network, and a folder of its own to write to.
type doctorTest struct {
	vars    map[string]string
	network http.RoundTripper
	sandbox *sandbox.Sandbox
	folder  string
}

func newDoctorTest(t *testing.T, o sandbox.Options) *doctorTest {
	t.Helper()
	folder := t.TempDir()
	s := sandbox.New(o)
	return &doctorTest{
		vars:    map[string]string{"CHARGE_API_KEY": doctorKey, "CHARGE_DIR": folder, "HOME": t.TempDir()},
		network: inproc.Transport(s), sandbox: s, folder: folder,
	}
}

// run is one invocation of the program.
func (p *doctorTest) run(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, errs bytes.Buffer
	app := &App{
		streams: term.Streams{In: strings.NewReader(""), Out: &out, Err: &errs, Width: 80},
		env: config.Env{
			Lookup: func(name string) (string, bool) { v, ok := p.vars[name]; return v, ok },
			GOOS:   runtime.GOOS,
			Home: func() (string, error) {
				if home := p.vars["HOME"]; home != "" {
					return home, nil
				}
				return "", errors.New("HOME is not set")
			},
		},
		args: args, build: build{Version: "1.2.3", OS: "linux", Arch: "amd64", Go: "go1"}, network: p.network,
	}
	code = app.run(ctx)
	return code, out.String(), errs.String()
}

// examined is doctor's document and exit code.
func (p *doctorTest) examined(t *testing.T) (int, doctorDocument) {
	t.Helper()
	code, stdout, stderr := p.run(t.Context(), "doctor", "--json")
	var d doctorDocument
	if err := json.Unmarshal([]byte(stdout), &d); err != nil {
		t.Fatalf("%v: %q, and on stderr %q", err, stdout, stderr)
	}
	if d.OK != (code == 0) {
		t.Errorf("ok is %v and the exit code %d", d.OK, code)
	}
	return code, d
}

// of finds the findings about one thing.
func (d doctorDocument) of(check string) (all []doctor.Finding) {
	for _, f := range d.Checks {
		if f.Check == check {
			all = append(all, f)
		}
	}
	return all
}

// given has the sandbox finish one report.
func (p *doctorTest) given(t *testing.T) {
	t.Helper()
	if code, _, stderr := p.run(t.Context(), "reports", "create", "--type", "charging_summary", "--wait"); code != 0 {
		t.Fatalf("create: %d, %s", code, stderr)
	}
}

func always(status int, text string, headers ...string) roundTripFunc {
	return func(req *http.Request) (*http.Response, error) { return reply(req, status, text, headers...), nil }
}

type roundTripFunc func(*http.Request) (*http.Response, error)

func (f roundTripFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

// onFiles replaces the file host.
func (p *doctorTest) onFiles(answer roundTripFunc) {
	api := p.network
	p.network = roundTripFunc(func(req *http.Request) (*http.Response, error) {
		if req.URL.Host == "files.chargeapi.co" {
			return answer(req)
		}
		return api.RoundTrip(req)
	})
}

func write(t *testing.T, path, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestDoctorFinds breaks one thing at a time.
func TestDoctorFinds(t *testing.T) {
	const html = "<!DOCTYPE html><html>Please sign in</html>"
	refused := func(*http.Request) (*http.Response, error) { return nil, syscall.ECONNREFUSED }
	file := func(p *doctorTest, text string) {
		write(t, filepath.Join(p.vars["HOME"], ".config/chargectl/config.yaml"), text)
	}
	for _, tc := range []struct {
		name         string
		skew         time.Duration // of the API's clock
		files        bool          // a report has succeeded
		change       func(p *doctorTest)
		check, state string
		says         []string // of what was found, and of what to do about it
		code         int
	}{
		{name: "nothing", check: "api", state: doctor.OK, says: []string{"https://api.chargeapi.co answers"}},
		{name: "version", check: "version", state: doctor.OK, says: []string{"1.2.3 (linux/amd64"}},
		{name: "key", check: "key", state: doctor.OK, says: []string{"test mode, …wxyz from environment CHARGE_API_KEY"}},
		{name: "zone", check: "time zone", state: doctor.OK, says: []string{"UTC"}},
		{name: "locks", check: "locks", state: doctor.OK, says: []string{"out of each other's way"}},
		{name: "clock", check: "clock", state: doctor.OK, says: []string{"agrees"}},
		{name: "clock nearly right", skew: 50 * time.Second, check: "clock", state: doctor.OK},
		{name: "clock slow", skew: 2 * time.Hour, check: "clock", state: doctor.Warn, says: []string{"2h0m0s behind", "set the clock"}},
		{name: "clock fast", skew: -26 * time.Hour, check: "clock", state: doctor.Warn, says: []string{"26h0m0s ahead of"}},
		{name: "no file yet", check: "file host", state: doctor.Warn, says: []string{"no report has succeeded"}},
		{name: "file host", files: true, check: "file host", state: doctor.OK, says: []string{"files.chargeapi.co answers"}},

		{name: "no key", change: func(p *doctorTest) { delete(p.vars, "CHARGE_API_KEY") },
			check: "key", state: doctor.Fail, says: []string{"no API key", "CHARGE_API_KEY_FILE"}, code: 4},
		{name: "no key file", change: func(p *doctorTest) {
			delete(p.vars, "CHARGE_API_KEY")
			p.vars["CHARGE_API_KEY_FILE"] = filepath.Join(p.folder, "missing")
		}, check: "key", state: doctor.Fail, says: []string{"CHARGE_API_KEY_FILE", "missing"}, code: 4},
		{name: "bad key", change: func(p *doctorTest) { p.network = always(401, `{"object":"error","message":"no such key"}`) },
			check: "key", state: doctor.Fail, says: []string{"no such key", "environment CHARGE_API_KEY"}, code: 4},
		{name: "wrong mode", change: func(p *doctorTest) { file(p, "profiles: {default: {require_mode: live}}") },
			check: "key", state: doctor.Fail, says: []string{"requires a live key"}, code: 4},
		{name: "broken file", change: func(p *doctorTest) { file(p, "profiles:\n  default: [\n") },
			check: "settings", state: doctor.Fail, says: []string{"config.yaml:", "chargectl config path"}, code: 2},
		{name: "unknown setting", change: func(p *doctorTest) { file(p, "profiles:\n  default: {timezome: UTC}\n") },
			check: "settings", state: doctor.Warn, says: []string{`config.yaml:2: "timezome"`, "timezone"}},
		{name: "no home", change: func(p *doctorTest) { delete(p.vars, "HOME") },
			check: "settings", state: doctor.OK, says: []string{"no place for a configuration file"}},

		{name: "folder to be made", change: func(p *doctorTest) { p.vars["CHARGE_DIR"] = filepath.Join(p.folder, "a", "b") },
			check: "folder", state: doctor.OK, says: []string{"will be made in"}},
		{name: "folder is a file", change: func(p *doctorTest) {
			p.vars["CHARGE_DIR"] = filepath.Join(write(t, filepath.Join(p.folder, "f"), ""), "x")
		},
			check: "folder", state: doctor.Fail, says: []string{"CHARGE_DIR"}, code: 7},
		{name: "no zone", change: func(p *doctorTest) { p.vars["CHARGE_TIMEZONE"] = "Mars/Base" },
			check: "time zone", state: doctor.Fail, says: []string{"Mars/Base", "IANA"}, code: 2},
		{name: "fleet's zone", change: func(p *doctorTest) { p.vars["CHARGE_TIMEZONE"] = "fleet" },
			check: "time zone", state: doctor.OK, says: []string{"fleet"}},
		{name: "CA file missing", change: func(p *doctorTest) { p.vars["CHARGE_CA_FILE"] = filepath.Join(p.folder, "ca.pem") },
			check: "certificates", state: doctor.Fail, says: []string{"ca.pem", "CHARGE_CA_FILE"}, code: 2},
		{name: "CA file without certificate", change: func(p *doctorTest) { p.vars["CHARGE_CA_FILE"] = write(t, filepath.Join(p.folder, "ca.pem"), "x") },
			check: "certificates", state: doctor.Fail, says: []string{"no certificate in PEM form"}, code: 2},

		{name: "API refuses connections", change: func(p *doctorTest) { p.network = roundTripFunc(refused) },
			check: "api", state: doctor.Fail, says: []string{"connection refused", "check network, proxy and base_url"}, code: 5},
		{name: "API is a login page", change: func(p *doctorTest) { p.network = always(200, html, "Content-Type: text/html") },
			check: "api", state: doctor.Fail, says: []string{"an HTML page"}, code: 5},
		{name: "API is down", change: func(p *doctorTest) { p.network = always(503, "") },
			check: "api", state: doctor.Fail, says: []string{"HTTP 503"}, code: 5},
		{name: "file host refuses connections", files: true, change: func(p *doctorTest) { p.onFiles(refused) },
			check: "file host", state: doctor.Fail, says: []string{"connection refused", "for files.chargeapi.co"}, code: 5},
		{name: "file host is a login page", files: true, change: func(p *doctorTest) { p.onFiles(always(200, html, "Content-Type: text/html")) },
			check: "file host", state: doctor.Fail, says: []string{"HTML"}, code: 5},
		{name: "link has expired", files: true, change: func(p *doctorTest) { p.onFiles(always(403, "expired")) },
			check: "file host", state: doctor.OK, says: []string{"answers"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newDoctorTest(t, sandbox.Options{Vehicles: 2, Clock: func() time.Time { return time.Now().Add(tc.skew) }})
				if tc.files {
					p.given(t)
				}
				if tc.change != nil {
					tc.change(p)
				}
				code, d := p.examined(t)
				if code != tc.code {
					t.Errorf("exit code %d, want %d", code, tc.code)
				}
				isIt := func(f doctor.Finding) bool {
					return f.State == tc.state && !slices.ContainsFunc(tc.says, func(s string) bool { return !strings.Contains(f.Found+"\n"+f.Do, s) })
				}
				if !slices.ContainsFunc(d.of(tc.check), isIt) {
					t.Errorf("no line %s %s that says %q in\n%+v", tc.state, tc.check, tc.says, d.Checks)
				}
				known := func(f doctor.Finding) func([2]string) bool {
					return func(row [2]string) bool { return row[0] == f.Check }
				}
				for _, f := range d.Checks {
					if !slices.ContainsFunc(doctor.Checks(), known(f)) {
						t.Errorf("%s is not in the list of checks", f.Check)
					}
					if (f.State == doctor.OK) != (f.Do == "") {
						t.Errorf("%s %s says to do %q", f.State, f.Check, f.Do)
					}
				}
			})
		})
	}
}

// The worst about the key decides before the worst about the rest: nothing else can be checked without one.
func TestDoctorEndsWithTheKey(t *testing.T) {
	p := newDoctorTest(t, sandbox.Options{})
	delete(p.vars, "CHARGE_API_KEY")
	p.vars["CHARGE_TIMEZONE"] = "Mars/Base"
	code, stdout, stderr := p.run(t.Context(), "doctor")
	if code != 4 || strings.Count(stdout, "fail\t") != 2 || !strings.HasPrefix(stderr, "chargectl: doctor: failed: time zone, key\n") {
		t.Errorf("%d\n%s\n%s", code, stdout, stderr)
	}
}

// The shape of the JSON is promised to scripts.
func TestDoctorDocument(t *testing.T) {
	p := newDoctorTest(t, sandbox.Options{})
	delete(p.vars, "CHARGE_API_KEY")
	code, stdout, stderr := p.run(t.Context(), "doctor", "--jq", `.ok, (keys | join(" ")), (.checks[] | select(.state == "fail") | keys | join(" "))`)
	if want := "false\nchecks ok\ncheck do found state\n"; code != 4 || stdout != want {
		t.Errorf("%d, %q, want %q", code, stdout, want)
	}
	var problem exit.Object
	last := stderr[strings.LastIndexByte(strings.TrimSpace(stderr), '\n')+1:]
	if err := json.Unmarshal([]byte(last), &problem); err != nil || problem.Kind != "auth" || problem.ExitCode != 4 {
		t.Errorf("%v in %q", err, last)
	}
}

// Doctor checks everything and leaves nothing behind.
func TestDoctorLeavesNothing(t *testing.T) {
	p := newDoctorTest(t, sandbox.Options{})
	if code, _ := p.examined(t); code != 0 {
		t.Errorf("exit code %d", code)
	}
	for _, dir := range []string{p.folder, p.vars["HOME"]} {
		if entries, err := os.ReadDir(dir); err != nil || len(entries) > 0 {
			t.Errorf("left %v, %v", entries, err)
		}
	}
	if n := len(p.sandbox.Created()); n != 0 {
		t.Errorf("%d reports were asked for", n)
	}
}

func TestDoctorIsInterrupted(t *testing.T) {
	p := newDoctorTest(t, sandbox.Options{})
	ctx, cancel := context.WithCancelCause(t.Context())
	p.network = roundTripFunc(func(req *http.Request) (*http.Response, error) {
		cancel(sigterm())
		<-req.Context().Done()
		return nil, req.Context().Err()
	})
	if code, stdout, _ := p.run(ctx, "doctor"); code != 143 || strings.Contains(stdout, "fail") {
		t.Errorf("exit code %d, want 143\n%s", code, stdout)
	}
}
