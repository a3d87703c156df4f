package download

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
)

// TestLeftBehind is about what an earlier run left: this run continues it or throws it away, and leaves only the file.
func TestLeftBehind(t *testing.T) {
	sidecar := func(text string) func(*fileTest) {
		return func(w *fileTest) {
			w.kept(half)
			w.write("a.csv.part.json", []byte(text))
		}
	}
	vouched := func(report, validator string, size int64) func(*fileTest) {
		return sidecar(vouching(report, validator, size, content()[:half]))
	}
	for name, tt := range map[string]struct {
		left func(*fileTest)
		want []charge.FileRange
	}{
		"half of it":          {func(w *fileTest) { w.kept(half) }, []charge.FileRange{fromHalf}},
		"all of it":           {func(w *fileTest) { w.kept(2 * half) }, nil},
		"nothing yet":         {func(w *fileTest) { w.kept(0) }, []charge.FileRange{start}},
		"more than all":       {func(w *fileTest) { w.kept(2 * half); w.append("a.csv.part", "x") }, nil},
		"no sidecar":          {func(w *fileTest) { w.write("a.csv.part", content()[:half]) }, []charge.FileRange{start}},
		"a sidecar alone":     {func(w *fileTest) { w.kept(0); w.remove("a.csv.part") }, []charge.FileRange{start}},
		"a torn sidecar":      {sidecar(`{"report":"rpt_1","validator":"\"v1\"","si`), []charge.FileRange{start}},
		"an empty sidecar":    {sidecar(""), []charge.FileRange{start}},
		"another report's":    {vouched("rpt_2", tag, 2*half), []charge.FileRange{start}},
		"of another size":     {vouched("rpt_1", tag, 2*half+1), []charge.FileRange{start}},
		"without a validator": {vouched("rpt_1", "", 2*half), []charge.FileRange{start}},
		"another version's":   {vouched("rpt_1", `"v0"`, 2*half), []charge.FileRange{{Offset: half, Validator: `"v0"`}}},
		"of an older release": {sidecar(`{"report":"rpt_1","validator":"\"v1\"","size":150000}`), []charge.FileRange{start}},
		"a negative offset":   {sidecar(`{"report":"rpt_1","validator":"\"v1\"","size":150000,"offset":-1,"crc32c":"00000000"}`), []charge.FileRange{start}},
		"a sidecar of 1 MB":   {sidecar(vouching("rpt_1", tag, 2*half, content()[:half]) + strings.Repeat(" ", 1<<20)), []charge.FileRange{start}},
		"more than vouched":   {func(w *fileTest) { w.kept(half); w.append("a.csv.part", "not vouched for") }, []charge.FileRange{fromHalf}},
		"cut since":           {func(w *fileTest) { w.kept(half); w.write("a.csv.part", content()[:half-1]) }, []charge.FileRange{start}},
		"a byte flipped":      {func(w *fileTest) { w.kept(half); w.flip("a.csv.part", 1000) }, []charge.FileRange{start}},
		"a killed run's copy": {func(w *fileTest) { w.kept(half); w.write("a.csv.part-0123456789abcdef", content()[:1000]) }, []charge.FileRange{fromHalf}},
		"a link as sidecar":   {func(w *fileTest) { w.kept(half); w.outside("a.csv.part.json") }, []charge.FileRange{start}},
		"a link as part":      {func(w *fileTest) { w.kept(half); w.outside("a.csv.part") }, []charge.FileRange{start}},
		"a link to nothing":   {func(w *fileTest) { w.link("a.csv.part", "nothing") }, []charge.FileRange{start}},
		"a folder as part":    {func(w *fileTest) { w.mkdir("a.csv.part") }, []charge.FileRange{start}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFileTest(t)
			tt.left(w)
			if _, err := w.toFile("a.csv", Skip); err != nil {
				t.Fatal(err)
			}
			w.wantFile("a.csv", content())
			w.wantOnly("a.csv")
			w.wantAsked(tt.want...)
		})
	}
}

func (w *fileTest) append(name, text string) {
	w.t.Helper()
	data, err := os.ReadFile(w.path(name))
	if err != nil {
		w.t.Fatal(err)
	}
	w.write(name, append(data, text...))
}

// flip changes one bit.
func (w *fileTest) flip(name string, at int) {
	w.t.Helper()
	data, err := os.ReadFile(w.path(name))
	if err != nil {
		w.t.Fatal(err)
	}
	data[at] ^= 1
	w.write(name, data)
}

