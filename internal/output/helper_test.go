package output

import (
	"bytes"
	"context"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/term"
)

// buffer is a stream that several goroutines may write to.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// place says where standard output leads.
type place struct {
	tty    bool
	width  int
	colour term.Palette
}

var (
	pipes    = place{}
	terminal = place{tty: true, width: 80}
)

// noon is the now of relative times.
func noon() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) }

// open makes an Output on a buffer.
func open(t *testing.T, at place, f Format) (out *Output, stdout *buffer) {
	t.Helper()
	stdout = &buffer{}
	out, err := attempt(t.Context(), at, f, stdout)
	check(t, err)
	return out, stdout
}

func attempt(ctx context.Context, at place, f Format, stdout io.Writer) (*Output, error) {
	screen := term.NewScreen(term.Streams{Out: stdout, Err: io.Discard, OutTTY: at.tty, Width: at.width}, nil)
	return New(ctx, screen, Options{Format: f, Palette: at.colour, Now: noon})
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// lines splits text into its lines; the last must be ended too.
func lines(t *testing.T, text string) []string {
	t.Helper()
	if text == "" {
		return nil
	}
	if !strings.HasSuffix(text, "\n") {
		t.Errorf("the last line of %q is not ended", text)
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}
