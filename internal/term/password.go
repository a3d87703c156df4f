package term

import (
	"bufio"
	"context"
	"errors"
	"io"
	"os"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// longestPassword is in bytes: a terminal gives no longer line.
const longestPassword = 4096

// readPassword leaves a read that nothing can end behind when ctx ends: the run is over then.
func readPassword(ctx context.Context, prompt string, in, err *os.File) (string, error) {
	restore, silenceErr := silence(in)
	if silenceErr != nil {
		return "", charge.Usagef("standard input is not a terminal, so nothing can be typed in unseen")
	}
	defer restore()
	to, closeTerminal := dialogue(err)
	defer closeTerminal()
	_, _ = io.WriteString(to, prompt)
	defer func() { _, _ = io.WriteString(to, "\n") }() // the line end that was typed is not shown either
	type line struct {
		typed string
		err   error
	}
	lines := make(chan line, 1)
	go func() {
		typed, err := bufio.NewReader(io.LimitReader(in, longestPassword)).ReadString('\n')
		lines <- line{strings.TrimRight(typed, "\r\n"), err}
	}()
	select {
	case l := <-lines:
		switch {
		case l.err == nil, errors.Is(l.err, io.EOF) && l.typed != "":
			return l.typed, nil
		case errors.Is(l.err, io.EOF):
			return "", charge.Usagef("the input ended before anything was typed")
		}
		return "", charge.Errorf(charge.KindInternal, "the terminal could not be read: %w", l.err)
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// dialogue is where a question is shown: a prompt is for whoever sits at the terminal, also where stderr is kept in a
// file.
func dialogue(err *os.File) (to io.Writer, done func()) {
	if isTerminal(err) {
		return err, func() {}
	}
	terminal, openErr := os.OpenFile(terminalDevice, os.O_WRONLY, 0)
	if openErr != nil {
		return err, func() {}
	}
	return terminal, func() { _ = terminal.Close() }
}