func (w *fileTest) remove(name string) {
	w.t.Helper()
	if err := os.Remove(w.path(name)); err != nil {
		w.t.Fatal(err)
	}
}

func (w *fileTest) link(name, to string) {
	w.t.Helper()
	_ = os.Remove(w.path(name))
	if err := os.Symlink(to, w.path(name)); err != nil {
		w.t.Skip(err)
	}
}

func (w *fileTest) mkdir(name string) {
	w.t.Helper()
	if err := os.Mkdir(w.path(name), 0o755); err != nil {
		w.t.Fatal(err)
	}
}

// outside puts a link to a stranger's file at a name, and checks at the end that the file is untouched.
func (w *fileTest) outside(name string) {
	w.t.Helper()
	stranger := newFileTest(w.t)
	stranger.write("stranger", []byte("not yours"))
	w.link(name, stranger.path("stranger"))
	w.t.Cleanup(func() { stranger.wantFile("stranger", []byte("not yours")) })
}

func TestResumeInALaterRun(t *testing.T) {
	w := newFileTest(t)
	ctx, interrupt := context.WithCancelCause(t.Context())
	w.host = func(_ int, r charge.FileRange) (*charge.File, error) {
		interrupt(charge.Errorf(charge.KindInterrupted, "interrupted by SIGTERM"))
		return cutAfter(half, context.Canceled)(r)
	}
	_, err := w.save(ctx, "a.csv", Options{IfExists: Skip})
	wantKind(t, err, charge.KindInterrupted)
	w.wantOnly(leftovers...)
	w.wantFile("a.csv.part", content()[:half])

	w.script()
	if _, err := w.toFile("a.csv", Skip); err != nil {
		t.Fatal(err)
	}
	w.wantFile("a.csv", content())
	w.wantOnly("a.csv")
	w.wantAsked(start, fromHalf)
}

// TestTargets is about what is at the final name before.
func TestTargets(t *testing.T) {
	right := func(w *fileTest) { w.write("a.csv", bytes.Repeat([]byte("o"), 2*half)) }
	wrong := func(w *fileTest) { w.write("a.csv", []byte("old")) }
	folder := func(w *fileTest) { w.mkdir("a.csv") }
	const arrives, skips, refused = "arrives", "skips", "refused"
	for _, tt := range []struct {
		name   string
		before func(*fileTest)
		policy IfExists
		want   string
	}{
		{"right size", right, Skip, skips},
		{"right size", right, Overwrite, arrives},
		{"right size", right, Fail, refused},
		{"wrong size", wrong, Skip, refused},
		{"wrong size", wrong, Overwrite, arrives},
		{"wrong size", wrong, Fail, refused},
		{"folder", folder, Skip, refused},
		{"folder", folder, Overwrite, refused},
		{"folder", folder, Fail, refused},
		{"link", func(w *fileTest) { w.outside("a.csv") }, Skip, arrives},
		{"link", func(w *fileTest) { w.outside("a.csv") }, Overwrite, arrives},
		{"link", func(w *fileTest) { w.outside("a.csv") }, Fail, refused},
		{"link to nothing", func(w *fileTest) { w.link("a.csv", "nothing") }, Skip, arrives},
		{"right size and leftovers", func(w *fileTest) { right(w); w.kept(half) }, Skip, skips},
		{"right size and a foreign sidecar", func(w *fileTest) { right(w); w.write("a.csv.part.json", []byte("{}")) }, Skip, skips},
	} {
		t.Run(tt.name+"/"+string(tt.policy), func(t *testing.T) {
			w := newFileTest(t)
			tt.before(w)
			skipped, err := w.toFile("a.csv", tt.policy)
			w.wantOnly("a.csv")
			if tt.want == arrives {
				w.wantFile("a.csv", content())
			} else if len(w.asked) > 0 {
				t.Errorf("%d requests for a file that is not wanted", len(w.asked))
			}
			if tt.want == refused {
				e := wantKind(t, err, charge.KindOutput)
				if !strings.Contains(e.Op, w.path("a.csv")) {
					t.Errorf("%v does not name the path", e)
				}
				return
			}
			if err != nil || skipped != (tt.want == skips) {
				t.Errorf("skipped %v, %v; want %s", skipped, err, tt.want)
			}
		})
	}
}

