package output

import (
	"regexp"
	"strings"
	"testing"
)

var sgrSequence = regexp.MustCompile(`\x1b\[[0-9;]*m`)

func stripSGR(s string) string { return sgrSequence.ReplaceAllString(s, "") }

// emulator is the little of a terminal that frames need; anything else fails the test.
type emulator struct {
	t      *testing.T
	width  int
	rows   []string
	row    int
	hidden bool
}

func newEmulator(t *testing.T) *emulator {
	t.Helper()
	return &emulator{t: t, width: 80, rows: []string{""}}
}

// Write plays what is written at once. A run may be killed after any write, so each must leave the cursor visible.
func (e *emulator) Write(p []byte) (int, error) {
	for written := stripSGR(string(p)); written != ""; {
		written = e.step(written)
	}
	if e.hidden {
		e.t.Errorf("the cursor is hidden after %q", p)
	}
	return len(p), nil
}

// narrow makes the window narrower, and wraps anew what is above the cursor, as terminals do.
func (e *emulator) narrow(width int) {
	e.width = width
	var rows []string
	for _, row := range e.rows[:e.row+1] {
		letters := []rune(row)
		for ; len(letters) > width; letters = letters[width:] {
			rows = append(rows, string(letters[:width]))
		}
		rows = append(rows, string(letters))
	}
	e.rows, e.row = rows, len(rows)-1
}

func (e *emulator) step(s string) (rest string) {
	for sequence, act := range map[string]func(){
		hideCursor: func() { e.hidden = true },
		showCursor: func() { e.hidden = false },
		eraseLine:  func() { e.rows[e.row] = "" },
		lineUp:     func() { e.up() },
		"\n":       func() { e.down() },
	} {
		if rest, ok := strings.CutPrefix(s, sequence); ok {
			act()
			return rest
		}
	}
	if s[0] < ' ' {
		e.t.Fatalf("the terminal does not know what to do with %q", s[:min(len(s), 20)])
	}
	end := strings.IndexFunc(s, func(r rune) bool { return r < ' ' })
	if end < 0 {
		end = len(s)
	}
	e.rows[e.row] += s[:end]
	if w := columns(e.rows[e.row]); w > e.width-len("^C") && e.hidden {
		e.t.Errorf("a frame's line of %d columns would wrap: %q", w, e.rows[e.row])
	}
	return s[end:]
}

func (e *emulator) up() {
	if e.row--; e.row < 0 {
		e.t.Fatal("the cursor leaves the top: lines that were there before would be lost")
	}
}

func (e *emulator) down() {
	if e.row++; e.row == len(e.rows) {
		e.rows = append(e.rows, "")
	}
}

func (e *emulator) text() string { return strings.TrimRight(strings.Join(e.rows, "\n"), "\n") }
