package api

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

// fakeInternet is an internet of three servers: the API at https://api.test, everybody else who has a certificate, and
// everybody on plain HTTP. It notes what each request carried.
type fakeInternet struct {
	client *Client
	api    http.HandlerFunc

	mu    sync.Mutex
	heard []seenRequest
}

// seenRequest is one request as its receiver saw it: scheme, host and path, and all of its headers as text.
type seenRequest struct{ url, header string }

func newFakeInternet(t *testing.T) *fakeInternet {
	t.Helper()
	w := &fakeInternet{}
	api := w.server(t, "https", func(rw http.ResponseWriter, req *http.Request) { w.api(rw, req) })
	secure := w.server(t, "https", elsewhere)
	plain := w.server(t, "http", elsewhere)
	transport, err := NewTransport("")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(transport.CloseIdleConnections)
	transport.Proxy = nil
	transport.TLSClientConfig = &tls.Config{InsecureSkipVerify: true} // whoever redirects has a certificate of its own
	transport.DialContext = func(ctx context.Context, network, addr string) (net.Conn, error) {
		to := secure
		switch {
		case addr == "api.test:443":
			to = api
		case strings.HasSuffix(addr, ":80"):
			to = plain
		}
		return new(net.Dialer).DialContext(ctx, network, to)
	}
	w.client = client(t, transport).Once()
	return w
}

// server starts one on loopback and returns its address.
func (w *fakeInternet) server(t *testing.T, scheme string, answer http.HandlerFunc) string {
	t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, req *http.Request) {
		w.mu.Lock()
		w.heard = append(w.heard, seenRequest{scheme + "://" + req.Host + req.URL.String(), fmt.Sprint(req.Header)})
		w.mu.Unlock()
		answer(rw, req)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	if scheme == "https" {
		server.StartTLS()
	} else {
		server.Start()
	}
	t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// elsewhere has a file under every path, but for /back, which leads to the API's own host.
func elsewhere(rw http.ResponseWriter, req *http.Request) {
	if req.URL.Path == "/back" {
		http.Redirect(rw, req, "https://api.test/v1/reports/rpt_1", http.StatusFound)
		return
	}
	rw.Header().Set("Content-Type", "text/csv")
	fmt.Fprint(rw, "vehicle\n")
}

// ask sends one request of each kind and returns the errors.
func (w *fakeInternet) ask(t *testing.T) []error {
	t.Helper()
	_, one := get(t, w.client)
	_, created := w.client.CreateReport(t.Context(), []byte(testBody), "key-1")
	_, listed := allPages(t.Context(), w.client)
	_, _, probed := w.client.Probe(t.Context())
	return []error{one, created, listed, probed}
}

// urls are where requests went; those that carried the key are marked.
func (w *fakeInternet) urls() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []string
	for _, h := range w.heard {
		url := h.url
		if strings.Contains(h.header+h.url, testKey) || strings.Contains(h.header, "Authorization") {
			url += " with the key"
		}
		all = append(all, url)
	}
	w.heard = nil
	return all
}

// strangers differ from the origin of the API in one thing each.
func strangers() map[string]string {
	return map[string]string{
		"another host":        "https://elsewhere.test/v1/reports",
		"another port":        "https://api.test:8443/v1/reports",
		"https to http":       "http://api.test/v1/reports",
		"http of this host":   "http://127.0.0.1/v1/reports",
		"a host below it":     "https://v1.api.test/v1/reports",
		"a host that ends so": "https://my-api.test/v1/reports",
		"with the key in it":  "https://elsewhere.test/v1/reports?k=" + testKey,
	}
}