// TestOldFileStaysUntilTheNewOneIsVerified replaces a file by one that turns out to be wrong.
func TestOldFileStaysUntilTheNewOneIsVerified(t *testing.T) {
	w := newFileTest(t)
	w.write("a.csv", []byte("old"))
	w.script(change(func(f *charge.File) { unsized(f); f.Body = body(append(content(), 'x'), io.EOF) }))
	_, err := w.toFile("a.csv", Overwrite)
	wantKind(t, err, charge.KindOutput)
	w.wantFile("a.csv", []byte("old"))
	w.wantOnly("a.csv")
}

// TestRenameRefused keeps what was transferred when the name cannot be given, and gives it in the next run.
func TestRenameRefused(t *testing.T) {
	w := newFileTest(t)
	w.host = func(_ int, r charge.FileRange) (*charge.File, error) {
		w.mkdir("a.csv")
		return honest(content(), r), nil
	}
	_, err := w.toFile("a.csv", Overwrite)
	if e := wantKind(t, err, charge.KindOutput); !strings.Contains(e.Op, "rename") {
		t.Error(e)
	}
	w.wantOnly("a.csv", "a.csv.part", "a.csv.part.json")
	w.remove("a.csv")
	if _, err := w.toFile("a.csv", Overwrite); err != nil {
		t.Fatal(err)
	}
	w.wantFile("a.csv", content())
	w.wantOnly("a.csv")
	w.wantAsked(start)
}

func TestEmptyFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFileTest(t)
		w.report.Size = 0
		w.script(
			func(charge.FileRange) (*charge.File, error) {
				return &charge.File{HTTPStatus: 200, End: -1, Total: -1, Body: body(nil, io.ErrUnexpectedEOF)}, nil
			},
			func(r charge.FileRange) (*charge.File, error) { return honest(nil, r), nil },
		)
		if _, err := w.toFile("a.csv", Skip); err != nil {
			t.Fatal(err)
		}
		w.wantFile("a.csv", []byte{})
		w.wantOnly("a.csv")
	})
}

func TestFolderOfAName(t *testing.T) {
	w := newFileTest(t)
	if _, err := w.toFile("flt_1/2026/a.csv", Skip); err != nil {
		t.Fatal(err)
	}
	w.wantFile("flt_1/2026/a.csv", content())
	w.link("aside", t.TempDir())
	for _, name := range []string{"aside/a.csv", "../a.csv", "flt_1/../../a.csv", "flt_1/2026/a.csv/b.csv"} {
		_, err := w.toFile(name, Overwrite)
		wantKind(t, err, charge.KindOutput)
	}
	if len(w.asked) != 1 {
		t.Errorf("%d requests, want one", len(w.asked))
	}
	w.wantOnly("aside", "flt_1")
}

// TestWaitForTheOther writes the same file twice at once: the second waits for the first, says so, and finds the file
// there.
func TestWaitForTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFileTest(t)
		second := make(chan error, 1)
		w.host = func(n int, r charge.FileRange) (*charge.File, error) {
			if n == 1 {
				go func() {
					skipped, err := w.save(context.Background(), "a.csv", Options{IfExists: Skip})
					if !skipped {
						t.Error("the second wrote the file too")
					}
					second <- err
				}()
			}
			charge.Sleep(t.Context(), disk.LockPoll*10)
			return honest(content(), r), nil
		}
		if _, err := w.toFile("a.csv", Skip); err != nil {
			t.Error(err)
		}
		if err := <-second; err != nil {
			t.Error(err)
		}
		w.wantFile("a.csv", content())
		w.wantOnly("a.csv")
		w.wantAsked(start)
		if want := []string{"another run is writing " + w.path("a.csv") + ": waiting for it"}; !slices.Equal(w.notices, want) {
			t.Errorf("notices %q, want %q", w.notices, want)
		}
	})
}

// TestManyAtOnce has several landings renew, cut and replace the same part under each other's eyes. Whoever ends well
// has left the whole file under the name at that moment.
func TestManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFileTest(t)
		w.host = func(n int, r charge.FileRange) (*charge.File, error) {
			charge.Sleep(t.Context(), disk.LockPoll/3)
			switch n % 4 {
			case 1:
				return cutAfter(half, io.ErrUnexpectedEOF)(r)
			case 2:
				return honest(content(), start), nil // a restart, so that the part is made anew
			case 3:
				return change(func(f *charge.File) { f.Validator = `"v2"` })(r)
			}
			return honest(content(), r), nil
		}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, err := w.save(t.Context(), "a.csv", Options{IfExists: Overwrite}); err != nil {
					t.Error(err)
				}
				w.wantFile("a.csv", content())
			})
		}
		all.Wait()
		w.wantOnly("a.csv")
	})
}

