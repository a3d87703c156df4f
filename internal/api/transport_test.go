package api

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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

func TestACAFileIsTrusted(t *testing.T) {
	server, caFile := secureServer(t)
	transport, err := NewTransport(caFile)
	if err != nil {
		t.Fatal(err)
	}
	defer transport.CloseIdleConnections()
	report, err := get(t, client(t, transport, func(o *Options) { o.BaseURL = server.URL }))
	if err != nil || report.Status != "HTTP/2.0" {
		t.Errorf("%v, %v", report.Status, err)
	}
}

// A certificate that is not trusted ends a request at once, and its hint is one that helps against the cause.
func TestCertificates(t *testing.T) {
	const day = 24 * time.Hour
	now := time.Now()
	for _, tc := range []struct {
		name        string
		host        string
		from, until time.Time
		trusted     bool
		says, hint  []string
	}{
		{"nobody signed it", "127.0.0.1", now.Add(-day), now.Add(day), false,
			[]string{"nobody that this machine trusts has signed it"}, []string{"CHARGE_CA_FILE"}},
		{"for another host", "localhost", now.Add(-day), now.Add(day), true,
			[]string{"it is for api.test, 127.0.0.1, not for localhost"}, []string{"check the host name localhost"}},
		{"expired", "127.0.0.1", now.Add(-2 * day), now.Add(-day), true,
			[]string{"it expired at " + minute(now.Add(-day))}, []string{"check the clock of this machine", now.UTC().Format("2006-01-02")}},
		{"not yet valid", "127.0.0.1", now.Add(day), now.Add(2 * day), true,
			[]string{"it is not valid before " + minute(now.Add(day))}, []string{"check the clock of this machine", now.UTC().Format("2006-01-02")}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			server, caFile := certified(t, tc.from, tc.until)
			base := strings.Replace(server.URL, "127.0.0.1", tc.host, 1)
			if !tc.trusted {
				caFile = ""
			}
			transport, err := NewTransport(caFile)
			if err != nil {
				t.Fatal(err)
			}
			defer transport.CloseIdleConnections()
			var seen traces
			c := client(t, transport, seen.option, func(o *Options) { o.BaseURL = base })
			_, err = create(t, c)
			_, fileErr := c.OpenFile(t.Context(), base+"/r.csv", charge.FileRange{})
			for _, err := range []error{err, fileErr} {
				e := wantKind(t, err, charge.KindCertificate)
				wantText(t, e.Error(), append(tc.says, "the certificate of "+strings.TrimPrefix(base, "https://")+" is not trusted: ")...)
				wantText(t, e.Hint, tc.hint...)
				if strings.Contains(e.Hint, "CHARGE_CA_FILE") == tc.trusted || e.MayExist {
					t.Errorf("%+v", e)
				}
			}
			if len(seen.all) != 2 {
				t.Errorf("%d attempts, want one each", len(seen.all))
			}
		})
	}
}

// certified starts a server with a certificate of its own, for api.test and 127.0.0.1, which caFile trusts.
func certified(t *testing.T, from, until time.Time) (server *httptest.Server, caFile string) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	cert := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: from, NotAfter: until,
		DNSNames: []string{"api.test"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}
	der, err := x509.CreateCertificate(rand.Reader, cert, cert, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("a request arrived") }))
	server.TLS = &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	caFile = filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(caFile, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return server, caFile
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

// through makes a client whose every request goes through a proxy with a password in its URL.
func through(t *testing.T, proxy *httptest.Server, change ...func(*Options)) *Client {
	t.Helper()
	transport, err := NewTransport("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	at, err := url.Parse(strings.Replace(proxy.URL, "http://", "http://user:hunter2@", 1))
	if err != nil {
		t.Fatal(err)
	}
	transport.Proxy = http.ProxyURL(at)
	return client(t, transport, change...)
}

func TestConnectionErrorsNameTheProxy(t *testing.T) {
	proxy := listen(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
	c := through(t, proxy)
	_, err := create(t, c.Once())
	e := wantKind(t, err, charge.KindTemporary)
	wantText(t, e.Error(), "cannot reach api.test through proxy "+proxy.URL+": the proxy answered HTTP 502 Bad Gateway")
	_, _, err = c.Probe(t.Context())
	wantText(t, wantKind(t, err, charge.KindTemporary).Error(), "through proxy "+proxy.URL)
	if e.MayExist || strings.Contains(e.Error()+err.Error(), "hunter2") {
		t.Errorf("%v, %+v", err, e)
	}
}

// A proxy that wants another password stays so however often it is asked, in a tunnel and without one.
func TestAProxyThatWantsAPassword(t *testing.T) {
	for _, scheme := range []string{"https", "http"} {
		asked := atomic.Int64{}
		proxy := listen(t, func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			w.WriteHeader(http.StatusProxyAuthRequired)
			fmt.Fprint(w, htmlPage)
		})
		c := through(t, proxy, func(o *Options) { o.BaseURL = scheme + "://127.0.0.1:1/v1" })
		_, made := create(t, c)
		_, listed := allPages(t.Context(), c)
		_, file := c.OpenFile(t.Context(), scheme+"://127.0.0.1:2/r.csv", charge.FileRange{})
		for _, err := range []error{made, listed, file} {
			e := wantKind(t, err, charge.KindUsage)
			wantText(t, e.Error(), "the proxy "+proxy.URL+" wants another user name or password (HTTP 407 Proxy Authentication Required)")
			wantText(t, e.Hint, "HTTPS_PROXY")
			if e.MayExist || strings.Contains(e.Error()+e.Hint, "hunter2") {
				t.Errorf("%+v", e)
			}
		}
		if asked.Load() != 3 {
			t.Errorf("%s: asked %d times", scheme, asked.Load())
		}
	}
}

// What a proxy refuses to pass on stays refused; what it cannot do now it may do later.
func TestAProxyThatDoesNotPassAHostOn(t *testing.T) {
	for status, want := range map[int]charge.Kind{
		400: charge.KindTemporary, 403: charge.KindUsage, 404: charge.KindTemporary, 405: charge.KindUsage, 408: charge.KindTemporary,
		429: charge.KindTemporary, 500: charge.KindTemporary, 502: charge.KindTemporary, 503: charge.KindTemporary, 504: charge.KindTemporary,
	} {
		asked := atomic.Int64{}
		proxy := listen(t, func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			w.WriteHeader(status)
		})
		c := through(t, proxy)
		if want == charge.KindTemporary {
			c = c.Once()
		}
		_, err := create(t, c)
		e := wantKind(t, err, want)
		if n := asked.Load(); n != 1 {
			t.Errorf("HTTP %d: asked %d times", status, n)
		}
		if e.MayExist || strings.Contains(e.Error()+e.Hint, "hunter2") {
			t.Errorf("%+v", e)
		}
		if want == charge.KindUsage {
			wantText(t, e.Error(), fmt.Sprintf("the proxy %s refuses to pass on api.test:443 (HTTP %d ", proxy.URL, status))
			wantText(t, e.Hint, "NO_PROXY")
		}
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
