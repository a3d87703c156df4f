//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
)

// fromNginx is the report whose file nginx has, of more than the 4 MiB after which a transfer has a sidecar.
const fromNginx = "rpt_nginx000000000000000000000000000"

// TestFileHostNginx downloads from the real nginx over TLS, set up in ways that are met: whole, killed and resumed, ended
// by a signal and resumed. The bytes are right each time, and what was there is asked for again only where nginx gives
// nothing to resume by. Everything about the report comes from nginx too, by HTTP/2.
func TestFileHostNginx(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("nginx")
	if err != nil {
		t.Skip(err)
	}
	for name, c := range map[string]struct {
		listen, directives string
		resumes            bool
	}{
		"HTTP/1.1, a request per connection": {"ssl", "keepalive_requests 1;", true},
		"HTTP/2, gzip":                       {"ssl http2", "gzip on; gzip_types *; gzip_min_length 1;", true},
		"HTTP/2, weak validators":            {"ssl http2", `etag off; add_header ETag 'W/"65-1"';`, true},
		"HTTP/1.1, a weak validator alone":   {"ssl", `etag off; add_header ETag 'W/"65-1"'; add_header Last-Modified "";`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := newNginxHost(t, program, c.listen, c.directives)
			h.downloaded(t, "whole")
			h.ended(t, "killed", syscall.SIGKILL, c.resumes)
			h.ended(t, "terminated", syscall.SIGTERM, c.resumes)
			h.downloaded(t, "killed")
			h.downloaded(t, "terminated")
			h.wantLog(t, c.resumes)
		})
	}
}

// nginxHost is nginx as API and file host of one report.
type nginxHost struct {
	dir string // of nginx, with a folder for each download
	env []string
	csv []byte
}

func newNginxHost(t *testing.T, program, listen, directives string) *nginxHost {
	t.Helper()
	h := &nginxHost{dir: t.TempDir()}
	api, files := freeAddr(t), freeAddr(t)
	h.env = []string{
		"PATH=" + os.Getenv("PATH"), "GORACE=" + atOnce, "HOME=" + h.dir,
		"CHARGE_API_KEY=ch_sk_test_nginx", "CHARGE_BASE_URL=https://" + api + "/v1", "CHARGE_CA_FILE=" + h.dir + "/cert.pem",
	}
	for n := 0; len(h.csv) < 5<<20; n++ {
		h.csv = fmt.Appendf(h.csv, "veh_%032d,12,345678,4567,EUR,2026-04-01T06:12:00.000Z,2026-04-30T21:47:11.000Z\n", n)
	}
	link := "https://" + files + "/reports/" + fromNginx + ".csv"
	for name, text := range map[string]string{
		"api/v1/reports/" + fromNginx:         fmt.Sprintf(`{"id":%q,"object":"report","status":"succeeded","type":"csv","size":%d,"url":%q}`, fromNginx, len(h.csv), link),
		"files/reports/" + fromNginx + ".csv": string(h.csv),
	} {
		h.write(t, name, text)
	}
	writeCertificate(t, h.dir, 1)
	site := strings.NewReplacer("API", api, "FILES", files, "LISTEN", listen, "DIRECTIVES", directives, "DIR", h.dir).Replace(`
ssl_certificate DIR/cert.pem;
ssl_certificate_key DIR/key.pem;
log_format asked '$server_protocol $status $request_method [$http_range] [$sent_http_etag] [$sent_http_content_encoding] [$http_authorization]';
limit_rate 16m;
server {
  listen API ssl http2;
  root DIR/api;
  default_type application/json;
  access_log DIR/api.log asked;
}
server {
  listen FILES LISTEN;
  root DIR/files;
  default_type text/csv;
  access_log DIR/files.log asked;
  limit_rate_after 4500k; # beyond what has a sidecar at once
  location / {
    if (-f DIR/slow) { set $limit_rate 4k; }
    DIRECTIVES
  }
}
`)
	started(t, exec.Command(program, "-p", h.dir, "-c", nginxAround(t, h.dir, site)), files)
	return h
}

