package webhook

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// TestTLS: over TLS the same holds, and who does not speak it is named.
func TestTLS(t *testing.T) {
	standIn := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate
	defer standIn.Close()
	w := newWorld(t)
	w.options.TLS = standIn.TLS.Clone()
	w.options.TLS.NextProtos = nil
	l, err := w.service().Open(t.Context(), w.options)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	over := make(chan error, 1)
	go func() { over <- l.Serve(ctx, []net.Listener{socket}) }()

	client := standIn.Client()
	client.Timeout = 10 * time.Second
	w.add(1)
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, "https://"+socket.Addr().String()+"/", strings.NewReader(told(1)))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(SignatureHeader, signed(told(1), time.Now()))
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if answer.StatusCode != http.StatusNoContent || answer.ProtoMajor != 1 || answer.TLS.Version < tls.VersionTLS12 {
		t.Errorf("%s over %x", answer.Status, answer.TLS.Version)
	}
	client.CloseIdleConnections()

	conn, err := net.Dial("tcp", socket.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	_ = conn.SetDeadline(time.Now().Add(10 * time.Second))
	_, _ = io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\n\r\n")
	if text, _ := io.ReadAll(conn); strings.Contains(string(text), "HTTP/1.1 4") {
		t.Errorf("plain HTTP was answered with %q", text)
	}
	_ = conn.Close()
	cancel()
	<-over
	if said := strings.Join(w.said(), "\n"); !strings.Contains(said, "no TLS with 127.0.0.1:") {
		t.Errorf("%q was said", said)
	}
}
