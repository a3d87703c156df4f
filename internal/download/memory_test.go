package download

import (
	"context"
	"io"
	"os"
	"runtime"
	"testing"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
)

// bigHost has a file of this many bytes, which need no memory.
type bigHost int64

func (h bigHost) OpenFile(context.Context, string, charge.FileRange) (*charge.File, error) {
	size := int64(h)
	body := io.NopCloser(io.LimitReader(zeros{}, size))
	return &charge.File{HTTPStatus: 200, End: size, Total: size, Validator: tag, Body: body}, nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// saveBig writes a file of so many bytes.
func saveBig(t testing.TB, dir string, size int64, observer Observer) {
	t.Helper()
	folder, err := disk.Open(dir, disk.System{}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer folder.Close()
	s := Source{Host: bigHost(size), Observer: observer}
	r := charge.Report{ID: "rpt_1", Size: size, URL: "https://files/1"}
	if _, err := s.File(t.Context(), folder, "big.csv", r, Options{IfExists: Overwrite}); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(folder.Path("big.csv")); err != nil || info.Size() != size {
		t.Fatalf("%v, %v", info, err)
	}
}

// heap notes the most that was allocated in all while bytes arrived.
type heap struct{ before, most uint64 }

func (h *heap) Receiving(_, _ string, done, size int64) {
	if done%(16<<20) != 0 && done != size {
		return
	}
	h.most = max(h.most, allocated()-h.before)
}

func (*heap) Counted(string, string, int64) {}

// unheard is told of bytes and does nothing.
type unheard struct{}

func (unheard) Receiving(string, string, int64, int64) {}
func (unheard) Counted(string, string, int64)          {}

func allocated() uint64 {
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.TotalAlloc
}

// TestMemoryDoesNotGrow writes a file of 256 MiB, of 2 GiB in the long mode. What it allocates in all, collected or
// not, stays within a few buffers: so does what it holds.
func TestMemoryDoesNotGrow(t *testing.T) {
	size := int64(256 << 20)
	if os.Getenv("CHARGECTL_LONG") == "1" {
		size = 2 << 30
	}
	h := &heap{before: allocated()}
	saveBig(t, t.TempDir(), size, h)
	if h.most > 8<<20 {
		t.Errorf("%d bytes were allocated for a file of %d", h.most, size)
	}
	t.Logf("%d KiB allocated in all for %d MiB", h.most>>10, size>>20)
}

func BenchmarkFile(b *testing.B) {
	const size = 64 << 20
	dir := b.TempDir()
	b.SetBytes(size)
	for b.Loop() {
		saveBig(b, dir, size, unheard{})
	}
}

// BenchmarkResume takes over nine tenths of a file of 2 GiB, which is what continuing it costs before its first new byte.
func BenchmarkResume(b *testing.B) {
	const size, held = 2 << 30, 2 << 30 / 10 * 9
	dir := b.TempDir()
	folder, err := disk.Open(dir, disk.System{}, func(string) {})
	if err != nil {
		b.Fatal(err)
	}
	defer folder.Close()
	r := charge.Report{ID: "rpt_1", Size: size}
	p, err := openPart(b.Context(), b.Context(), folder, "big.csv", r)
	if err != nil {
		b.Fatal(err)
	}
	if err := p.Restart(tag, size); err != nil {
		b.Fatal(err)
	}
	for buf := make([]byte, 1<<20); p.Offset() < held; {
		if _, err := p.Write(buf[:min(int64(len(buf)), held-p.Offset())]); err != nil {
			b.Fatal(err)
		}
	}
	p.abandon()
	b.SetBytes(held)
	for b.Loop() {
		p, err := openPart(b.Context(), b.Context(), folder, "big.csv", r)
		if err != nil || p.Offset() != held {
			b.Fatalf("%v, %d bytes", err, p.Offset())
		}
		p.abandon()
	}
}
