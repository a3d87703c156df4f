package api

import (
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chargectl/chargectl/internal/charge"
)

func secureServer(t *testing.T) (server *httptest.Server, caFile string) {
	t.Helper()
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		fmt.Fprintf(w, `{"id":"rpt_1","status":%q}`, req.Proto)
	}))
	server.EnableHTTP2 = true
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(caFile, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return server, caFile
}

func TestCertificates(t *testing.T) {
	server, caFile := secureServer(t)
	port := server.URL[strings.LastIndex(server.URL, ":"):]
	for _, tc := range []struct{ name, base, ca, trouble string }{
		{"trusted by the CA file", server.URL, caFile, ""},
		{"not trusted", server.URL, "", "is not trusted"},
		{"wrong host name", "https://localhost" + port, caFile, "is not trusted"},
	} {
		transport, err := NewTransport(tc.ca)
		if err != nil {
			t.Fatal(err)
		}
		var seen traces
		c := client(t, transport, seen.option, func(o *Options) { o.BaseURL = tc.base })
		report, err := get(t, c)
		_, fileErr := c.OpenFile(t.Context(), tc.base+"/r.csv", charge.FileRange{})
		transport.CloseIdleConnections()
		if tc.trouble == "" {
			if err != nil || report.Status != "HTTP/2.0" {
				t.Errorf("%s: %v, %v", tc.name, report.Status, err)
			}
			continue
		}
		for _, err := range []error{err, fileErr} {
			e := wantKind(t, err, charge.KindCertificate)
			wantText(t, e.Error()+e.Hint, tc.trouble, "CHARGE_CA_FILE", strings.TrimPrefix(tc.base, "https://"))
		}
		if len(seen.all) != 2 {
			t.Errorf("%s: %d attempts, want one each", tc.name, len(seen.all))
		}
	}
}

func TestBadCAFiles(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "empty.pem")
	if err := os.WriteFile(empty, []byte("no certificate"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{empty, filepath.Join(dir, "missing.pem"), dir} {
		_, err := NewTransport(name)
		wantText(t, wantKind(t, err, charge.KindUsage).Error(), "the CA file", name)
	}
}

func TestConnectionErrorsNameTheProxy(t *testing.T) {
	proxy := listen(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) })
	transport, err := NewTransport("")
	if err != nil {
		t.Fatal(err)
	}
	at, err := url.Parse(strings.Replace(proxy.URL, "http://", "http://user:hunter2@", 1))
	if err != nil {
		t.Fatal(err)
	}
	transport.Proxy = http.ProxyURL(at)
	_, err = get(t, client(t, transport).Once())
	e := wantKind(t, err, charge.KindTemporary)
	wantText(t, e.Error(), "cannot reach api.test through proxy "+proxy.URL+": Proxy Authentication Required")
	p, err := client(t, transport).Probe(t.Context())
	if p.Proxy != proxy.URL || strings.Contains(e.Error()+err.Error(), "hunter2") {
		t.Errorf("%+v, %v", p, e)
	}
}

func TestAProxyThatIsNoURL(t *testing.T) {
	transport, err := NewTransport("")
	if err != nil {
		t.Fatal(err)
	}
	transport.Proxy = func(*http.Request) (*url.URL, error) { return nil, errors.New("invalid proxy hunter2") }
	_, err = get(t, client(t, transport))
	if e := wantKind(t, err, charge.KindUsage); strings.Contains(e.Error(), "hunter2") {
		t.Error(e)
	}
}

func TestNewTransportUsesTheEnvironment(t *testing.T) {
	transport, err := NewTransport("")
	if err != nil || transport.Proxy == nil || transport.ResponseHeaderTimeout != firstByteLimit ||
		transport.TLSHandshakeTimeout != handshakeLimit {
		t.Errorf("%+v, %v", transport, err)
	}
}
