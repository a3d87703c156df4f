package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// fileHost serves one folder at three addresses.
type fileHost struct {
	root                 string
	plain, secure, http2 string // host:port of HTTP, HTTPS by HTTP/1.1, and HTTPS that offers HTTP/2
}

const nginxConf = `daemon off; master_process off; pid DIR/nginx.pid; error_log DIR/nginx.log;
events { worker_connections 1024; }
http {
  access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000; default_type text/csv;
  client_body_temp_path DIR/t1; proxy_temp_path DIR/t2; fastcgi_temp_path DIR/t3; uwsgi_temp_path DIR/t4; scgi_temp_path DIR/t5;
  ssl_certificate DIR/host.pem; ssl_certificate_key DIR/host.key;
  root DIR/files;
  server { listen PLAIN; }
  server { listen SECURE ssl; }
  server { listen HTTP2 ssl http2; }
}
`

// serveFiles starts nginx or, where there is none, a server in this process.
func (l *lab) serveFiles(ctx context.Context) error {
	h := &fileHost{root: filepath.Join(l.dir, "files")}
	if err := errors.Join(os.Mkdir(h.root, 0o755), l.certify()); err != nil {
		return err
	}
	l.files = h
	if l.missing("nginx") != "" {
		var errs [3]error
		files := http.FileServer(http.Dir(h.root))
		h.plain, errs[0] = l.serve(ctx, files, clear)
		h.secure, errs[1] = l.serve(ctx, files, tls11)
		h.http2, errs[2] = l.serve(ctx, files, tls2)
		return errors.Join(errs[:]...)
	}
	conf := strings.ReplaceAll(nginxConf, "DIR", l.dir)
	for name, addr := range map[string]*string{"PLAIN": &h.plain, "SECURE": &h.secure, "HTTP2": &h.http2} {
		free, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
		if err != nil {
			return err
		}
		*addr = free.Addr().String()
		if err := free.Close(); err != nil {
			return err
		}
		conf = strings.ReplaceAll(conf, name, *addr)
	}
	path := filepath.Join(l.dir, "nginx.conf")
	if err := os.WriteFile(path, []byte(conf), 0o600); err != nil {
		return err
	}
	nginx := exec.Command("nginx", "-e", filepath.Join(l.dir, "nginx.log"), "-c", path) //nolint:noctx // close ends it
	if err := nginx.Start(); err != nil {
		return err
	}
	l.stops = append(l.stops, func() error {
		_ = nginx.Process.Kill()
		_ = nginx.Wait() // that it was killed
		return nil
	})
	return until(ctx, func() error {
		conn, err := new(net.Dialer).DialContext(ctx, "tcp", h.http2)
		if err == nil {
			err = conn.Close()
		}
		return err
	})
}

// until tries for 5 s.
func until(ctx context.Context, try func() error) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	for {
		if err = try(); err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// security is how a server of this process speaks.
type security int

const (
	clear security = iota // HTTP
	tls11                 // HTTPS by HTTP/1.1
	tls2                  // HTTPS that offers HTTP/2
)

// serve serves on loopback until the lab closes, and gives the address.
func (l *lab) serve(ctx context.Context, h http.Handler, how security) (addr string, err error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	server.Protocols = new(http.Protocols)
	server.Protocols.SetHTTP1(true)
	server.Protocols.SetHTTP2(how == tls2)
	l.stops = append(l.stops, server.Close)
	go func() { // it ends by Close and says only that
		if how == clear {
			_ = server.Serve(listener)
		} else {
			_ = server.ServeTLS(listener, filepath.Join(l.dir, "host.pem"), filepath.Join(l.dir, "host.key"))
		}
	}()
	return listener.Addr().String(), nil
}

// certify makes an authority and the certificate of the hosts.
func (l *lab) certify() error {
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "bench"}, NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	host := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "127.0.0.1"}, NotAfter: authority.NotAfter,
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return err
	}
	root, err := x509.CreateCertificate(rand.Reader, authority, authority, signer.Public(), signer)
	if err != nil {
		return err
	}
	leaf, err := x509.CreateCertificate(rand.Reader, host, authority, private.Public(), signer)
	if err != nil {
		return err
	}
	l.trust = filepath.Join(l.dir, "ca.pem")
	for path, block := range map[string]*pem.Block{
		l.trust:                          {Type: "CERTIFICATE", Bytes: root},
		filepath.Join(l.dir, "host.pem"): {Type: "CERTIFICATE", Bytes: leaf},
		filepath.Join(l.dir, "host.key"): {Type: "PRIVATE KEY", Bytes: secret},
	} {
		if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
			return fmt.Errorf("certificate: %w", err)
		}
	}
	return nil
}