// TestHeldToTheDeadline ends the wait for another run's lock when it should, and leaves its part alone.
func TestHeldToTheDeadline(t *testing.T) {
	for name, wait := range map[string]time.Duration{"a deadline": 3 * disk.LockPoll, "no waiting": 0} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newFileTest(t)
				other := w.open()
				began := time.Now()
				_, err := w.save(t.Context(), "a.csv", Options{IfExists: Skip, LockUntil: began.Add(wait)})
				wantKind(t, err, charge.KindLocked)
				if took := time.Since(began); took > wait+disk.LockPoll {
					t.Errorf("it waited %v", took)
				}
				w.wantOnly("a.csv.part")
				other.abandon()
				w.wantOnly()
			})
		})
	}
}

// open opens the part of a.csv as another process would.
func (w *fileTest) open() *part {
	w.t.Helper()
	p, err := openPart(w.t.Context(), w.t.Context(), w.folder(), "a.csv", w.report)
	if err != nil {
		w.t.Fatal(err)
	}
	return p
}

// receive has a part take bytes of the version tag.
func (w *fileTest) receive(p *part, data []byte) {
	w.t.Helper()
	if p.offset == 0 {
		if err := p.Restart(tag, w.report.Size); err != nil {
			w.t.Fatal(err)
		}
	}
	if _, err := p.Write(data); err != nil {
		w.t.Fatal(err)
	}
}

// TestChangedPart is about other programs that change a part while it is written: no byte of theirs gets the final name.
func TestChangedPart(t *testing.T) {
	const refused, saved = "refused", "saved"
	for name, tt := range map[string]struct {
		change func(*fileTest)
		want   string
		left   []string
	}{
		"appended to": {func(w *fileTest) { w.append("a.csv.part", "x") }, refused, nil},
		"flipped":     {func(w *fileTest) { w.over("a.csv.part", 70_000, "x") }, refused, nil},
		"cut":         {func(w *fileTest) { w.cut("a.csv.part", half) }, refused, nil},
		"cut and gone on": {func(w *fileTest) {
			w.cut("a.csv.part", 10)
			w.over("a.csv.part", 2*half-1, string(content()[2*half-1:]))
		}, refused, nil},
		"removed":              {func(w *fileTest) { w.remove("a.csv.part") }, saved, []string{"a.csv"}},
		"replaced":             {func(w *fileTest) { w.remove("a.csv.part"); w.write("a.csv.part", []byte("another's")) }, saved, []string{"a.csv", "a.csv.part"}},
		"replaced by the same": {func(w *fileTest) { w.remove("a.csv.part"); w.write("a.csv.part", content()) }, saved, []string{"a.csv", "a.csv.part"}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newFileTest(t)
			own := w.open()
			w.receive(own, content())
			tt.change(w)
			err := own.commit(t.Context(), nil)
			if tt.want == saved {
				if err != nil {
					t.Fatal(err)
				}
				w.wantFile("a.csv", content())
			} else {
				wantKind(t, err, charge.KindTemporary)
			}
			own.abandon()
			w.wantOnly(tt.left...)
		})
	}
}

// over writes over what is there, as a program would that has the file open.
func (w *fileTest) over(name string, at int64, text string) {
	w.t.Helper()
	file, err := os.OpenFile(w.path(name), os.O_WRONLY, 0)
	if err != nil {
		w.t.Fatal(err)
	}
	defer file.Close()
	if _, err := file.WriteAt([]byte(text), at); err != nil {
		w.t.Fatal(err)
	}
}

func (w *fileTest) cut(name string, size int64) {
	w.t.Helper()
	if err := os.Truncate(w.path(name), size); err != nil {
		w.t.Fatal(err)
	}
}

