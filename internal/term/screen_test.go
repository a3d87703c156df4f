package term

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/chargectl/chargectl/internal/charge"
)

// failing is a standard output that cannot be written.
type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }

// TestTheLiveLineIsErasedBeforeResults: what leads to the terminal in any way is never glued to the line.
func TestTheLiveLineIsErasedBeforeResults(t *testing.T) {
	for name, test := range map[string]struct {
		streams Streams
		write   func(s *Screen) io.Writer
		want    string // both streams in one
		ended   bool
	}{
		"table at a terminal": {Streams{OutTTY: true}, (*Screen).Stdout, "* 1\r\x1b[Kresult\nnote\n", true},
		"rows at a terminal":  {Streams{OutTTY: true}, (*Screen).Rows, "* 1\r\x1b[Kresult\n* 1\r\x1b[Knote\n* 1\r\x1b[K* 2", false},
		"table into a pipe":   {Streams{OutPipe: true}, (*Screen).Stdout, "* 1\r\x1b[Kresult\nnote\n", true},
		"rows into a pipe":    {Streams{OutPipe: true}, (*Screen).Rows, "* 1\r\x1b[Kresult\nnote\n", true},
		"table into a file":   {Streams{}, (*Screen).Stdout, "* 1\r\x1b[Kresult\nnote\n", true},
		"rows into a file":    {Streams{}, (*Screen).Rows, "* 1result\n\r\x1b[Knote\n* 1\r\x1b[K* 2", false},
	} {
		t.Run(name, func(t *testing.T) {
			var both bytes.Buffer
			test.streams.Out, test.streams.Err = &both, &both
			s := NewScreen(test.streams, nil)
			line := s.Line(false)
			_, _ = io.WriteString(line, "\r* 1")
			_, err := io.WriteString(test.write(s), "result\n")
			check(t, err)
			_, _ = s.Write([]byte("note\n"))
			_, _ = io.WriteString(line, "\r* 2")
			if both.String() != test.want || s.LineEnded() != test.ended {
				t.Errorf("got %q, ended %v; want %q", both.String(), s.LineEnded(), test.want)
			}
		})
	}
}

// TestTheLiveLineKeepsToItsPalette, whatever the one who draws it thinks of the terminal; what only erases is left out.
func TestTheLiveLineKeepsToItsPalette(t *testing.T) {
	for palette, want := range map[Palette]string{true: "\x1b[37m⠋\x1b[0m 1", false: "⠋ 1"} {
		var stderr bytes.Buffer
		s := NewScreen(Streams{Err: &stderr}, nil)
		for _, text := range []string{"\r\x1b[K\x1b[F\x1b[K", "\r   \r", "\r\x1b[37m⠋\x1b[0m 1"} {
			_, _ = io.WriteString(s.Line(palette), text)
		}
		if stderr.String() != want {
			t.Errorf("%v: got %q", palette, stderr.String())
		}
		s.EndLine()
		if stderr.String() != want+"\r\x1b[K" {
			t.Errorf("%v: ended as %q", palette, stderr.String())
		}
	}
}

// TestALineThatWasWrappedAnewIsErasedWhole: its columns count, not its bytes.
func TestALineThatWasWrappedAnewIsErasedWhole(t *testing.T) {
	for width, rows := range map[int]int{20: 1, 19: 2, 10: 2, 9: 3, 1: 20} {
		var stderr bytes.Buffer
		s := NewScreen(Streams{Err: &stderr, Measure: func() int { return width }}, nil)
		_, _ = io.WriteString(s.Line(true), "\r\x1b[36m"+strings.Repeat("█", 20)+"\x1b[0m")
		stderr.Reset()
		s.EndLine()
		if want := eraseLine + strings.Repeat(lineUp+eraseLine, rows-1); stderr.String() != want {
			t.Errorf("%d columns: %q", width, stderr.String())
		}
	}
}

