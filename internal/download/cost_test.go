package download

import (
	"bytes"
	"io"
	"os"
	"runtime"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
)

// TestASmallFileCostsFewCalls counts what a run of many small files is made of.
func TestASmallFileCostsFewCalls(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("a lock beside the part costs a few more")
	}
	w := newFileTest(t)
	w.report.Size = half
	w.host = func(int, charge.FileRange) (*charge.File, error) { return honest(content()[:half], start), nil }
	var writes, syncs, renames, stats atomic.Int64
	w.system = disk.System{
		Write: func(file *os.File, data []byte) (int, error) {
			writes.Add(1)
			return file.Write(data)
		},
		Sync: func(file *os.File) error {
			syncs.Add(1)
			return file.Sync()
		},
		Rename: func(root *os.Root, from, to string) error {
			renames.Add(1)
			return root.Rename(from, to)
		},
		Stat: func(root *os.Root, name string) (os.FileInfo, error) {
			stats.Add(1)
			return root.Lstat(name)
		},
	}
	if _, err := w.toFile("a.csv", Skip); err != nil {
		t.Fatal(err)
	}
	if writes.Load() != 1 || syncs.Load() != 2 || renames.Load() != 2 || stats.Load() > 4 {
		t.Errorf("%d writes, %d flushes, %d renames, %d stats", writes.Load(), syncs.Load(), renames.Load(), stats.Load())
	}
}

// pausing is a body that does something where a test says before it goes on.
type pausing struct {
	io.Reader
	at     int
	pause  func()
	passed int
}

func (p *pausing) Read(b []byte) (int, error) {
	if p.passed < p.at {
		b = b[:min(len(b), p.at-p.passed)]
	} else if p.passed == p.at {
		p.pause()
	}
	n, err := p.Reader.Read(b)
	p.passed += n
	return n, err
}

// TestASidecarIsThereOnceItIsWorthIt looks at what a kill would leave behind in the middle of a transfer.
func TestASidecarIsThereOnceItIsWorthIt(t *testing.T) {
	for name, c := range map[string]struct {
		arrived int
		after   time.Duration
		want    int64
	}{
		"a little at once":          {3 * half, 0, 0},
		"a little, just now":        {3 * half, 900 * time.Millisecond, 0},
		"a little, a while ago":     {3 * half, 1100 * time.Millisecond, int64(len(buffer{}))},
		"several megabytes at once": {5 << 20, 0, 4 << 20},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFileTest(t)
				data := bytes.Repeat(content()[:64<<10], 96)
				w.report.Size = int64(len(data))
				looked := false
				w.host = func(int, charge.FileRange) (*charge.File, error) {
					file := honest(data, start)
					file.Body = io.NopCloser(&pausing{Reader: bytes.NewReader(data), at: c.arrived, pause: func() {
						time.Sleep(c.after)
						synctest.Wait()
						p := &part{folder: w.folder(), temp: "a.csv.part", whose: sidecar{Report: "rpt_1", Size: w.report.Size}}
						if found := p.readSidecar(); found.Offset < c.want || c.want == 0 && found.Offset > 0 {
							t.Errorf("the sidecar vouches for %d bytes, want %d", found.Offset, c.want)
						}
						looked = true
					}})
					return file, nil
				}
				if _, err := w.toFile("a.csv", Skip); err != nil || !looked {
					t.Fatal(err, looked)
				}
				w.wantFile("a.csv", data)
				w.wantOnly("a.csv")
			})
		})
	}
}
