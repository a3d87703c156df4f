package download

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"hash/crc32"
	"io"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
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

// fileTest is a folder on disk, and a file host and an API that do as a test says.
type fileTest struct {
	t      *testing.T
	dir    string
	system disk.System
	report charge.Report
	fresh  func() (charge.Report, error) // what the API says when it is asked again

	mu      sync.Mutex
	host    func(n int, r charge.FileRange) (*charge.File, error) // n counts from 1
	asked   []charge.FileRange
	urls    []string
	notices []string
}

func newFileTest(t *testing.T) *fileTest {
	t.Helper()
	w := &fileTest{t: t, dir: t.TempDir()}
	w.report = charge.Report{ID: "rpt_1", Status: charge.Succeeded, Format: "csv", Size: int64(len(content())), URL: "https://files/1"}
	w.fresh = func() (charge.Report, error) { return w.report, nil }
	w.host = func(_ int, r charge.FileRange) (*charge.File, error) { return honest(content(), r), nil }
	return w
}

func (w *fileTest) OpenFile(_ context.Context, url string, r charge.FileRange) (*charge.File, error) {
	w.mu.Lock()
	w.asked, w.urls = append(w.asked, r), append(w.urls, url)
	n := len(w.asked)
	w.mu.Unlock()
	return w.host(n, r)
}

// Receiving is the observer's, which most tests have no use for.
func (*fileTest) Receiving(string, string, int64, int64) {}
func (*fileTest) Counted(string, string, int64)          {}

func (w *fileTest) source() Source {
	return Source{
		Host: w, Observer: w, Jitter: func() float64 { return 1 },
		Refresh: func(context.Context, string) (charge.Report, error) { return w.fresh() },
	}
}

// folder opens the folder; notices are kept.
func (w *fileTest) folder() *disk.Folder {
	w.t.Helper()
	f, err := disk.Open(w.dir, w.system, func(text string) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.notices = append(w.notices, text)
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = f.Close() })
	return f
}

// script has the host give these answers in turn and be honest after them.
func (w *fileTest) script(answers ...func(r charge.FileRange) (*charge.File, error)) {
	w.host = func(n int, r charge.FileRange) (*charge.File, error) {
		if n <= len(answers) {
			return answers[n-1](r)
		}
		return honest(content(), r), nil
	}
}

// toFile writes the report as NAME into the folder.
func (w *fileTest) toFile(name string, policy IfExists) (skipped bool, err error) {
	w.t.Helper()
	return w.save(w.t.Context(), name, Options{IfExists: policy})
}

func (w *fileTest) save(ctx context.Context, name string, o Options) (skipped bool, err error) {
	w.t.Helper()
	return w.source().File(ctx, w.folder(), name, w.report, o)
}

func (w *fileTest) path(name string) string { return filepath.Join(w.dir, filepath.FromSlash(name)) }

func (w *fileTest) write(name string, data []byte) {
	w.t.Helper()
	if err := os.WriteFile(w.path(name), data, 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// kept leaves what an earlier run would have: the first bytes and their sidecar.
func (w *fileTest) kept(n int) {
	w.t.Helper()
	w.write("a.csv.part", content()[:n])
	w.write("a.csv.part.json", []byte(vouching("rpt_1", tag, 2*half, content()[:n])))
}

// vouching is the text of a sidecar for bytes.
func vouching(report, validator string, size int64, data []byte) string {
	text, _ := json.Marshal(sidecar{
		Report: report, Validator: validator, Size: size, Offset: int64(len(data)), CRC: crcText(crc32.Checksum(data, crc32.MakeTable(crc32.Castagnoli))),
	})
	return string(text) + "\n"
}

// wantFile checks a file's bytes and that it is a plain file.
func (w *fileTest) wantFile(name string, want []byte) {
	w.t.Helper()
	got, err := os.ReadFile(w.path(name))
	if err != nil || !bytes.Equal(got, want) {
		w.t.Errorf("%s has %d bytes (%v), not the %d it should have", name, len(got), err, len(want))
	}
	if info, err := os.Lstat(w.path(name)); err == nil && !info.Mode().IsRegular() {
		w.t.Errorf("%s is %v", name, info.Mode())
	}
}

// wantOnly checks what is in the folder, in alphabetical order.
func (w *fileTest) wantOnly(want ...string) {
	w.t.Helper()
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	var got []string
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		w.t.Errorf("in the folder (-want +got):\n%s", diff)
	}
}

func (w *fileTest) wantAsked(want ...charge.FileRange) {
	w.t.Helper()
	if diff := cmp.Diff(want, w.asked); diff != "" {
		w.t.Errorf("asked of the file host (-want +got):\n%s", diff)
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

// change is an honest answer with something changed.
func change(f func(*charge.File)) func(charge.FileRange) (*charge.File, error) {
	return func(r charge.FileRange) (*charge.File, error) {
		file := honest(content(), r)
		f(file)
		return file, nil
	}
}

// cutAfter is an honest answer that brings n bytes and then an error.
func cutAfter(n int64, err error) func(charge.FileRange) (*charge.File, error) {
	return change(func(f *charge.File) {
		f.Body = io.NopCloser(io.MultiReader(io.LimitReader(f.Body, n), failing{err}))
	})
}

func refuse(kind charge.Kind, status int) func(charge.FileRange) (*charge.File, error) {
	return func(charge.FileRange) (*charge.File, error) {
		return nil, &charge.Error{Kind: kind, HTTPStatus: status, Reason: "the file host answered something"}
	}
}

func repeat[T any](n int, one T) []T {
	all := make([]T, n)
	for i := range all {
		all[i] = one
	}
	return all
}
