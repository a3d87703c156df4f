//go:build unix

package sandbox_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
)

// BenchmarkGets asks a sandbox on loopback for one report over and over, from eight connections. Beside the requests a
// second it reports the CPU time that a request takes, client and server together, which a busy machine does not change.
func BenchmarkGets(b *testing.B) {
	s, err := sandbox.Start(b.Context(), sandbox.Options{Ready: 100, GenerationTime: time.Nanosecond}, "127.0.0.1:0", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	list, err := http.NewRequestWithContext(b.Context(), http.MethodGet, s.BaseURL+"/reports?limit=1", nil)
	if err != nil {
		b.Fatal(err)
	}
	list.Header.Set("Authorization", "Bearer "+s.Key)
	resp, err := http.DefaultClient.Do(list)
	if err != nil {
		b.Fatal(err)
	}
	page, _ := io.ReadAll(resp.Body)
	_ = resp.Body.Close()
	id := string(page[strings.Index(string(page), "rpt_"):][:36])
	host := strings.TrimSuffix(strings.TrimPrefix(s.BaseURL, "http://"), "/v1")
	request := fmt.Sprintf("GET /v1/reports/%s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nCharge-Version: 2026-03-01\r\n\r\n", id, host, s.Key)
	cpu := cpuTime(b)
	b.SetParallelism(4)
	b.ResetTimer()
	var failed atomic.Int64
	b.RunParallel(func(pb *testing.PB) {
		conn, err := net.Dial("tcp", host)
		if err != nil {
			failed.Add(1)
			return
		}
		defer conn.Close()
		in := bufio.NewReader(conn)
		for pb.Next() {
			if _, err := io.WriteString(conn, request); err != nil || !good(in) {
				failed.Add(1)
				return
			}
		}
	})
	b.StopTimer()
	if failed.Load() > 0 {
		b.Fatalf("%d connections failed", failed.Load())
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "requests/s")
	b.ReportMetric(float64((cpuTime(b)-cpu).Microseconds())/float64(b.N), "cpu-µs/request")
}

// good reads one answer and tells whether it is a report.
func good(in *bufio.Reader) bool {
	resp, err := http.ReadResponse(in, nil)
	if err != nil {
		return false
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return err == nil && resp.StatusCode == http.StatusOK
}

// cpuTime is what this process has used so far, user and system.
func cpuTime(tb testing.TB) time.Duration {
	var use syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &use); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(use.Utime.Nano() + use.Stime.Nano())
}
