package api

import (
	"context"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// alwaysTo dials a server whatever host was meant.
func alwaysTo(server *httptest.Server) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, server.Listener.Addr().String())
	}
}

// The system's roots are read only where the CA file's do not do, and then they do.
func TestSystemRootsAreReadWhenTheyAreNeeded(t *testing.T) {
	server, caFile := secureServer(t)
	_, otherFile := certified(t, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	known := x509.NewCertPool()
	known.AddCert(server.Certificate())
	for file, reads := range map[string]int64{caFile: 0, otherFile: 1} {
		for _, host := range []string{"127.0.0.1", "example.com"} { // a ConnectionState tells the name of the second only
			transport, err := NewTransport(file)
			if err != nil {
				t.Fatal(err)
			}
			read := atomic.Int64{}
			transport.roots.all = func() *x509.CertPool {
				read.Add(1)
				return known
			}
			transport.DialContext, transport.Proxy = alwaysTo(server), nil
			base := strings.Replace(server.URL, "127.0.0.1", host, 1)
			report, err := get(t, client(t, transport, func(o *Options) { o.BaseURL = base }))
			transport.CloseIdleConnections()
			if err != nil || report.Status != "HTTP/2.0" || read.Load() != reads {
				t.Errorf("%s: %v, %v, the system's roots were read %d times", host, report.Status, err, read.Load())
			}
		}
	}
}

// A certificate for another host is refused whoever signed it, and whichever roots know that.
func TestAnotherHostsCertificateIsRefusedByAnyRoots(t *testing.T) {
	server, caFile := secureServer(t)
	_, otherFile := certified(t, time.Now().Add(-time.Hour), time.Now().Add(time.Hour))
	known := x509.NewCertPool()
	known.AddCert(server.Certificate())
	for _, file := range []string{caFile, otherFile} {
		for _, host := range []string{"127.0.0.2", "api.test"} {
			transport, err := NewTransport(file)
			if err != nil {
				t.Fatal(err)
			}
			transport.roots.all = func() *x509.CertPool { return known }
			transport.DialContext, transport.Proxy = alwaysTo(server), nil
			base := strings.Replace(server.URL, "127.0.0.1", host, 1)
			_, err = get(t, client(t, transport, func(o *Options) { o.BaseURL = base }))
			wantText(t, wantKind(t, err, charge.KindCertificate).Error(), "not for "+host)
		}
	}
}

func TestPlainHTTPNeedsNoRoots(t *testing.T) {
	server := listen(t, func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"id":"rpt_1","status":"pending"}`) })
	transport, err := NewTransport("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	transport.roots.system = func() { t.Error("the system's roots were read") }
	if _, err := get(t, client(t, transport, func(o *Options) { o.BaseURL = server.URL })); err != nil {
		t.Error(err)
	}
}

// Files come by HTTP/1.1 over a connection that the next one takes over, while the API is asked by HTTP/2.
func TestFilesShareOneConnectionOfTheirOwn(t *testing.T) {
	opened := atomic.Int64{}
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path == "/file.csv" {
			fmt.Fprint(w, req.Proto)
			return
		}
		fmt.Fprintf(w, `{"id":"rpt_1","status":%q}`, req.Proto)
	}))
	server.EnableHTTP2 = true
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	server.StartTLS()
	t.Cleanup(server.Close)
	transport, err := NewTransport("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	transport.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	c := client(t, transport, func(o *Options) { o.BaseURL = server.URL })
	for range 5 {
		report, err := get(t, c)
		if err != nil || report.Status != "HTTP/2.0" {
			t.Errorf("%v, %v", report.Status, err)
		}
		file, err := c.OpenFile(t.Context(), server.URL+"/file.csv", charge.FileRange{})
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(file.Body)
		_ = file.Body.Close()
		if err != nil || string(text) != "HTTP/1.1" {
			t.Errorf("%s, %v", text, err)
		}
	}
	if opened.Load() != 2 {
		t.Errorf("%d connections, want 2", opened.Load())
	}
}