// TestLateWriter has a second run open the part that a first one has left, and go on after the first has given the file
// its name: it writes to a file of its own.
func TestLateWriter(t *testing.T) {
	w := newFileTest(t)
	w.system.Lock = noLocks
	first := w.open()
	w.receive(first, content()[:half])
	if err := first.vouch(); err != nil {
		t.Fatal(err)
	}
	late := w.open()
	if late.Offset() != half {
		t.Fatalf("%d bytes were taken over", late.Offset())
	}
	w.receive(first, content()[half:])
	if err := first.commit(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	w.wantFile("a.csv", content())
	w.receive(late, []byte("late"))
	late.abandon()
	w.wantFile("a.csv", content())
}

// TestFileSystemWithoutFsync saves the file all the same, and says so once.
func TestFileSystemWithoutFsync(t *testing.T) {
	for _, cause := range []error{syscall.EOPNOTSUPP, syscall.EINVAL, syscall.ENOTTY} {
		w := newFileTest(t)
		w.system.Sync = func(f *os.File) error { return &fs.PathError{Op: "sync", Path: f.Name(), Err: cause} }
		f := w.folder()
		for _, name := range []string{"a.csv", "b.csv"} {
			if _, err := w.source().File(t.Context(), f, name, w.report, Options{IfExists: Skip}); err != nil {
				t.Fatalf("%v: %v", cause, err)
			}
			w.wantFile(name, content())
		}
		w.wantOnly("a.csv", "b.csv")
		if len(w.notices) != 1 || !strings.Contains(w.notices[0], "fsync") {
			t.Errorf("%v: notices %q, want one", cause, w.notices)
		}
	}
}

// TestFsyncFails keeps the bytes for a later run: it checks them before it trusts them.
func TestFsyncFails(t *testing.T) {
	for cause, hint := range map[error]string{
		syscall.EIO:    "",
		syscall.ENOSPC: "make room on the disk: the bytes that are there are kept",
		syscall.EDQUOT: "make room on the disk: the bytes that are there are kept",
	} {
		w := newFileTest(t)
		broken := true
		w.system.Sync = func(f *os.File) error {
			if broken {
				return &fs.PathError{Op: "sync", Path: f.Name(), Err: cause}
			}
			return f.Sync()
		}
		_, err := w.toFile("a.csv", Skip)
		if e := wantKind(t, err, charge.KindOutput); !errors.Is(e, cause) || e.Hint != hint {
			t.Errorf("%v, hint %q", e, e.Hint)
		}
		w.wantOnly(leftovers...)
		broken = false
		if _, err := w.toFile("a.csv", Skip); err != nil {
			t.Fatal(err)
		}
		w.wantFile("a.csv", content())
		w.wantOnly("a.csv")
		w.wantAsked(start)
	}
}

// TestFolderFsyncFails says that the name may not last, though the file is there.
func TestFolderFsyncFails(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("folders are not flushed here")
	}
	w := newFileTest(t)
	w.system.Sync = func(f *os.File) error {
		if info, err := f.Stat(); err == nil && info.IsDir() {
			return &fs.PathError{Op: "sync", Path: f.Name(), Err: syscall.EIO}
		}
		return f.Sync()
	}
	_, err := w.toFile("a.csv", Skip)
	if e := wantKind(t, err, charge.KindOutput); !errors.Is(e, syscall.EIO) {
		t.Error(e)
	}
	w.wantFile("a.csv", content())
	w.wantOnly("a.csv")
}

// TestInterruptedSystemCalls repeats what a signal interrupted, as network file systems do.
func TestInterruptedSystemCalls(t *testing.T) {
	w := newFileTest(t)
	renames := 0
	w.system.Rename = func(root *os.Root, from, to string) error {
		if renames++; renames%3 != 0 {
			return &os.LinkError{Op: "renameat", Old: from, New: to, Err: syscall.EINTR}
		}
		return root.Rename(from, to)
	}
	stats := 0
	w.system.Stat = func(root *os.Root, name string) (os.FileInfo, error) {
		if stats++; stats%3 != 0 {
			return nil, &fs.PathError{Op: "statat", Path: name, Err: syscall.EINTR}
		}
		return root.Lstat(name)
	}
	if _, err := w.toFile("a.csv", Skip); err != nil {
		t.Fatal(err)
	}
	w.wantFile("a.csv", content())
	w.wantOnly("a.csv")
}

