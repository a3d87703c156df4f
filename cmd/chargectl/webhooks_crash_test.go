//go:build unix

package main

import (
	"bytes"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
)

// hookTest is a sandbox that sends events, and the listener that gets them: the real binary.
type hookTest struct {
	*crashTest

	dir, secret, addr string

	looks     atomic.Int64 // at the list of reports
	mu        sync.Mutex   // guards transfers
	transfers map[string]int
}

func newHookTest(t *testing.T, o sandbox.Options) *hookTest {
	t.Helper()
	h := &hookTest{crashTest: newCrashTestOf(t, o), transfers: map[string]int{}}
	t.Cleanup(h.Close)
	h.dir, h.secret, h.addr = filepath.Join(t.TempDir(), "reports"), filepath.Join(t.TempDir(), "secret"), freeAddr(t)
	watch := func(r *http.Request) {
		id, file := strings.CutSuffix(filepath.Base(r.URL.Path), ".csv")
		switch {
		case file:
			h.mu.Lock()
			h.transfers[id]++
			h.mu.Unlock()
		case r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, "/reports") && r.URL.Query().Get("page") == "":
			h.looks.Add(1)
		}
	}
	h.watch.Store(&watch)
	h.run(t, "webhooks", "register", "--url", "http://"+h.addr+"/", "--secret-file", h.secret)
	return h
}

// listen is the listener's command line.
func (h *hookTest) listen(more ...string) []string {
	return append([]string{"webhooks", "listen", "--dir", h.dir, "--secret-file", h.secret, "--addr", h.addr}, more...)
}

// ask asks for the n-th report, past the program: a day of its own each.
func (h *hookTest) ask(t *testing.T, n int) {
	t.Helper()
	day := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, n)
	body := fmt.Sprintf(`{"parameters":{"type":"charging_summary","period_start":"%sT00:00:00.000Z","period_end":"%sT00:00:00.000Z"}}`,
		day.Format(time.DateOnly), day.AddDate(0, 0, 1).Format(time.DateOnly))
	r := httptest.NewRequest(http.MethodPost, "/v1/reports", strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer ch_sk_test_crash")
	r.Header.Set("Content-Type", "application/json")
	answer := httptest.NewRecorder()
	if h.API().ServeHTTP(answer, r); answer.Code != http.StatusOK {
		t.Fatalf("create: %d %s", answer.Code, answer.Body)
	}
}

// missing is how many reports have no file yet.
func (h *hookTest) missing() (n int) {
	for _, r := range h.Created() {
		if _, err := os.Stat(filepath.Join(h.dir, r.ID+".csv")); err != nil {
			n++
		}
	}
	return n
}

