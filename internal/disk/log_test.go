package disk

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/chargectl/chargectl/internal/charge"
)

// logTest is a folder on a disk that may fail.
type logTest struct {
	*testing.T

	dir    string
	system System
}

func newLogTest(t *testing.T) *logTest { return &logTest{T: t, dir: t.TempDir()} }

func (w *logTest) folder() *Folder {
	w.Helper()
	f, err := Open(w.dir, w.system, func(text string) { w.Log(text) })
	if err != nil {
		w.Fatal(err)
	}
	w.Cleanup(func() { _ = f.Close() })
	return f
}

func (w *logTest) path(name string) string { return filepath.Join(w.dir, name) }

func (w *logTest) write(name string, data []byte) {
	w.Helper()
	if err := os.WriteFile(w.path(name), data, 0o600); err != nil {
		w.Fatal(err)
	}
}

func begins(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

func TestLog(t *testing.T) {
	w := newLogTest(t)
	f := w.folder()
	old, err := f.Open("log")
	if old != nil || err != nil {
		t.Fatalf("%v, %v before there is one", old, err)
	}
	w.write("log", []byte("of an earlier run\n"))
	w.write("log.tmp", []byte("of one that was killed\n"))
	old, err = f.Open("log")
	if err != nil {
		t.Fatal(err)
	}
	l, err := f.NewLog("log", begins("head\n"))
	if err != nil {
		t.Fatal(err)
	}
	if text, _ := io.ReadAll(old); string(text) != "of an earlier run\n" {
		t.Errorf("the old log was changed to %q", text)
	}
	_ = old.Close()
	for _, line := range []string{"a\n", "b\n"} {
		if err := errors.Join(l.Append([]byte(line)), l.Sync()); err != nil {
			t.Error(err)
		}
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if text, err := os.ReadFile(w.path("log")); err != nil || string(text) != "head\na\nb\n" {
		t.Errorf("%q, %v", text, err)
	}
	if err := l.Append([]byte("c\n")); charge.KindOf(err) != charge.KindOutput {
		t.Errorf("after its end: %v", err)
	}
}

// TestLogsThatCannotBe: whatever fails, the old one stays as it was, and nothing is left beside it.
func TestLogsThatCannotBe(t *testing.T) {
	full := func() error { return &os.PathError{Op: "write", Path: "log", Err: syscall.ENOSPC} }
	for name, system := range map[string]System{
		"write":  {Write: func(*os.File, []byte) (int, error) { return 0, full() }},
		"flush":  {Sync: func(*os.File) error { return full() }},
		"rename": {Rename: func(*os.Root, string, string) error { return full() }},
	} {
		t.Run(name, func(t *testing.T) {
			w := newLogTest(t)
			w.write("log", []byte("old\n"))
			w.system = system
			_, err := w.folder().NewLog("log", begins(strings.Repeat("new\n", 100_000)))
			if charge.KindOf(err) != charge.KindOutput || !errors.Is(err, syscall.ENOSPC) {
				t.Error(err)
			}
			entries, _ := os.ReadDir(w.dir)
			if text, err := os.ReadFile(w.path("log")); err != nil || string(text) != "old\n" || len(entries) != 1 {
				t.Errorf("%q, %v, %v", text, err, entries)
			}
		})
	}
	w := newLogTest(t)
	if err := os.Mkdir(w.path("log"), 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := w.folder().Open("log"); charge.KindOf(err) != charge.KindOutput {
		t.Errorf("a folder is read: %v", err)
	}
	if err := os.Symlink("/etc/passwd", w.path("link")); err == nil {
		if _, err := w.folder().Open("link"); charge.KindOf(err) != charge.KindOutput {
			t.Errorf("a link is read: %v", err)
		}
	}
}

// TestAListenerHasItsFolderAlone, but for runs of sync.
func TestAListenerHasItsFolderAlone(t *testing.T) {
	w := newLogTest(t)
	one, two := w.folder(), w.folder()
	const flags = os.O_RDWR | os.O_CREATE
	lock, err := one.TryLock(ListenLock, flags)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := two.TryLock(ListenLock, flags); !errors.Is(err, ErrHeld) {
		t.Errorf("a second one: %v", err)
	}
	sync, err := two.TryLock(SyncLock, flags)
	if err != nil {
		t.Fatalf("sync beside it: %v", err)
	}
	Release(sync)
	Release(lock)
	lock, err = two.TryLock(ListenLock, flags)
	if err != nil {
		t.Fatal(err)
	}
	Release(lock)
}
