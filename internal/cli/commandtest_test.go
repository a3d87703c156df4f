package cli

import (
	"bytes"
	"io"
	"net/http"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/sandbox/inproc"
	"github.com/chargectl/chargectl/internal/term"
)

// TestMain lets the simulations and fault tables have memory instead of time: their garbage is collected a quarter as often.
func TestMain(m *testing.M) {
	debug.SetGCPercent(400)
	m.Run()
}

// commandTest runs commands against an API of its own and returns what they say, in a pipe or at a terminal.
type commandTest struct {
	network  http.RoundTripper
	sandbox  *sandbox.Sandbox
	vars     map[string]string
	terminal bool
}

// newCommandTest has an honest API with two fleets.
func newCommandTest(t *testing.T) *commandTest {
	t.Helper()
	s := sandbox.New(sandbox.Options{GenerationTime: time.Nanosecond, Vehicles: 3, Fleets: 2})
	return &commandTest{
		network: inproc.Transport(s), sandbox: s,
		vars: map[string]string{"CHARGE_API_KEY": "ch_sk_test_commands0000000000000000", "CHARGE_DIR": t.TempDir()},
	}
}

// run is one invocation; words of the line that have spaces stand between single quotes.
func (v *commandTest) run(t *testing.T, line string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = v.app(line, &out, &errs).run(t.Context())
	return code, out.String(), errs.String()
}

// app is the program with a command line.
func (v *commandTest) app(line string, out, errs io.Writer) *App {
	return &App{
		streams: term.Streams{In: strings.NewReader(""), Out: out, Err: errs, OutTTY: v.terminal, ErrTTY: v.terminal, Width: 80},
		env: config.Env{
			Lookup: func(name string) (string, bool) { value, ok := v.vars[name]; return value, ok },
			Home:   func() (string, error) { return v.vars["CHARGE_DIR"], nil },
			GOOS:   runtime.GOOS,
		},
		args: words(line), build: build{Version: "1.2.3"}, network: v.network,
	}
}

func words(line string) (all []string) {
	for i, part := range strings.Split(line, "'") {
		if i%2 == 1 {
			all = append(all, part)
			continue
		}
		all = append(all, strings.Fields(part)...)
	}
	return all
}

// given has the API make reports, and returns their ids.
func (v *commandTest) given(t *testing.T, n int) (ids []string) {
	t.Helper()
	for range n {
		code, stdout, stderr := v.run(t, "reports create --type charging_summary --period 2026-04 --wait")
		if code != 0 {
			t.Fatalf("create: %d, %s", code, stderr)
		}
		id, _, _ := strings.Cut(stdout, "\t")
		ids = append(ids, id)
	}
	return ids
}
