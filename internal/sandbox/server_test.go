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
	link, size := a.ok(t).text("url"), int(a.ok(t)["size"].(float64))
	if !strings.HasPrefix(link, s.FilesURL+"/reports/") || strings.HasPrefix(link, strings.TrimSuffix(s.BaseURL, "/v1")) {
		t.Errorf("the link %s is not on the file host %s", link, s.FilesURL)
	}
	half, err := call(t, s, "GET", link, "")
	if err != nil || !errors.Is(half.err, io.ErrUnexpectedEOF) {
		t.Errorf("%v, %v, want a body that is cut", err, half.err)
	}
	whole, err := call(t, s, "GET", link, "")
	if err != nil || whole.err != nil || len(whole.body) != size || half.body != whole.body[:size/2] {
		t.Errorf("%v, %v, %d and %d of %d bytes", err, whole.err, len(half.body), len(whole.body), size)
	}
}

func TestLostCreateOverRealHTTP(t *testing.T) {
	s := start(t, "lost-create=1")
	if a, err := call(t, s, "POST", s.BaseURL+"/reports", april("")); !errors.Is(err, io.EOF) {
		t.Errorf("%d, %v, want an end without an answer", a.status, err)
	}
	a, err := call(t, s, "GET", s.BaseURL+"/reports", "")
	if err != nil || len(a.ok(t).rows()) != 1 {
		t.Errorf("%v, %s, want one report", err, a.body)
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
