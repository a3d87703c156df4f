//go:build unix

package term

import (
	"os"
	"testing"

	"github.com/creack/pty"
)

// newTerminal is a real terminal of 100 columns.
func newTerminal(t *testing.T) *os.File {
	t.Helper()
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo terminal here: %v", err)
	}
	t.Cleanup(func() { _, _ = ptmx.Close(), tty.Close() })
	check(t, pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: 100}))
	return tty
}

func TestWhatIsKnownOfStreams(t *testing.T) {
	tty := newTerminal(t)
	s := System(tty, tty, tty)
	if !s.InTTY || !s.OutTTY || !s.ErrTTY || s.OutPipe || s.Width != 100 || s.Columns() != 100 {
		t.Errorf("at a terminal: %+v", s)
	}
	check(t, pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: 40}))
	if s.Columns() != 40 {
		t.Errorf("the window has 40 columns, not %d", s.Columns())
	}
	r, w, err := os.Pipe()
	check(t, err)
	defer func() { _, _ = r.Close(), w.Close() }()
	if s := System(r, w, w); s.InTTY || s.OutTTY || s.ErrTTY || !s.OutPipe || s.Columns() != 80 {
		t.Errorf("in pipes: %+v", s)
	}
	file, err := os.Create(t.TempDir() + "/out")
	check(t, err)
	defer func() { check(t, file.Close()) }()
	if s := System(r, file, tty); s.OutTTY || s.OutPipe || s.Width != 40 {
		t.Errorf("into a file: %+v", s)
	}
}

func TestWhereALineMayMove(t *testing.T) {
	for name, test := range map[string]struct {
		tty  bool
		env  map[string]string
		want bool
	}{
		"terminal": {true, nil, true}, "pipe": {false, nil, false}, "dumb": {true, map[string]string{"TERM": "dumb"}, false},
		"ci": {true, map[string]string{"CI": "true"}, false}, "other": {true, map[string]string{"TERM": "xterm"}, true},
	} {
		if got := (Streams{ErrTTY: test.tty}).Lively(func(name string) string { return test.env[name] }); got != test.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