// TestOnlyStandardOutputCloses: a broken network ends in the same error number as a reader that went away.
func TestOnlyStandardOutputCloses(t *testing.T) {
	r, w, err := os.Pipe()
	check(t, err)
	check(t, r.Close())
	defer func() { check(t, w.Close()) }()
	var told error
	s := NewScreen(Streams{Out: w, Err: io.Discard}, func(err error) { told = err })
	if s.Failure() != nil {
		t.Errorf("failed before: %v", s.Failure())
	}
	_, err = s.Rows().Write([]byte("a"))
	if !IsClosedPipe(err) || !IsClosedPipe(fmt.Errorf("wrapped: %w", err)) || !IsClosedPipe(s.Failure()) || !IsClosedPipe(told) {
		t.Errorf("a closed pipe is %v, remembered as %v, told as %v", err, s.Failure(), told)
	}
	if charge.KindOf(err) != charge.KindOutput || !errors.Is(err, syscall.EPIPE) {
		t.Errorf("got %#v", err)
	}
	network := &charge.Error{Kind: charge.KindTemporary, Err: fmt.Errorf("write tcp: %w", syscall.EPIPE)}
	if IsClosedPipe(network) || IsClosedPipe(syscall.EPIPE) || IsClosedPipe(io.ErrClosedPipe) || IsClosedPipe(nil) {
		t.Error("another end is taken for a closed pipe")
	}
}

// TestAFullDiskHasAHint, and the first failure counts.
func TestAFullDiskHasAHint(t *testing.T) {
	for _, number := range []syscall.Errno{syscall.ENOSPC, syscall.EIO} {
		s := NewScreen(Streams{Out: failing{&os.PathError{Op: "write", Path: "/dev/stdout", Err: number}}, Err: io.Discard}, nil)
		_, first := s.Stdout().Write([]byte("a"))
		_, _ = s.Stdout().Write([]byte("b"))
		e, ok := errors.AsType[*charge.Error](first)
		if !ok || e.Kind != charge.KindOutput || e.Hint == "" || !errors.Is(s.Failure(), first) || IsClosedPipe(first) {
			t.Errorf("%v: %#v", number, first)
		}
		if got := strings.Contains(e.Hint, "make room"); got != (number == syscall.ENOSPC) {
			t.Errorf("%v: %s", number, e.Hint)
		}
	}
}

// stuck is a stream that nobody reads.
type stuck struct{ until chan struct{} }

func (s stuck) Write(p []byte) (int, error) {
	<-s.until
	return len(p), nil
}

// TestLastWordsPassAWriterThatIsStuck: standard output is a full pipe, and stderr still says how the run ended.
func TestLastWordsPassAWriterThatIsStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var stderr bytes.Buffer
		until := make(chan struct{})
		s := NewScreen(Streams{Out: stuck{until}, Err: &stderr}, nil)
		go func() { _, _ = s.Stdout().Write([]byte("result\n")) }()
		synctest.Wait()
		said := make(chan struct{})
		go func() {
			defer close(said)
			_, _ = s.Write([]byte("interrupted\n"))
		}()
		synctest.Wait()
		if stderr.String() != "" {
			t.Errorf("a line in the middle of a result: %q", stderr.String())
		}
		s.GiveUp()
		<-said
		if stderr.String() != "interrupted\n" {
			t.Errorf("got %q", stderr.String())
		}
		close(until)
	})
}

func TestLinesOfManyAreWhole(t *testing.T) {
	var both bytes.Buffer
	s := NewScreen(Streams{Out: &both, Err: &both, OutTTY: true}, nil)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 50 {
				_, _ = io.WriteString(s.Line(false), "*")
				_, _ = s.Write([]byte("note\n"))
				_, _ = io.WriteString(s.Rows(), "row\n")
			}
		})
	}
	all.Wait()
	s.EndLine()
	shown := strings.NewReplacer("*", "", eraseLine, "").Replace(both.String())
	if n := strings.Count(shown, "note\n") + strings.Count(shown, "row\n"); n != 800 || len(shown) != 400*len("note\nrow\n") {
		t.Errorf("%d lines in %d bytes", n, len(shown))
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
