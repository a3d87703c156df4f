package sandbox

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// Server is a sandbox on two loopback addresses.
type Server struct {
	BaseURL  string // of the API, such as http://127.0.0.1:40001/v1
	FilesURL string // of the file host, such as http://127.0.0.1:40002
	Key      string // a test key that the sandbox takes

	sandbox *Sandbox
	servers []*http.Server
	done    sync.WaitGroup
}

// Start makes a sandbox and serves it until Close. The addresses must be of loopback, such as 127.0.0.1:0 for a free
// port: the sandbox takes any test key and is not for others to reach. ctx bounds only the start.
func Start(ctx context.Context, o Options, apiAddr, filesAddr string) (*Server, error) {
	api, err := listen(ctx, apiAddr)
	if err != nil {
		return nil, err
	}
	files, err := listen(ctx, filesAddr)
	if err != nil {
		return nil, errors.Join(err, api.Close())
	}
	sandbox := New(o)
	if o.State != nil {
		if err := sandbox.restore(o.State); err != nil {
			return nil, errors.Join(fmt.Errorf("the state cannot be taken over: %w", err), api.Close(), files.Close())
		}
	}
	s := &Server{
		sandbox:  sandbox,
		BaseURL:  "http://" + api.Addr().String() + "/v1",
		FilesURL: "http://" + files.Addr().String(),
		Key:      newID(o.Seed, "ch_sk_test_sandbox", 1),
	}
	sandbox.SetOrigins(s.BaseURL, s.FilesURL)
	s.serve(api, sandbox.API())
	s.serve(files, sandbox.Files())
	return s, nil
}

// Close cuts all connections, frees both addresses and returns when nothing is served or sent any more.
func (s *Server) Close() error {
	s.sandbox.Close()
	var errs []error
	for _, server := range s.servers {
		errs = append(errs, server.Close())
	}
	s.done.Wait()
	return errors.Join(errs...)
}

func (s *Server) serve(l net.Listener, h http.Handler) {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 10 * time.Second}
	s.servers = append(s.servers, server)
	s.done.Go(func() { _ = server.Serve(l) }) // it ends by Close and says only that
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, fmt.Errorf("%q is not an address to listen on: it must be host:port", addr)
	}
	if !isLoopback(host) {
		return nil, fmt.Errorf("the sandbox listens on loopback only, %q is not", addr)
	}
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("the sandbox cannot listen on %s: %w", addr, err)
	}
	return l, nil
}
