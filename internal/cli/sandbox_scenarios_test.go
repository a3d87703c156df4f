package cli

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
)

// TestSandboxScenarios holds the table of scenarios to what happens: each command, as a person types it, ends with the
// code that the table says, as soon as it says, and leaves the file that it says.
func TestSandboxScenarios(t *testing.T) {
	const december = " --type charging_summary --period 1999-12"
	commands := []column{
		{name: "create --download", line: "reports create --type charging_summary --download --dir DIR -o a.csv", file: "a.csv"},
		{name: "wait", line: "reports wait ID"},
		{name: "sync", line: "reports sync" + december + " --dir DIR", file: "charging_summary_1999-12.csv", among: []string{".chargectl.lock"}},
	}
	// Their faults change what is so, and meet no request.
	quiet := []string{
		"calm", "slow", "stuck", "fails", "wrong-size", "empty-csv", "new-fields", "new-status", "server-defaults", "clock-ahead", "restated",
	}
	for _, s := range sandbox.Scenarios() {
		faults, timeout, err := sandbox.Weather([]sandbox.Scenario{s}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for i, command := range commands {
			t.Run(s.Name+"/"+command.name, func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) {
					c := newCell(t, command, sandbox.New(sandbox.Options{Seed: 1, Vehicles: 20, Faults: faults}))
					if timeout > 0 {
						c.variables = map[string]string{"CHARGE_TIMEOUT": timeout.String()}
					}
					began := time.Now()
					code, _, stderr := c.run(c.ctx, c.args())
					took := time.Since(began)
					c.wantCode(s.Codes[i], code, c.args(), stderr)
					if made := len(c.sandbox.Created()); made != 1 && !(code == 6 && made == 3) { // sync asks again for what has failed
						t.Errorf("%d reports", made)
					}
					if i == 0 && len(c.sandbox.Struck()) == 0 && !slices.Contains(quiet, s.Name) {
						t.Error("no request met a fault")
					}
					if command.asks() {
						holdFile(c, code)
					}
					if i == 0 && (took > s.Within || s.File != fileState(c)) {
						c.t.Errorf("ended after %v with the file %s, want %s within %v", took, fileState(c), s.File, s.Within)
					}
				})
			})
		}
	}
}

// fileState is what the table of scenarios calls what is on disk.
func fileState(c *cell) string {
	if _, err := os.Stat(c.target()); err != nil {
		return sandbox.NoFile
	}
	return sandbox.WholeFile
}

// holdFile checks that after 0 there is the file, and that a file that is there is the report's to the last byte.
func holdFile(c *cell, code int) {
	c.t.Helper()
	got, err := os.ReadFile(c.target())
	if code == 0 && err != nil {
		c.t.Error(err)
	}
	made := c.sandbox.Created()
	if len(made) == 0 || err != nil {
		return
	}
	if want, ok := c.sandbox.File(made[len(made)-1].ID); !ok || !bytes.Equal(got, want) {
		c.t.Errorf("%d bytes of %d", len(got), len(want))
	}
	for _, name := range c.listed() {
		if strings.HasPrefix(name, filepath.Base(c.target())+".part") {
			c.t.Errorf("beside the file there is %s", name)
		}
	}
}

// scenariosMarkdown is the table of docs/sandbox.md.
func scenariosMarkdown() string {
	rows := "| scenario | what happens | what chargectl does | codes | file | faults |\n|---|---|---|---|---|---|\n"
	for _, s := range sandbox.Scenarios() {
		rows += fmt.Sprintf("| `%s` | %s | %s | %d, %d, %d | %s | `%s` |\n", s.Name, s.Does, s.Must, s.Codes[0], s.Codes[1], s.Codes[2], s.File, s.FaultList())
	}
	return strings.ReplaceAll(rows, "``", "")
}
