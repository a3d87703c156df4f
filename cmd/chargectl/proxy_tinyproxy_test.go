//go:build unix

package main

import (
	"crypto/tls"
	"encoding/base64"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
)

// TestProxyTinyproxy goes to the API and the file host through the real tinyproxy, which wants a user name and a password.
// It sees neither the key nor a word of what is asked; the hosts see the key, but not the password. A wrong password is
// told as what it is, at once, and reaches nobody.
func TestProxyTinyproxy(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("tinyproxy")
	if err != nil {
		t.Skip(err)
	}
	const key, login = "ch_sk_test_tinyproxy0123456789", "user:hunter2"
	dir := t.TempDir()
	writeCertificate(t, dir, 1)
	s := sandbox.New(sandbox.Options{GenerationTime: time.Millisecond, Vehicles: 200})
	t.Cleanup(s.Close)
	var asked asked
	api, files := asked.serve(t, dir, s.API()), asked.serve(t, dir, s.Files())
	s.SetOrigins(api+"/v1", files)

	addr, config := freeAddr(t), filepath.Join(dir, "tinyproxy.conf")
	_, port, _ := net.SplitHostPort(addr)
	text := "Listen 127.0.0.1\nPort " + port + "\nBasicAuth user hunter2\nTimeout 60\nMaxClients 20\n"
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	started(t, exec.Command(program, "-d", "-c", config), addr)
	wire := newWire(t, addr)
	run := func(login string, args ...string) (string, *os.ProcessState) {
		cmd := exec.CommandContext(t.Context(), "chargectl", args...)
		cmd.Dir, cmd.Env = dir, []string{
			"GORACE=" + atOnce, "HOME=" + dir, "CHARGE_BASE_URL=" + api + "/v1", "CHARGE_API_KEY=" + key,
			"CHARGE_CA_FILE=" + dir + "/cert.pem", "HTTPS_PROXY=http://" + login + "@" + wire.addr,
		}
		said, _ := cmd.CombinedOutput()
		if strings.Contains(string(said), "hunter") || strings.Contains(string(said), key) {
			t.Errorf("%v shows a secret: %s", args, said)
		}
		return string(said), cmd.ProcessState
	}

	create := []string{"reports", "create", "--type", "charging_summary", "--period", "2026-04", "--download", "-o", "a.csv", "--debug"}
	if said, end := run("user:hunter3", create...); end.ExitCode() != 2 || !strings.Contains(said, " wants another user name or password (") {
		t.Errorf("a wrong password: exit code %d: %s", end.ExitCode(), said)
	}
	if n := len(asked.headers); n != 0 || strings.Count(wire.String(), "CONNECT ") != 1 {
		t.Errorf("with a wrong password %d requests came through, of:\n%s", n, wire)
	}

	if said, end := run(login, create...); end.ExitCode() != 0 {
		t.Errorf("the right password: exit code %d: %s", end.ExitCode(), said)
	}
	want, _ := s.File(s.Created()[0].ID)
	if got, err := os.ReadFile(filepath.Join(dir, "a.csv")); err != nil || string(got) != string(want) {
		t.Errorf("%d bytes (%v), not the file's %d", len(got), err, len(want))
	}
	through := wire.String()
	for _, want := range []string{"CONNECT " + strings.TrimPrefix(api, "https://"), "CONNECT " + strings.TrimPrefix(files, "https://"), base64.StdEncoding.EncodeToString([]byte(login))} {
		if !strings.Contains(through, want) {
			t.Errorf("the proxy was not sent %q", want)
		}
	}
	for _, secret := range []string{key, "Authorization: Bearer", "/v1/", ".csv", "veh_"} {
		if strings.Contains(through, secret) {
			t.Errorf("the proxy was shown %q", secret)
		}
	}
	keys := 0
	for _, h := range asked.headers {
		if h.Get("Authorization") == "Bearer "+key {
			keys++
		}
		if h.Get("Proxy-Authorization") != "" {
			t.Error("a host was shown the proxy's password")
		}
	}
	if keys < 2 || keys >= len(asked.headers) || s.LeakedKeys() > 0 {
		t.Errorf("%d of %d requests had the key, %d to the file host", keys, len(asked.headers), s.LeakedKeys())
	}
}

// asked are the headers of the requests to some servers.
type asked struct {
	mu      sync.Mutex // guards headers while the servers run
	headers []http.Header
}

// serve serves over TLS, under a name of loopback that programs do not know for one: they ask a proxy for it.
func (a *asked) serve(t *testing.T, certificates string, h http.Handler) (origin string) {
	t.Helper()
	cert, err := tls.LoadX509KeyPair(filepath.Join(certificates, "cert.pem"), filepath.Join(certificates, "key.pem"))
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.mu.Lock()
		a.headers = append(a.headers, r.Header.Clone())
		a.mu.Unlock()
		h.ServeHTTP(w, r)
	}))
	server.TLS, server.EnableHTTP2 = &tls.Config{Certificates: []tls.Certificate{cert}}, true
	server.StartTLS()
	t.Cleanup(server.Close)
	return strings.Replace(server.URL, "127.0.0.1", "127.1", 1)
}

// wire leads to an address, and keeps what was sent there.
type wire struct {
	safeBuffer

	addr string
}

func newWire(t *testing.T, to string) *wire {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{addr: l.Addr().String()}
	var all sync.WaitGroup
	t.Cleanup(func() {
		_ = l.Close()
		all.Wait()
	})
	pass := func(from, to net.Conn, copied io.Writer) {
		_, _ = io.Copy(io.MultiWriter(to, copied), from)
		_, _ = from.Close(), to.Close()
	}
	all.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			proxy, err := net.Dial("tcp", to)
			if err != nil {
				_ = conn.Close()
				continue
			}
			all.Go(func() { pass(conn, proxy, w) })
			all.Go(func() { pass(proxy, conn, io.Discard) })
		}
	})
	return w
}
