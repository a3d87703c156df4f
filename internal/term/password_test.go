//go:build unix

package term

import (
	"context"
	"errors"
	"io"
	"os"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/creack/pty"
	"golang.org/x/term"

	"github.com/chargectl/chargectl/internal/charge"
)

func TestPasswordsNeedATerminal(t *testing.T) {
	tty := newTerminal(t)
	null, err := os.Open(os.DevNull)
	check(t, err)
	defer func() { check(t, null.Close()) }()
	if _, err := System(null, tty, tty).ReadPassword(t.Context(), "?"); charge.KindOf(err) != charge.KindUsage {
		t.Errorf("without a terminal: %v", err)
	}
}

// answered asks for a password at a terminal, has somebody press keys once nothing is shown any more, and gives the
// answer with all that the terminal showed. However it ends, the terminal is as it was.
func answered(t *testing.T, press func(keys io.Writer)) (typed, shown string, err error) {
	t.Helper()
	keys, tty, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo terminal here: %v", err)
	}
	fd := int(tty.Fd())
	before, err := term.GetState(fd)
	check(t, err)
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	type answer struct {
		typed string
		err   error
	}
	ended := make(chan answer, 1)
	go func() {
		typed, err := System(tty, tty, tty).ReadPassword(ctx, "Key: ")
		ended <- answer{typed, err}
	}()
	for now := before; reflect.DeepEqual(now, before); runtime.Gosched() {
		now, err = term.GetState(fd)
		check(t, err)
	}
	if press == nil {
		cancel(errStopped)
	} else {
		press(keys)
	}
	a := <-ended
	if after, err := term.GetState(fd); err != nil || !reflect.DeepEqual(after, before) {
		t.Errorf("the terminal was %+v and is %+v, %v", before, after, err)
	}
	if press == nil {
		pressing("\r")(keys) // ends the read that was left behind, which would keep the terminal open
	}
	check(t, tty.Close())
	all, _ := io.ReadAll(keys) // ends with an error once nobody has the terminal open
	_ = keys.Close()
	return a.typed, string(all), a.err
}

var errStopped = errors.New("interrupted")

func pressing(text string) func(io.Writer) {
	return func(keys io.Writer) { _, _ = io.WriteString(keys, text) }
}

func TestAPasswordIsAskedForAndNotShown(t *testing.T) {
	for pressed, want := range map[string]string{"secret\r": "secret", "secret\n": "secret", "secrex\x7ft\r": "secret", "secret\x04\x04": "secret", "\r": ""} {
		typed, shown, err := answered(t, pressing(pressed))
		if typed != want || err != nil {
			t.Errorf("%q: %q, %v", pressed, typed, err)
		}
		if !strings.HasPrefix(shown, "Key: ") || strings.Contains(shown, "se") || !strings.HasSuffix(shown, "\n") {
			t.Errorf("%q: the terminal shows %q", pressed, shown)
		}
	}
}

func TestTheEndOfInputEndsAPassword(t *testing.T) {
	typed, _, err := answered(t, pressing("\x04"))
	if typed != "" || charge.KindOf(err) != charge.KindUsage || !strings.Contains(err.Error(), "ended before anything was typed") {
		t.Errorf("Ctrl-D: %q, %v", typed, err)
	}
}

// A person who stops typing a password sees again what comes next.
func TestAnInterruptedPasswordLeavesTheTerminalAsItWas(t *testing.T) {
	if _, _, err := answered(t, nil); !errors.Is(err, errStopped) {
		t.Errorf("ended with %v", err)
	}
}
