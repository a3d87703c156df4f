//go:build unix

package output

import (
	"bufio"
	"context"
	"errors"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/term"

	"github.com/chargectl/chargectl/internal/charge"
)

// console is a real terminal of 100 columns.
type console struct {
	t    *testing.T
	tty  *os.File
	read *bufio.Reader
	seen strings.Builder
}

func newConsole(t *testing.T) *console {
	t.Helper()
	ptmx, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo terminal here: %v", err)
	}
	t.Cleanup(func() { _, _ = ptmx.Close(), tty.Close() })
	check(t, pty.Setsize(tty, &pty.Winsize{Rows: 24, Cols: 100}))
	check(t, ptmx.SetReadDeadline(time.Now().Add(20*time.Second))) // a hang fails instead of lasting
	return &console{t: t, tty: tty, read: bufio.NewReader(ptmx)}
}

// until reads what the terminal was sent up to a text, which must come.
func (c *console) until(want string) {
	c.t.Helper()
	from := c.seen.Len()
	for !strings.Contains(c.seen.String()[from:], want) {
		b, err := c.read.ReadByte()
		if err != nil {
			c.t.Fatalf("%q did not come (%v) in %q", want, err, c.seen.String()[from:])
		}
		c.seen.WriteByte(b)
	}
}

func TestSpinnerOnARealTerminal(t *testing.T) {
	c := newConsole(t)
	streams := SystemStreams(c.tty, c.tty, c.tty)
	if !streams.InTTY || !streams.OutTTY || !streams.ErrTTY || streams.Width != 100 {
		t.Fatalf("got %+v", streams)
	}
	out, err := New(streams, Options{Color: "never"})
	check(t, err)
	p := out.Progress()
	defer p.Close()
	p.Begin(1, time.Now().Add(time.Hour))
	c.until(hideCursor)
	p.Polled(report("rpt_1", charge.Processing), 12*time.Second)
	c.until("rpt_1 processing after 1")
	c.until("rpt_1 processing after 1") // it moves by itself
	p.Receiving("rpt_1", "1.csv", 50, 100)
	c.until("50% |████████████            | 50 B of 100 B")
	out.Note("a note")
	c.until("a note\r\n")
	p.Close()
	c.until(eraseLine)
}

func TestTheCursorComesBackAfterAPanic(t *testing.T) {
	c := newConsole(t)
	out, err := New(SystemStreams(c.tty, c.tty, c.tty), Options{})
	check(t, err)
	func() {
		defer func() {
			if recover() == nil {
				t.Error("no panic")
			}
		}()
		p := out.Progress()
		defer p.Close()
		p.Begin(1, time.Time{})
		c.until(hideCursor)
		var nobody *Progress
		nobody.Close()
	}()
	c.until(showCursor)
}

func TestPasswordsNeedATerminal(t *testing.T) {
	c := newConsole(t)
	null, err := os.Open(os.DevNull)
	check(t, err)
	defer func() { check(t, null.Close()) }()
	if _, err := SystemStreams(null, c.tty, c.tty).ReadPassword(t.Context()); charge.KindOf(err) != charge.KindUsage {
		t.Errorf("without a terminal: %v", err)
	}
}

// A person who stops typing a password sees again what comes next.
func TestAnInterruptedPasswordLeavesTheTerminalAsItWas(t *testing.T) {
	c := newConsole(t)
	fd := int(c.tty.Fd())
	before, err := term.GetState(fd)
	check(t, err)
	ctx, cancel := context.WithCancelCause(t.Context())
	stopped := errors.New("interrupted")
	ended := make(chan error, 1)
	go func() {
		_, err := SystemStreams(c.tty, c.tty, c.tty).ReadPassword(ctx)
		ended <- err
	}()
	for now := before; reflect.DeepEqual(now, before); runtime.Gosched() {
		now, err = term.GetState(fd)
		check(t, err)
	}
	cancel(stopped)
	if err := <-ended; !errors.Is(err, stopped) {
		t.Errorf("ended with %v", err)
	}
	if after, err := term.GetState(fd); err != nil || !reflect.DeepEqual(after, before) {
		t.Errorf("the terminal was %+v and is %+v, %v", before, after, err)
	}
}