// TestStatFailsOnce leaves nothing beside a finished file, whichever look at a name failed.
func TestStatFailsOnce(t *testing.T) {
	written := 0
	for at := 1; ; at++ {
		w, looks := newFileTest(t), 0
		w.system.Stat = func(root *os.Root, name string) (os.FileInfo, error) {
			if looks++; looks == at {
				return nil, &fs.PathError{Op: "statat", Path: name, Err: syscall.ESTALE}
			}
			return root.Lstat(name)
		}
		if _, err := w.toFile("a.csv", Skip); err == nil {
			written++
			w.wantFile("a.csv", content())
			w.wantOnly("a.csv")
		}
		if looks < at {
			break
		}
	}
	if written < 2 {
		t.Errorf("written %d times", written)
	}
}

// TestDiskFullInTheMiddle continues where the disk became full, once there is room.
func TestDiskFullInTheMiddle(t *testing.T) {
	w := newFileTest(t)
	room := 140_000
	w.system.Write = func(f *os.File, b []byte) (int, error) {
		n := min(room, len(b))
		room -= n
		written, err := f.Write(b[:n])
		if err == nil && n < len(b) {
			err = &fs.PathError{Op: "write", Path: f.Name(), Err: syscall.ENOSPC}
		}
		return written, err
	}
	_, err := w.toFile("a.csv", Skip)
	if e := wantKind(t, err, charge.KindOutput); e.Hint != "make room on the disk: the bytes that are there are kept" {
		t.Errorf("%v, hint %q", e, e.Hint)
	}
	w.wantOnly(leftovers...)
	room = 1 << 30
	if _, err := w.toFile("a.csv", Skip); err != nil {
		t.Fatal(err)
	}
	w.wantFile("a.csv", content())
	w.wantOnly("a.csv")
	w.wantAsked(start, charge.FileRange{Offset: 140_000, Validator: tag})
}

// TestLongestName gives the names beside a target room where its own name has the 255 bytes that file systems take.
func TestLongestName(t *testing.T) {
	for _, length := range []int{230, 233, 234, 246, 255} {
		w := newFileTest(t)
		name := strings.Repeat("n", length-4) + ".csv"
		w.script(cutAfter(half, context.Canceled))
		ctx, cancel := context.WithCancel(t.Context())
		host := w.host
		w.host = func(n int, r charge.FileRange) (*charge.File, error) {
			if n == 1 {
				cancel()
			}
			return host(n, r)
		}
		_, err := w.save(ctx, name, Options{IfExists: Skip})
		wantKind(t, err, charge.KindInterrupted)
		if _, err := w.toFile(name, Skip); err != nil {
			t.Fatalf("%d bytes: %v", length, err)
		}
		w.wantFile(name, content())
		w.wantOnly(name)
		w.wantAsked(start, fromHalf)
	}
	w := newFileTest(t)
	if err := Precheck(w.folder(), strings.Repeat("n", 256), Skip); charge.KindOf(err) != charge.KindOutput || err == nil {
		t.Errorf("256 bytes: %v", err)
	}
}

// TestFolderMovedAway must end, although the part's path leads nowhere any more.
func TestFolderMovedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newFileTest(t)
		w.dir = w.path("old")
		folder := w.folder()
		if err := os.Rename(w.dir, w.dir+"-new"); err != nil {
			t.Skip(err)
		}
		_, err := openPart(t.Context(), t.Context(), folder, "a.csv", w.report)
		if err != nil {
			wantKind(t, err, charge.KindOutput)
		}
	})
}

func TestReserved(t *testing.T) {
	for name, want := range map[string]bool{
		"a.part": true, "in/a.PART.json": true, "a.part.lock": true, ".chargectl.lock": true, "in/.chargectl.listen.lock": true, ".chargectl.events": true, ".Chargectl.events.tmp": true, "a.csv.part-0123456789abcdef": true,
		"a.csv": false, "a.part.csv": false, "a.part-1": false, "part": false, "a.part/b.csv": false,
	} {
		if err := Reserved(name); (err != nil) != want || want && charge.KindOf(err) != charge.KindUsage {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWhatIsInThePartsWayIsNamed: it is no other process's doing.
func TestWhatIsInThePartsWayIsNamed(t *testing.T) {
	w := newFileTest(t)
	if err := os.MkdirAll(w.path("a.csv.part/full"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := w.toFile("a.csv", Skip)
	if e := wantKind(t, err, charge.KindOutput); !strings.Contains(e.Error(), "not empty") {
		t.Error(e)
	}
}
