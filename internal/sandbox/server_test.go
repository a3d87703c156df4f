package sandbox_test

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
)

// start serves a sandbox whose reports are ready at once.
func start(t *testing.T, faults ...string) *sandbox.Server {
	t.Helper()
	o := sandbox.Options{GenerationTime: time.Nanosecond}
	for _, text := range faults {
		fault, err := sandbox.ParseFault(text)
		if err != nil {
			t.Fatal(err)
		}
		o.Faults = append(o.Faults, fault)
	}
	s, err := sandbox.Start(t.Context(), o, "127.0.0.1:0", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s
}

// call sends a request with the server's key over a connection of its own.
func call(t *testing.T, s *sandbox.Server, method, url, body string) (answer, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Close = true
	r.Header.Set("Content-Type", "application/json")
	if strings.HasPrefix(url, s.BaseURL) {
		r.Header.Set("Authorization", "Bearer "+s.Key)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return answer{}, err
	}
	text, err := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	return answer{resp.StatusCode, resp.Header, string(text), err}, nil
}

func TestServerOverRealHTTP(t *testing.T) {
	s := start(t, "cut=1")
	a, err := call(t, s, "POST", s.BaseURL+"/reports", april(""))
	if err != nil {
		t.Fatal(err)
	}
	id := a.ok(t).text("id")
	if a, err = call(t, s, "GET", s.BaseURL+"/reports/"+id, ""); err != nil {
		t.Fatal(err)
	}
	link := a.ok(t).text("url")
	if !strings.HasPrefix(link, s.FilesURL+"/reports/") || strings.HasPrefix(link, strings.TrimSuffix(s.BaseURL, "/v1")) {
		t.Errorf("the link %s is not on the file host %s", link, s.FilesURL)
	}
	file, _ := s.Sandbox().File(id)
	if a, err = call(t, s, "GET", link, ""); err != nil || !errors.Is(a.err, io.ErrUnexpectedEOF) || len(a.body) != len(file)/2 {
		t.Errorf("%v, %v, %d of %d bytes", err, a.err, len(a.body), len(file))
	}
	if a, err = call(t, s, "GET", link, ""); err != nil || a.err != nil || a.body != string(file) {
		t.Errorf("%v, %v, %d of %d bytes", err, a.err, len(a.body), len(file))
	}
}

func TestLostCreateOverRealHTTP(t *testing.T) {
	s := start(t, "lost-create=1")
	if a, err := call(t, s, "POST", s.BaseURL+"/reports", april("")); !errors.Is(err, io.EOF) {
		t.Errorf("%d, %v, want an end without an answer", a.status, err)
	}
	if n := len(s.Sandbox().Created()); n != 1 {
		t.Errorf("%d reports, want 1", n)
	}
}

func TestCloseFreesTheAddresses(t *testing.T) {
	s := start(t)
	addr := strings.TrimPrefix(s.FilesURL, "http://")
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
}

func TestStartRefuses(t *testing.T) {
	taken := strings.TrimPrefix(start(t).FilesURL, "http://")
	for addr, named := range map[string]string{
		"127.0.0.1": "host:port", "0.0.0.0:0": "loopback only", ":0": "loopback only",
		"example.com:0": "loopback only", taken: "cannot listen",
	} {
		s, err := sandbox.Start(t.Context(), sandbox.Options{}, "127.0.0.1:0", addr)
		if err == nil || !strings.Contains(err.Error(), named) {
			t.Errorf("%s: %v, want something with %q", addr, err, named)
		}
		if s != nil {
			_ = s.Close()
		}
	}
}
