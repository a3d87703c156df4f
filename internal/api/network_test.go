package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/chargectl/chargectl/internal/charge"
)

// timeout is how net/http says that a limit of its own was reached.
type timeout string

func (t timeout) Error() string { return string(t) }
func (timeout) Timeout() bool   { return true }
func (timeout) Temporary() bool { return true }

// Errors of the network are worded without addresses, function names and other words of the library.
func TestNetworkErrorsInPlainWords(t *testing.T) {
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 443}, Err: err}
	}
	call := func(number syscall.Errno) error { return &os.SyscallError{Syscall: "connect", Err: number} }
	for _, tc := range []struct {
		err  error
		says string
	}{
		{dial(&net.DNSError{Err: "no such host", Name: "api.test", Server: "10.255.255.53:53", IsNotFound: true}), "cannot reach api.test: no such host: DNS does not know api.test"},
		{dial(&net.DNSError{Err: "server misbehaving", Name: "api.test", IsTemporary: true}), "cannot reach api.test: DNS could not resolve api.test (server misbehaving)"},
		{dial(&net.DNSError{Err: "i/o timeout", Name: "api.test", IsTimeout: true}), "cannot reach api.test: DNS did not answer when asked for api.test"},
		{dial(call(syscall.ECONNREFUSED)), "cannot reach api.test: connection refused"},
		{dial(call(syscall.ENETUNREACH)), "cannot reach api.test: network is unreachable"},
		{dial(call(syscall.EMFILE)), "cannot reach api.test: too many open files"},
		{dial(timeout("i/o timeout")), "cannot reach api.test: no connection within 10 s"},
		{&url.Error{Op: "Get", URL: "https://api.test/?sig=hunter2", Err: dial(call(syscall.ECONNREFUSED))}, "cannot reach api.test: connection refused"},
		{timeout("net/http: TLS handshake timeout"), "cannot reach api.test: no TLS handshake within 10 s"},
		{timeout("net/http: timeout awaiting response headers"), "cannot reach api.test: no answer within 30 s"},
		{&net.OpError{Op: "read", Net: "tcp", Err: call(syscall.ECONNRESET)}, "the connection to api.test broke: connection reset by peer"},
		{&net.OpError{Op: "write", Net: "tcp", Err: call(syscall.EPIPE)}, "the connection to api.test broke: broken pipe"},
		{io.EOF, "the connection to api.test broke: it was closed before an answer came"},
		{fmt.Errorf("http2: %w", io.ErrUnexpectedEOF), "the connection to api.test broke: it was closed before an answer came"},
		{errors.New("http: server closed idle connection"), "the connection to api.test broke: it was closed before an answer came"},
		{&net.OpError{Op: "write", Err: net.ErrClosed}, "the connection to api.test broke: it was closed before an answer came"},
		{&net.OpError{Op: "remote error", Err: errors.New("tls: internal error")}, "cannot reach api.test: tls: internal error"},
		{errors.New("something else"), "cannot reach api.test: something else"},
	} {
		_, err := get(t, client(t, roundTrip(func(*http.Request) (*http.Response, error) { return nil, tc.err })).Once())
		e := wantKind(t, err, charge.KindTemporary)
		if e.Reason != tc.says {
			t.Errorf("got %q, want %q", e.Reason, tc.says)
		}
		if _, number := errors.AsType[syscall.Errno](err); number || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%v keeps what it must not", err)
		}
		if hint := strings.Contains(e.Hint, "ulimit -n"); hint != errors.Is(tc.err, syscall.EMFILE) {
			t.Errorf("%v: hint %q", err, e.Hint)
		}
	}
}

func TestTooManyOpenFiles(t *testing.T) {
	f := &flaky{replies: times(1, breaks(&net.OpError{Op: "dial", Net: "tcp", Err: &os.SyscallError{Syscall: "socket", Err: syscall.EMFILE}}))}
	if _, err := create(t, client(t, f)); err != nil || len(f.at) != 2 {
		t.Errorf("%d tries, %v", len(f.at), err)
	}
}

// An error of the network that looks like the end of the caller's context is none.
func TestForeign(t *testing.T) {
	for _, err := range []error{context.Canceled, context.DeadlineExceeded, syscall.EPIPE, io.ErrClosedPipe, fmt.Errorf("x: %w", syscall.ECONNRESET)} {
		if got := foreign(err); errors.Is(got, err) || got.Error() != err.Error() {
			t.Errorf("%#v became %#v", err, got)
		}
	}
	if got := foreign(io.ErrUnexpectedEOF); !errors.Is(got, io.ErrUnexpectedEOF) {
		t.Errorf("%#v", got)
	}
}
