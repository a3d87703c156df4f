package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/sandbox/contracttest"
)

// apiKey is a key that the sandbox takes, and that no output may show.
const apiKey = "ch_sk_test_OnlyForScripts0123456789"

// scriptServers are what a script's commands talk to.
type scriptServers struct {
	tb         testing.TB
	sandbox    *sandbox.Sandbox
	api, files atomic.Int64 // requests since a script last asked
	ahead      atomic.Int64 // of the API's clock, in nanoseconds
}

type serversKey struct{}

func serversOf(ts *testscript.TestScript) *scriptServers {
	return ts.Value(serversKey{}).(*scriptServers)
}

// serverCommands start servers and inspect them:
//
//	sandbox [FAULT…] [generation=D] [fleets=N] [vehicles=N] [seed=N]   a Charge API, held to its contract
//	serve FILE [STATUS]                                                an API with one answer to everything
//	serve-untrusted                                                    one whose certificate nobody signed
//	serve-nothing                                                      one that never answers
//	given N                                                            asks for N reports, past the program
//	later D                                                            the API's clock goes forward, and what is generated there with it
//	created VAR N                                                      the id of the N-th report
//	free-port VAR                                                      a port of 127.0.0.1 that nobody listens on
func serverCommands() map[string]command {
	return map[string]command{
		"sandbox": startSandbox, "serve": serveFile, "serve-untrusted": serveUntrusted, "serve-nothing": serveNothing,
		"serve-proxy": serveProxy,
		"given":       givenReports, "later": later, "created": created, "free-port": freePort,
	}
}

func startSandbox(ts *testscript.TestScript, _ bool, args []string) {
	options, faulty := sandbox.Options{GenerationTime: time.Nanosecond, Vehicles: 20}, []contracttest.Option(nil)
	for _, arg := range args {
		ts.Check(setOption(&options, arg))
		if strings.HasPrefix(arg, "truncated") || arg == "old-version" {
			faulty = append(faulty, contracttest.AllowBadResponses())
		}
	}
	w := serversOf(ts)
	options.Clock = func() time.Time { return time.Now().Add(time.Duration(w.ahead.Load())) }
	s := sandbox.New(options)
	w.sandbox = s
	w.api.Store(0)
	w.files.Store(0)
	api := serve(ts, &w.api, contracttest.Check(w.tb, s.API(), faulty...))
	files := serve(ts, &w.files, s.Files())
	s.SetOrigins(api+"/v1", files)
	pointAt(ts, api)
	ts.Defer(s.Close)
	ts.Defer(func() {
		if n := s.LeakedKeys(); n > 0 {
			w.tb.Errorf("%d requests showed the file host a key", n)
		}
	})
}

func setOption(o *sandbox.Options, arg string) (err error) {
	name, value, _ := strings.Cut(arg, "=")
	switch name {
	case "generation":
		o.GenerationTime, err = time.ParseDuration(value)
	case "fleets":
		o.Fleets, err = strconv.Atoi(value)
	case "vehicles":
		o.Vehicles, err = strconv.Atoi(value)
	case "seed":
		o.Seed, err = strconv.ParseUint(value, 10, 64)
	default:
		var fault sandbox.Fault
		fault, err = sandbox.ParseFault(arg)
		o.Faults = append(o.Faults, fault)
	}
	return err
}

// serve answers on loopback until the script ends, and counts.
func serve(ts *testscript.TestScript, count *atomic.Int64, h http.Handler) (origin string) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count.Add(1)
		h.ServeHTTP(w, r)
	}))
	ts.Defer(func() {
		server.CloseClientConnections()
		server.Close()
	})
	return server.URL
}

func pointAt(ts *testscript.TestScript, origin string) {
	ts.Setenv("CHARGE_BASE_URL", origin+"/v1")
	ts.Setenv("CHARGE_API_KEY", apiKey)
}

func serveFile(ts *testscript.TestScript, _ bool, args []string) {
	body, status := ts.ReadFile(args[0]), http.StatusOK
	if len(args) > 1 {
		status = number(ts, args[1])
	}
	pointAt(ts, serve(ts, &serversOf(ts).api, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body))
	})))
}

// serveUntrusted serves with a certificate that nobody signed, or with one that CHARGE_CA_FILE trusts and that is
// expired, from the future, or for another host.
func serveUntrusted(ts *testscript.TestScript, _ bool, args []string) {
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Config.ErrorLog = log.New(io.Discard, "", 0) // that the client hangs up is what the script is about
	if len(args) > 0 {
		cert := certificate(ts, args[0])
		server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
		file := ts.MkAbs("ca.pem")
		ts.Check(os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Certificate[0]}), 0o600))
		ts.Setenv("CHARGE_CA_FILE", file)
	}
	server.StartTLS()
	ts.Defer(server.Close)
	pointAt(ts, server.URL)
}

func certificate(ts *testscript.TestScript, flaw string) tls.Certificate {
	const day = 24 * time.Hour
	c := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-2 * day), NotAfter: time.Now().Add(2 * day), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	switch flaw {
	case "expired":
		c.NotAfter = time.Now().Add(-day)
	case "future":
		c.NotBefore = time.Now().Add(day)
	case "other-host":
		c.IPAddresses, c.DNSNames = nil, []string{"other.test"}
	default:
		ts.Fatalf("no certificate is %q", flaw)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ts.Check(err)
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	ts.Check(err)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// serveProxy is a proxy, with a password in its URL, that answers whatever it is asked with one status.
func serveProxy(ts *testscript.TestScript, _ bool, args []string) {
	status := number(ts, args[0])
	url := serve(ts, &serversOf(ts).api, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	ts.Setenv("HTTPS_PROXY", strings.Replace(url, "://", "://user:hunter2@", 1))
}

func serveNothing(ts *testscript.TestScript, _ bool, _ []string) {
	over := make(chan struct{})
	pointAt(ts, serve(ts, &serversOf(ts).api, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-over })))
	ts.Defer(func() { close(over) })
}

func givenReports(ts *testscript.TestScript, _ bool, args []string) {
	const body = `{"parameters":{"type":"charging_summary","period_start":"2026-04-01T00:00:00.000Z","period_end":"2026-05-01T00:00:00.000Z"}}`
	for range number(ts, args[0]) {
		r := httptest.NewRequest(http.MethodPost, "/v1/reports", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer "+apiKey)
		r.Header.Set("Content-Type", "application/json")
		answer := httptest.NewRecorder()
		serversOf(ts).sandbox.API().ServeHTTP(answer, r)
		if answer.Code != http.StatusOK {
			ts.Fatalf("create: %d %s", answer.Code, answer.Body)
		}
	}
}

func later(ts *testscript.TestScript, _ bool, args []string) {
	d, err := time.ParseDuration(args[0])
	ts.Check(err)
	serversOf(ts).ahead.Add(int64(d))
}

func created(ts *testscript.TestScript, _ bool, args []string) {
	all, n := serversOf(ts).sandbox.Created(), number(ts, args[1])
	if n < 1 || n > len(all) {
		ts.Fatalf("there is no report %d: %d exist", n, len(all))
	}
	ts.Setenv(args[0], all[n-1].ID)
}

func freePort(ts *testscript.TestScript, _ bool, args []string) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	ts.Check(err)
	ts.Setenv(args[0], strconv.Itoa(listener.Addr().(*net.TCPAddr).Port))
	ts.Check(listener.Close())
}

func number(ts *testscript.TestScript, text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		ts.Check(fmt.Errorf("%q is not a number", text))
	}
	return n
}