func (h *nginxHost) write(t *testing.T, name, text string) {
	t.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// download is the command that downloads into a folder.
func (h *nginxHost) download(t *testing.T, folder string) (cmd *exec.Cmd, stderr *safeBuffer) {
	t.Helper()
	cmd, stderr = exec.CommandContext(t.Context(), "chargectl", "reports", "download", fromNginx, "--dir", folder), new(safeBuffer)
	cmd.Dir, cmd.Env, cmd.Stderr = h.dir, h.env, stderr
	return cmd, stderr
}

// downloaded downloads into a folder, which then has the file and nothing else.
func (h *nginxHost) downloaded(t *testing.T, folder string) {
	t.Helper()
	cmd, stderr := h.download(t, folder)
	if err := cmd.Run(); err != nil {
		t.Errorf("%s: %v: %s", folder, err, stderr.String())
	}
	got, err := os.ReadFile(filepath.Join(h.dir, folder, fromNginx+".csv"))
	if err != nil || !bytes.Equal(got, h.csv) {
		t.Errorf("%s: %d bytes (%v), not the file's %d", folder, len(got), err, len(h.csv))
	}
	if left, err := os.ReadDir(filepath.Join(h.dir, folder)); err != nil || len(left) != 1 {
		t.Errorf("%s: %v is left, %v", folder, left, err)
	}
}

// ended ends a download with a signal, once most of the file is here and, where it can be resumed, vouched for. Nginx is
// too slow meanwhile for it to end by itself.
func (h *nginxHost) ended(t *testing.T, folder string, signal os.Signal, resumes bool) {
	t.Helper()
	h.write(t, "slow", "")
	cmd, stderr := h.download(t, folder)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	part := filepath.Join(h.dir, folder, fromNginx+".csv.part")
	if !await(func() bool {
		info, err := os.Stat(part)
		vouched, _ := os.ReadFile(part + ".json")
		return err == nil && info.Size() > 4<<20 && (len(vouched) > 0 || !resumes)
	}) {
		t.Errorf("%s: it did not get so far: %s", folder, stderr.String())
	}
	_ = cmd.Process.Signal(signal)
	if cmd.Wait() == nil {
		t.Errorf("%s: it ended by itself", folder)
	}
	if err := os.Remove(filepath.Join(h.dir, "slow")); err != nil {
		t.Fatal(err)
	}
}

// wantLog holds what nginx was asked to: by HTTP/2 for the report, with the key; by HTTP/1.1 for the file, without it,
// and for its last bytes alone wherever a download was ended that could be resumed.
func (h *nginxHost) wantLog(t *testing.T, resumes bool) {
	t.Helper()
	log := func(name string) string {
		text, _ := os.ReadFile(filepath.Join(h.dir, name))
		return string(text)
	}
	await(func() bool { return strings.Count(log("files.log"), "\n") == 5 }) // the last line is written after the last byte
	files, api := log("files.log"), log("api.log")
	if !regexp.MustCompile(`^(HTTP/2.0 200 GET .* \[Bearer ch_sk_test_nginx\]\n){5}$`).MatchString(api) {
		t.Errorf("asked of the API:\n%s", api)
	}
	whole := regexp.MustCompile(`(?m)^HTTP/1.1 200 GET \[-\] .* \[-\] \[-\]$`).FindAllString(files, -1)
	rest := regexp.MustCompile(`(?m)^HTTP/1.1 206 GET \[bytes=[1-9]\d{5,}-\] .* \[-\] \[-\]$`).FindAllString(files, -1)
	if resumes && (len(whole) != 3 || len(rest) != 2) || !resumes && len(whole) != 5 {
		t.Errorf("asked of the file host:\n%s", files)
	}
}
