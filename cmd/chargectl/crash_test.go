//go:build unix

package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/sandbox"
)

// chunks is in how many pieces the crash test's file host sends a file.
const chunks = 40

// crashTest is a sandbox, the real binary, and what tells when to kill it.
type crashTest struct {
	*sandbox.Sandbox

	binary string
	env    []string
	events chan struct{}                         // one per API request and per piece of a file
	watch  atomic.Pointer[func(r *http.Request)] // is shown every request; nil is fine
	chance *rand.Rand
}

// newCrashTest has every report ready at once: what is tested is what comes after the wait.
func newCrashTest(t *testing.T) *crashTest {
	t.Helper()
	return newCrashTestOf(t, sandbox.Options{Vehicles: 1200, GenerationTime: time.Nanosecond})
}

func newCrashTestOf(t *testing.T, o sandbox.Options) *crashTest {
	t.Helper()
	c := &crashTest{
		Sandbox: sandbox.New(o),
		binary:  build(t),
		events:  make(chan struct{}, 10_000),
		chance:  rand.New(rand.NewPCG(1, 2)),
	}
	api := c.serve(t, c.API())
	files := c.serve(t, c.Files())
	c.SetOrigins(api+"/v1", files)
	c.env = []string{
		"HOME=" + t.TempDir(), "PATH=/usr/bin:/bin", "TZ=UTC",
		"CHARGE_API_KEY=ch_sk_test_crash", "CHARGE_BASE_URL=" + api + "/v1",
	}
	return c
}

// build is the real binary, without the race detector, which would change what it takes.
func build(t *testing.T) string {
	t.Helper()
	binary, err := plainProgram()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// plainProgram is built once, at its first use, unless what is on PATH is one.
var plainProgram = sync.OnceValues(func() (string, error) {
	program, err := exec.LookPath("chargectl")
	if err != nil || !underRace() {
		return program, err
	}
	plain := filepath.Join(filepath.Dir(program), "plain", filepath.Base(program))
	return plain, buildProgram(plain)
})

// serve tells of every request, and sends large answers piece by piece.
func (c *crashTest) serve(t *testing.T, h http.Handler) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c.tell()
		if watch := c.watch.Load(); watch != nil {
			(*watch)(r)
		}
		h.ServeHTTP(&pieces{ResponseWriter: w, crashes: c}, r)
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func (c *crashTest) tell() {
	select {
	case c.events <- struct{}{}:
	default:
	}
}

// pieces is a response that reaches the client in pieces.
type pieces struct {
	http.ResponseWriter

	crashes *crashTest
}

func (w *pieces) Write(p []byte) (sent int, err error) {
	size := len(p)/chunks + 1
	for sent < len(p) && err == nil {
		var n int
		n, err = w.ResponseWriter.Write(p[sent:min(len(p), sent+size)])
		sent += n
		if err == nil {
			err = http.NewResponseController(w.ResponseWriter).Flush()
		}
		w.crashes.tell()
	}
	return sent, err
}

// killed runs a command and kills it a moment after so many events, unless it has ended by then.
func (c *crashTest) killed(t *testing.T, after int, moment time.Duration, args ...string) (died bool) {
	t.Helper()
	for len(c.events) > 0 {
		<-c.events
	}
	cmd := c.command(t, args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for range after {
		select {
		case <-c.events:
		case err := <-done:
			return err != nil
		}
	}
	select {
	case <-time.After(moment):
	case err := <-done:
		return err != nil
	}
	_ = cmd.Process.Kill()
	return <-done != nil
}

func (c *crashTest) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), c.binary, args...)
	cmd.Env, cmd.Dir = c.env, t.TempDir()
	return cmd
}

func (c *crashTest) run(t *testing.T, args ...string) {
	t.Helper()
	if out, err := c.command(t, args...).CombinedOutput(); err != nil {
		t.Errorf("chargectl %v: %v\n%s", args, err, out)
	}
}

// wantOnly checks that a folder holds the file of a report, whole, under a name, and nothing else.
func (c *crashTest) wantOnly(t *testing.T, dir, name, id string) {
	t.Helper()
	var names []string
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if diff := cmp.Diff([]string{name}, names); diff != "" {
		t.Fatalf("in the folder (-want +got):\n%s", diff)
	}
	want, _ := c.File(id)
	got, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%d bytes (%v), not the file's %d", len(got), err, len(want))
	}
}

// TestKilled kills the real binary at random moments of a download, and of a create that downloads. Run once more, it
// leaves the file and nothing else, of one report.
func TestKilled(t *testing.T) {
	t.Parallel()
	times := 20
	if os.Getenv("CHARGECTL_LONG") == "1" {
		times = 200
	}
	c := newCrashTest(t)
	died, parts := 0, 0
	for i := range times {
		key := fmt.Sprintf("crash-%d", i)
		dir := filepath.Join(t.TempDir(), "reports")
		create := []string{"reports", "create", "--type", "charging_summary", "--as-of", "2026-05-15", "--idempotency-key", key}
		args, name := append(create, "--download", "--dir", dir), "charging_summary_2026-04.csv"
		if i%2 == 0 {
			c.run(t, create...)
			args, name = []string{"reports", "download", c.last(), "--dir", dir}, c.last()+".csv"
		}
		before := len(c.Created())
		if i%2 == 1 {
			before++
		}
		if c.killed(t, c.chance.IntN(chunks+6), time.Duration(c.chance.IntN(4000))*time.Microsecond, args...) {
			died++
		}
		if left, _ := filepath.Glob(filepath.Join(dir, "*.part")); len(left) > 0 {
			parts++
		}
		c.run(t, args...)
		c.wantOnly(t, dir, name, c.last())
		if got := len(c.Created()); got != before {
			t.Errorf("%d: %d reports exist, want %d", i, got, before)
		}
	}
	t.Logf("%d of %d runs were killed, %d of them left a part", died, times, parts)
	if died == 0 {
		t.Error("no run was killed")
	}
	if c.LeakedKeys() > 0 {
		t.Error("the file host saw the key")
	}
}

// last is the id of the report that was created last.
func (c *crashTest) last() string {
	all := c.Created()
	return all[len(all)-1].ID
}
