package webhook

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
	"github.com/chargectl/chargectl/internal/download"
)

// rate is how many deliveries a second the benchmark makes.
const rate = 500

// BenchmarkDeliveries delivers 500 events a second, each about a report of its own, to a listener on loopback, and prints
// what their senders wait (p50, p99, most) and how often the journal and all files are flushed a second. A case whose files
// are written too has the disk do the work of the transfers beside that.
//
//	go test ./internal/webhook -run '^$' -bench Deliveries -benchtime 5000x
func BenchmarkDeliveries(b *testing.B) {
	for _, folder := range []struct{ name, dir string }{{"disk", os.TempDir()}, {"tmpfs", "/dev/shm"}} {
		for name, status := range map[string]charge.Status{"waiting": charge.Pending, "written": charge.Succeeded} {
			b.Run(folder.name+"/"+name, func(b *testing.B) {
				dir, err := os.MkdirTemp(folder.dir, "chargectl-bench-") //nolint:usetesting // b.TempDir is in one place only
				if err != nil {
					b.Skip(err)
				}
				defer os.RemoveAll(dir)
				deliver(b, dir, status)
			})
		}
	}
}

func deliver(b *testing.B, dir string, status charge.Status) {
	var journal, all atomic.Int64
	count := func(file *os.File) error {
		if all.Add(1); strings.HasPrefix(filepath.Base(file.Name()), journalName) {
			journal.Add(1)
		}
		return file.Sync()
	}
	api := steady{status}
	l, err := Service{Poll: api, Reports: api, Files: api, Observer: quiet{}, Disk: disk.System{Sync: count}}.Open(b.Context(), Options{
		Dir: dir, Secrets: []string{secret}, Tolerance: time.Minute, Jobs: 4, IfExists: download.Skip,
		Name:    func(_ context.Context, r charge.Report) (string, error) { return r.ID + ".csv", nil },
		Written: func(string, charge.Report) {},
	})
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close()
	socket, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(b.Context())
	over := make(chan error, 1)
	go func() { over <- l.Serve(ctx, []net.Listener{socket}) }()
	client := http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: maxConns, MaxConnsPerHost: maxConns}}
	journal.Store(0)
	all.Store(0)

	took := make([]time.Duration, b.N)
	var senders sync.WaitGroup
	b.ResetTimer()
	began := time.Now()
	tick := time.NewTicker(time.Second / rate)
	defer tick.Stop()
	for i := range b.N {
		<-tick.C
		senders.Go(func() { took[i] = deliverOne(b, &client, socket.Addr().String(), i) })
	}
	senders.Wait()
	seconds := time.Since(began).Seconds()
	b.StopTimer()
	slices.Sort(took)
	ms := func(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }
	b.ReportMetric(ms(took[b.N/2]), "p50-ms")
	b.ReportMetric(ms(took[b.N*99/100]), "p99-ms")
	b.ReportMetric(ms(took[b.N-1]), "most-ms")
	b.ReportMetric(float64(b.N)/seconds, "deliveries/s")
	b.ReportMetric(float64(journal.Load())/seconds, "journal-fsyncs/s")
	b.ReportMetric(float64(all.Load())/seconds, "fsyncs/s")
	b.ReportMetric(0, "ns/op")
	client.CloseIdleConnections()
	cancel()
	<-over
}

func deliverOne(b *testing.B, client *http.Client, addr string, n int) time.Duration {
	body := told(n)
	r, err := http.NewRequestWithContext(b.Context(), http.MethodPost, "http://"+addr+"/", strings.NewReader(body))
	if err != nil {
		b.Error(err)
		return 0
	}
	r.Header.Set(SignatureHeader, signed(body, time.Now()))
	began := time.Now()
	resp, err := client.Do(r)
	if err != nil {
		b.Error(err)
		return 0
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		b.Error(resp.Status)
	}
	return time.Since(began)
}

// steady is an API that answers at once: every report has one status and one small file.
type steady struct{ status charge.Status }

var smallFile = bytes.Repeat([]byte("a line of a file\n"), 100)

func (s steady) Report(_ context.Context, id string) (charge.Report, error) {
	return charge.Report{ID: id, Status: s.status, Format: "csv", Size: int64(len(smallFile)), URL: "https://files.test/" + id}, nil
}

func (steady) ReportPages(context.Context, charge.ReportFilter) iter.Seq2[[]charge.Report, error] {
	return func(func([]charge.Report, error) bool) {}
}

func (steady) OpenFile(context.Context, string, charge.FileRange) (*charge.File, error) {
	return &charge.File{HTTPStatus: 200, End: int64(len(smallFile)), Total: int64(len(smallFile)), Body: io.NopCloser(bytes.NewReader(smallFile))}, nil
}

// quiet is an observer that says no more than what is wrong.
type quiet struct{}

func (quiet) Receiving(string, string, int64, int64)  {}
func (quiet) Counted(string, string, int64)           {}
func (quiet) PollFailed(string, error, time.Duration) {}
func (quiet) Ended(string, string, bool, error)       {}
func (quiet) Notice(text string)                      { fmt.Fprintln(os.Stderr, text) }
