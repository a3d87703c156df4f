package reports

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	tag  = `"v1"`
	half = 75_000
)

// content is a file of some buffers' length in which every stretch is different.
func content() []byte {
	text := make([]byte, 2*half)
	for i := range text {
		text[i] = byte(i ^ i>>8 ^ i>>13)
	}
	return text
}

// fakeBackend is a folder on disk, and a file host and an API that do as a test says.
type fakeBackend struct {
	*Service

	t      *testing.T
	dir    string
	report charge.Report
	answer func() (charge.Report, error)

	mu    sync.Mutex
	host  func(n int, r charge.FileRange) (*charge.File, error) // n counts from 1
	asked []charge.FileRange
	urls  []string
}

func newFakeBackend(t *testing.T) *fakeBackend {
	t.Helper()
	p := &fakeBackend{t: t, dir: t.TempDir()}
	p.report = charge.Report{ID: "rpt_1", Status: charge.Succeeded, Format: "csv", Size: int64(len(content())), URL: "https://files/1"}
	p.answer = func() (charge.Report, error) { return p.report, nil }
	p.host = func(_ int, r charge.FileRange) (*charge.File, error) { return honest(content(), r), nil }
	p.Service = &Service{Files: p, Reports: p, Poll: p, Observer: silent{}, Jitter: func() float64 { return 1 }}
	return p
}

func (p *fakeBackend) OpenFile(_ context.Context, url string, r charge.FileRange) (*charge.File, error) {
	p.mu.Lock()
	p.asked, p.urls = append(p.asked, r), append(p.urls, url)
	n := len(p.asked)
	p.mu.Unlock()
	return p.host(n, r)
}

func (p *fakeBackend) Report(context.Context, string) (charge.Report, error) { return p.answer() }

func (p *fakeBackend) ReportPages(context.Context, charge.ReportFilter) iter.Seq2[[]charge.Report, error] {
	return func(yield func([]charge.Report, error) bool) { yield(nil, errors.New("no listing here")) }
}

func (p *fakeBackend) path(name string) string { return filepath.Join(p.dir, filepath.FromSlash(name)) }

func (p *fakeBackend) write(name string, data []byte) {
	p.t.Helper()
	if err := os.WriteFile(p.path(name), data, 0o600); err != nil {
		p.t.Fatal(err)
	}
}

func (p *fakeBackend) link(name, to string) {
	p.t.Helper()
	_ = os.Remove(p.path(name))
	if err := os.Symlink(to, p.path(name)); err != nil {
		p.t.Skip(err)
	}
}

func (p *fakeBackend) mkdir(name string) {
	p.t.Helper()
	if err := os.Mkdir(p.path(name), 0o755); err != nil {
		p.t.Fatal(err)
	}
}

// wantFile checks a file's bytes and that it is a plain file.
func (p *fakeBackend) wantFile(name string, want []byte) {
	p.t.Helper()
	got, err := os.ReadFile(p.path(name))
	if err != nil || !bytes.Equal(got, want) {
		p.t.Errorf("%s has %d bytes (%v), not the %d it should have", name, len(got), err, len(want))
	}
	if info, err := os.Lstat(p.path(name)); err == nil && !info.Mode().IsRegular() {
		p.t.Errorf("%s is %v", name, info.Mode())
	}
}

// wantOnly checks what is in the folder, in alphabetical order.
func (p *fakeBackend) wantOnly(want ...string) {
	p.t.Helper()
	entries, err := os.ReadDir(p.dir)
	if err != nil {
		p.t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		p.t.Errorf("in the folder (-want +got):\n%s", diff)
	}
}

func (p *fakeBackend) wantAsked(want ...charge.FileRange) {
	p.t.Helper()
	if diff := cmp.Diff(want, p.asked); diff != "" {
		p.t.Errorf("asked of the file host (-want +got):\n%s", diff)
	}
}

func wantKind(t *testing.T, err error, kind charge.Kind) *charge.Error {
	t.Helper()
	e, ok := errors.AsType[*charge.Error](err)
	if !ok || e.Kind != kind {
		t.Fatalf("%v (%T), want kind %s", err, err, kind)
	}
	return e
}

// body is a response's body: its bytes, then its error.
func body(data []byte, end error) io.ReadCloser {
	return io.NopCloser(io.MultiReader(bytes.NewReader(data), failing{end}))
}

type failing struct{ err error }

func (f failing) Read([]byte) (int, error) { return 0, f.err }

// honest answers as RFC 9110 says, from a version that is called tag.
func honest(data []byte, r charge.FileRange) *charge.File {
	size := int64(len(data))
	file := &charge.File{HTTPStatus: 200, End: size, Total: size, Validator: tag}
	if r.Offset > 0 && r.Validator == tag {
		file.HTTPStatus, file.Offset = 206, r.Offset
	}
	if file.Offset > size {
		return &charge.File{HTTPStatus: 416, Offset: -1, End: -1, Total: size, Body: body(nil, io.EOF)}
	}
	file.Body = body(data[file.Offset:], io.EOF)
	return file
}

func repeat[T any](n int, one T) []T {
	all := make([]T, n)
	for i := range all {
		all[i] = one
	}
	return all
}

// silent is the observer that tells nobody; tests embed it and hear only what they are about.
type silent struct{}

var _ Observer = silent{}

func (silent) Begin(int, time.Time)                    {}
func (silent) Created(charge.Report)                   {}
func (silent) Polled(charge.Report, time.Duration)     {}
func (silent) PollFailed(string, error, time.Duration) {}
func (silent) Receiving(string, string, int64, int64)  {}
func (silent) Counted(string, string, int64)           {}
func (silent) Ended(string, string, bool, error)       {}
func (silent) Notice(string)                           {}
