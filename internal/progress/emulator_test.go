//go:build unix

package progress

import (
	"os"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"

	"github.com/chargectl/chargectl/internal/term"
)

// emulator is a real terminal, and the little of its screen that a live line needs: what is not known here fails the
// test, above all a cursor that is hidden.
type emulator struct {
	t       *testing.T
	keys    *os.File
	tty     *os.File
	changed chan struct{}

	mu       sync.Mutex // guards the screen
	width    int
	rows     [][]rune
	row, col int
	pending  string // the begin of a sequence whose end has not come
	got      string // all that was written
}

func newEmulator(t *testing.T, width int) *emulator {
	t.Helper()
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo terminal here: %v", err)
	}
	e := &emulator{t: t, keys: ptmx, tty: tty, width: width, rows: [][]rune{nil}, changed: make(chan struct{}, 1)}
	check(t, pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: uint16(width)}))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for buffer := make([]byte, 4096); ; {
			n, err := ptmx.Read(buffer)
			e.show(string(buffer[:n]))
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		_, _ = tty.Close(), ptmx.Close()
		<-ended
	})
	return e
}

// open makes a log at this terminal, where stdout is it too.
func (e *emulator) open(o Options) (*Log, *term.Screen) {
	o.Lively = true
	screen := term.NewScreen(term.System(e.tty, e.tty, e.tty), nil)
	return NewLog(screen, o), screen
}

// Keys that hold and continue what a terminal shows.
const (
	ctrlS = "\x13"
	ctrlQ = "\x11"
)

func (e *emulator) press(key string) {
	e.t.Helper()
	_, err := e.keys.WriteString(key)
	check(e.t, err)
}

var sequence = regexp.MustCompile(`^\x1b\[[?0-9;]*[@-~]`)

func (e *emulator) show(text string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.got += text
	text, e.pending = e.pending+text, ""
	for text != "" {
		known := sequence.FindString(text)
		switch {
		case known == "\x1b[K":
			e.rows[e.row] = e.rows[e.row][:min(e.col, len(e.rows[e.row]))]
		case known == "\x1b[A":
			if e.row--; e.row < 0 {
				e.t.Error("the cursor leaves the top: lines that were there before would be lost")
				e.row = 0
			}
		case strings.HasSuffix(known, "m"):
		case known != "":
			e.t.Errorf("the terminal does not know what to do with %q", known)
		case text[0] == 0x1b, !utf8.FullRuneInString(text):
			e.pending = text
			text = ""
			continue
		default:
			known = e.print(text)
		}
		text = text[len(known):]
	}
	select {
	case e.changed <- struct{}{}:
	default:
	}
}

// print shows one character.
func (e *emulator) print(text string) (printed string) {
	r, size := utf8.DecodeRuneInString(text)
	switch {
	case r == '\r':
		e.col = 0
	case r == '\n':
		e.down()
	case r < ' ':
		e.t.Errorf("the terminal got %q", r)
	default:
		if e.col == e.width {
			e.down()
			e.col = 0
		}
		e.rows[e.row] = append(e.rows[e.row][:min(e.col, len(e.rows[e.row]))], r)
		e.col++
	}
	return text[:size]
}

func (e *emulator) down() {
	if e.row++; e.row == len(e.rows) {
		e.rows = append(e.rows, nil)
	}
}

// resize makes the window so wide, and wraps anew what is above the cursor, as terminals do.
func (e *emulator) resize(width int) {
	e.t.Helper()
	e.mu.Lock()
	e.width = width
	var rows [][]rune
	for _, row := range e.rows[:e.row+1] {
		for ; len(row) > width; row = row[width:] {
			rows = append(rows, row[:width:width])
		}
		rows = append(rows, row)
	}
	e.rows, e.row = rows, len(rows)-1
	e.col = min(e.col, len(rows[e.row]))
	e.mu.Unlock()
	check(e.t, pty.Setsize(e.tty, &pty.Winsize{Rows: 24, Cols: uint16(width)}))
}

// hold presses Ctrl-S and waits until nothing moves any more: a terminal takes keys in its own time.
func (e *emulator) hold() {
	e.t.Helper()
	e.press(ctrlS)
	e.still()
}

// still waits until nothing has moved for a few frames.
func (e *emulator) still() {
	for {
		select {
		case <-e.changed:
		case <-time.After(4 * redrawEvery):
			return
		}
	}
}

// written is all that the terminal got.
func (e *emulator) written() string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.got
}

// lines are what is on the screen.
func (e *emulator) lines() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var lines []string
	for _, row := range e.rows {
		lines = append(lines, string(row))
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// until waits for a screen, which must come.
func (e *emulator) until(what string, shown func(lines []string) bool) {
	e.t.Helper()
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	for !shown(e.lines()) {
		select {
		case <-e.changed:
		case <-limit.C:
			e.t.Fatalf("%s did not come; the screen is %q", what, e.lines())
		}
	}
}

// last waits for a screen whose last line fits.
func (e *emulator) last(pattern string) {
	e.t.Helper()
	fits := regexp.MustCompile(pattern)
	e.until(pattern, func(lines []string) bool { return len(lines) > 0 && fits.MatchString(lines[len(lines)-1]) })
}
