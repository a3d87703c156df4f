//go:build unix

package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
)

// TestRecipeNginx has events come to a listener through the real nginx, as docs/recipes/nginx-webhooks.conf sets it up.
func TestRecipeNginx(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip(err)
	}
	s, err := sandbox.Start(t.Context(), sandbox.Options{GenerationTime: time.Millisecond, Vehicles: 3}, "127.0.0.1:0", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	st := &exampleEnv{dir: t.TempDir()}
	st.env = []string{"PATH=" + os.Getenv("PATH"), "GORACE=" + atOnce, "HOME=" + st.dir, "CHARGE_BASE_URL=" + s.BaseURL, "CHARGE_API_KEY=" + s.Key}
	front, behind := freeAddr(t), freeAddr(t)
	started(t, exec.Command(program, "-p", st.dir, "-c", nginxConfig(t, st.dir, front, behind)), front)

	st.output(t, "chargectl webhooks register --url https://"+front+"/charge --secret-file whsec.txt")
	listener := st.command("exec chargectl webhooks listen --catch-up 0 --dir reports --secret-file whsec.txt --addr " + behind)
	started(t, listener, behind)
	id := st.output(t, "chargectl reports create --type charging_summary")
	st.output(t, "until test -e reports/"+id+".csv; do sleep 0.1; done") // a listing at the start would not have shown it

	client := http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}}}
	defer client.CloseIdleConnections()
	for _, c := range []struct {
		method, path string
		body, status int
	}{
		{"POST", "/charge", 900_000, 401}, // whole, through a file of nginx's, to the listener
		{"POST", "/charge", 1_100_000, 413},
		{"GET", "/charge", 0, 403},
		{"POST", "/", 10, 404},
		{"GET", "/healthz", 0, 404},
	} {
		r, err := http.NewRequestWithContext(t.Context(), c.method, "https://"+front+c.path, bytes.NewReader(make([]byte, c.body)))
		if err != nil {
			t.Fatal(err)
		}
		resp, err := client.Do(r)
		if err != nil {
			t.Errorf("%s %s: %v", c.method, c.path, err)
			continue
		}
		if _ = resp.Body.Close(); resp.StatusCode != c.status {
			t.Errorf("%s %s with %d bytes: %d, want %d", c.method, c.path, c.body, resp.StatusCode, c.status)
		}
	}
}

// freeAddr is an address of loopback that nobody listens on.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// started starts a program, waits until it listens, and ends it with the test.
func started(t *testing.T, cmd *exec.Cmd, addr string) {
	t.Helper()
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait()
		cancel()
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Signal(syscall.SIGTERM)
		<-ended
	})
	for tick := time.NewTicker(10 * time.Millisecond); ; {
		if conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr); err == nil {
			_ = conn.Close()
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%s does not listen on %s: %v\n%s", cmd.Args[0], addr, ctx.Err(), said.Bytes())
		}
	}
}

// nginxConfig writes the recipe for addresses and a certificate of the test's own, with what a distribution has around it.
func nginxConfig(t *testing.T, dir, front, behind string) string {
	t.Helper()
	recipe, err := os.ReadFile("../../docs/recipes/nginx-webhooks.conf")
	if err != nil {
		t.Fatal(err)
	}
	const letsencrypt = "/etc/letsencrypt/live/hooks.example.com"
	site := string(recipe)
	for _, r := range [][2]string{
		{"listen 443 ssl;", "listen " + front + " ssl;"}, {"listen [::]:443 ssl;", ""}, {"127.0.0.1:4242;", behind + ";"},
		{letsencrypt + "/fullchain.pem", filepath.Join(dir, "cert.pem")}, {letsencrypt + "/privkey.pem", filepath.Join(dir, "key.pem")},
	} {
		if strings.Count(site, r[0]) != 1 {
			t.Fatalf("the recipe has %q not once", r[0])
		}
		site = strings.Replace(site, r[0], r[1], 1)
	}
	writeCertificate(t, dir, 1)
	return nginxAround(t, dir, "access_log off;\n"+site)
}

// nginxAround writes a configuration that has a site and what a distribution has around it, all of it within a folder.
func nginxAround(t *testing.T, dir, site string) string {
	t.Helper()
	around := "daemon off;\npid " + dir + "/pid;\nerror_log stderr;\nevents {}\nhttp {\n"
	if os.Getuid() == 0 {
		around = "user root;\n" + around // the folder is the test's alone
	}
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		around += fmt.Sprintf("%s_temp_path %s;\n", kind, filepath.Join(dir, kind))
	}
	file := filepath.Join(dir, "nginx.conf")
	if err := os.WriteFile(file, []byte(around+site+"}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// writeCertificate makes cert.pem and key.pem in a folder, for 127.0.0.1 and its short name.
func writeCertificate(t *testing.T, dir string, serial int64) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(serial), NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"127.1"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"cert.pem": string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})),
		"key.pem":  string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})),
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}