// A redirect of the API leads nowhere, not even to its own origin.
func TestNoRedirectOfTheAPIIsFollowed(t *testing.T) {
	w := newFakeInternet(t)
	targets := strangers()
	targets["the same origin"] = "https://api.test/v2/reports"
	targets["a path"] = "/v2/reports"
	for name, target := range targets {
		for _, status := range []int{301, 302, 303, 307, 308} {
			w.api = func(rw http.ResponseWriter, _ *http.Request) {
				rw.Header().Set("Location", target)
				rw.WriteHeader(status)
			}
			for _, err := range w.ask(t) {
				if e := wantKind(t, err, charge.KindRefused); strings.Contains(e.Error(), testKey) {
					t.Errorf("%s, %d: %v", name, status, e)
				}
			}
			want := []string{
				"https://api.test/v1/reports/rpt_1 with the key", "https://api.test/v1/reports with the key",
				"https://api.test/v1/reports?limit=100 with the key", "https://api.test/v1/reports?limit=1 with the key",
			}
			if diff := cmp.Diff(want, w.urls()); diff != "" {
				t.Errorf("%s, %d (-want +got):\n%s", name, status, diff)
			}
		}
	}
}

func TestNoPageOfAStrangerIsRequested(t *testing.T) {
	w := newFakeInternet(t)
	for name, target := range strangers() {
		w.api = func(rw http.ResponseWriter, _ *http.Request) { fmt.Fprint(rw, pageText(`"`+target+`"`, "rpt_1")) }
		_, err := allPages(t.Context(), w.client)
		wantKind(t, err, charge.KindRefused)
		if got := w.urls(); !slices.Equal(got, []string{"https://api.test/v1/reports?limit=100 with the key"}) {
			t.Errorf("%s: asked %v", name, got)
		}
	}
}

// A link may lead anywhere that has a certificate, the API's own host and back again included: the key never goes along.
func TestNoLinkGetsTheKey(t *testing.T) {
	w := newFakeInternet(t)
	w.api = elsewhere
	for link, want := range map[string][]string{
		"https://files.test/r.csv":        {"https://files.test/r.csv"},
		"https://api.test/v1/r.csv":       {"https://api.test/v1/r.csv"},
		"https://api.test:8443/r.csv":     {"https://api.test:8443/r.csv"},
		"https://user:pw@files.test/r":    {"https://files.test/r"},
		"https://files.test/back":         {"https://files.test/back", "https://api.test/v1/reports/rpt_1"},
		"http://files.test/r.csv":         nil,
		"http://api.test/v1/reports":      nil,
		"http://127.0.0.1/r.csv":          nil,
		"https://files.test@evil.test/r":  {"https://evil.test/r"},
		"https://api.test/v1/reports?k=1": {"https://api.test/v1/reports?k=1"},
	} {
		file, err := w.client.OpenFile(t.Context(), link, charge.FileRange{})
		if (err == nil) != (want != nil) {
			t.Errorf("%s: %v", link, err)
		}
		if err == nil {
			_ = file.Body.Close()
		}
		if diff := cmp.Diff(want, w.urls()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", link, diff)
		}
	}
}

// What the API repeats of the key is shown to people, kept in receipts, and asked for at the file host.
func TestAKeyThatTheAPIRepeatsGoesNowhere(t *testing.T) {
	const masked = "ch_sk_test_…"
	w := newFakeInternet(t)
	w.api = func(rw http.ResponseWriter, req *http.Request) {
		key := strings.TrimPrefix(req.Header.Get("Authorization"), "Bearer ")
		rw.Header().Set("Request-Id", "req_"+key)
		fmt.Fprintf(rw, `{"id":"rpt_1","status":"succeeded","n":9007199254740993,"%[1]s":1,"url":"https://files.test/r?k=%[1]s"}`, key)
	}
	r, err := get(t, w.client)
	if err != nil {
		t.Fatal(err)
	}
	raw := `{"id":"rpt_1","status":"succeeded","n":9007199254740993,"` + masked + `":1,"url":"https://files.test/r?k=` + masked + `"}`
	if diff := cmp.Diff([]string{"req_" + masked, raw}, []string{r.Request, string(r.Raw)}); diff != "" {
		t.Error(diff)
	}
	w.urls()
	file, err := w.client.OpenFile(t.Context(), r.URL, charge.FileRange{})
	if err != nil {
		t.Fatal(err)
	}
	_ = file.Body.Close()
	if got := w.urls(); len(got) != 1 || strings.Contains(got[0], "key") {
		t.Errorf("asked %q", got)
	}
}