// TestListenerKilled kills a listener at random moments while events come twice, in another order, again and again, or
// never. In the end each report is one file, transferred once but for what a kill cut short, and no more than two looks at
// the list were needed to find what no event told of.
func TestListenerKilled(t *testing.T) {
	t.Parallel()
	reports, kills := 200, 5
	if os.Getenv("CHARGECTL_LONG") == "1" {
		reports, kills = 1000, 10
	}
	h := newHookTest(t, sandbox.Options{
		Vehicles: 30, MaxOpen: reports, Fate: func(n int) (time.Duration, bool) { return time.Duration(n%7) * 100 * time.Millisecond, false },
		Faults: faults(t, "event-twice", "events-shuffled", fmt.Sprintf("event-lost=%d", reports/10)),
	})
	var asking sync.WaitGroup
	asking.Go(func() {
		for n := range reports {
			h.ask(t, n)
			if pause := time.NewTimer(10 * time.Millisecond); n%10 == 0 {
				<-pause.C
			}
		}
	})
	died, told := 0, bytes.Buffer{}
	for range kills {
		out, dead := h.killedListener(t, h.chance.IntN(4*reports/kills), time.Duration(h.chance.IntN(4000))*time.Microsecond)
		told.Write(out)
		if dead {
			died++
		}
	}
	asking.Wait()
	h.looks.Store(0)
	cmd := h.command(t, h.listen("--catch-up", "8s")...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &told, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	complete := await(func() bool { return h.missing() == 0 })
	looks := h.looks.Load()
	began := time.Now()
	_ = cmd.Process.Signal(syscall.SIGTERM)
	_ = cmd.Wait()
	if code, took := cmd.ProcessState.ExitCode(), time.Since(began); code != 143 || took > time.Second {
		t.Errorf("it ended with %d after %s", code, took)
	}
	if !complete || looks > 2 {
		t.Errorf("%d of %d files are missing after %d looks at the list:\n%s", h.missing(), reports, looks, said.Bytes())
	}
	again := h.wantOnce(t, told.String(), died*defaultTransfers)
	t.Logf("%d reports, %d kills, %d looks at the list by the last start, %d transfers begun again", reports, died, looks, again)
	if died == 0 {
		t.Error("no listener was killed")
	}
}

const defaultTransfers = 4 // at a time

// killedListener runs a listener, and kills it a moment after so many requests, or once none come.
func (h *hookTest) killedListener(t *testing.T, after int, moment time.Duration) (told []byte, died bool) {
	t.Helper()
	for len(h.events) > 0 {
		<-h.events
	}
	cmd := h.command(t, h.listen()...)
	var out bytes.Buffer
	cmd.Stdout = &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	quiet := time.NewTimer(3 * time.Second)
	defer quiet.Stop()
	for i := 0; i < after; i++ {
		select {
		case <-h.events:
		case <-quiet.C:
			i = after
		}
	}
	<-time.After(moment)
	_ = cmd.Process.Kill()
	err := cmd.Wait()
	return out.Bytes(), err != nil && cmd.ProcessState.ExitCode() < 0
}

// wantOnce holds the folder to one file for each report, whole, and nothing else; stdout to a line for each; and transfers
// to one for each, but for those that kills cut short.
func (h *hookTest) wantOnce(t *testing.T, told string, cut int) (again int) {
	t.Helper()
	names := []string{".chargectl.events", ".chargectl.listen.lock"}
	for _, r := range h.Created() {
		name := r.ID + ".csv"
		names = append(names, name)
		want, _ := h.File(r.ID)
		if got, err := os.ReadFile(filepath.Join(h.dir, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s has %d bytes (%v), not the file's %d", name, len(got), err, len(want))
		}
		if !strings.Contains(told, filepath.Join(h.dir, name)+"\n") {
			t.Errorf("%s was not told", name)
		}
		again += h.transfers[r.ID] - 1
	}
	if lines := strings.Count(told, "\n"); again > cut || lines > len(names)-2+cut {
		t.Errorf("%d transfers too many, and %d lines, for %d reports", again, lines, len(names)-2)
	}
	entries, err := os.ReadDir(h.dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !slices.Contains(names, entry.Name()) {
			t.Errorf("%s is left", entry.Name())
		}
	}
	return again
}

func faults(t *testing.T, names ...string) (all []sandbox.Fault) {
	t.Helper()
	for _, name := range names {
		fault, err := sandbox.ParseFault(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, fault)
	}
	return all
}

// TestListenerIsHandedASocket by systemd, as sd_listen_fds(3) says: the address is not its own.
func TestListenerIsHandedASocket(t *testing.T) {
	t.Parallel()
	h := newHookTest(t, sandbox.Options{Vehicles: 3, GenerationTime: time.Millisecond})
	socket, err := net.Listen("tcp", h.addr)
	if err != nil {
		t.Fatal(err)
	}
	file, err := socket.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	h.ask(t, 1) // its event waits at the socket that nobody serves yet
	args := append([]string{"-c", `LISTEN_PID=$$ LISTEN_FDS=1 exec "$0" "$@"`, h.binary}, h.listen("--addr", "192.0.2.1:1", "--catch-up", "0")...)
	cmd := exec.CommandContext(t.Context(), "/bin/sh", args...)
	cmd.Env, cmd.Dir, cmd.ExtraFiles = h.env, t.TempDir(), []*os.File{file}
	var said safeBuffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_, _ = file.Close(), socket.Close()
	if !await(func() bool { return h.missing() == 0 }) || !strings.Contains(said.String(), "listening on http://"+h.addr+"/") {
		t.Errorf("%d files are missing: %s", h.missing(), said.String())
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != 143 {
		t.Errorf("it ended with %d", cmd.ProcessState.ExitCode())
	}
}

// TestListenerReadsItsCertificateAgain at a SIGHUP, which ends nothing; one that is broken leaves the old one in place.
func TestListenerReadsItsCertificateAgain(t *testing.T) {
	t.Parallel()
	catchHangups()
	h := newHookTest(t, sandbox.Options{Vehicles: 3, GenerationTime: time.Millisecond})
	dir := t.TempDir()
	writeCertificate(t, dir, 1)
	cert, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	cmd := h.command(t, h.listen("--tls-cert", cert, "--tls-key", key)...)
	var said safeBuffer
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	serves := func(serial int64) func() bool {
		return func() bool {
			conn, err := tls.Dial("tcp", h.addr, &tls.Config{InsecureSkipVerify: true})
			if err != nil {
				return false
			}
			defer conn.Close()
			return conn.ConnectionState().PeerCertificates[0].SerialNumber.Int64() == serial
		}
	}
	if !await(serves(1)) {
		t.Errorf("the first certificate is not served: %s", said.String())
	}
	writeCertificate(t, dir, 2)
	_ = cmd.Process.Signal(syscall.SIGHUP)
	if !await(func() bool { return strings.Contains(said.String(), "read the certificate again") }) || !serves(2)() {
		t.Errorf("the second certificate is not served: %s", said.String())
	}
	if err := os.WriteFile(cert, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Process.Signal(syscall.SIGHUP)
	if !await(func() bool { return strings.Contains(said.String(), "the certificate stays the old one") }) || !serves(2)() {
		t.Errorf("a broken certificate: %s", said.String())
	}
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != 143 {
		t.Errorf("it ended with %d", cmd.ProcessState.ExitCode())
	}

	// Without a certificate a hangup ends it, as it ends every command.
	cmd = h.command(t, h.listen()...)
	var last safeBuffer
	cmd.Stderr = &last
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	await(func() bool { return strings.Contains(last.String(), "listening on") })
	_ = cmd.Process.Signal(syscall.SIGHUP)
	if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != 129 {
		t.Errorf("a hangup ended it with %d", cmd.ProcessState.ExitCode())
	}
}
