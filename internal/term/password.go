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

// readPassword leaves a read that nothing can end behind when ctx ends: the run is over then.
func readPassword(ctx context.Context, prompt string, in, err *os.File) (string, error) {
	restore, silenceErr := silence(in)
	if silenceErr != nil {
		return "", charge.Usagef("standard input is not a terminal, so nothing can be typed in unseen")
	}
	defer restore()
	to := err
	if !isTerminal(err) { // the question is for whoever sits at the terminal, also where stderr is kept in a file
		if terminal, openErr := os.OpenFile(terminalDevice, os.O_WRONLY, 0); openErr == nil {
			defer func() { _ = terminal.Close() }()
			to = terminal
		}
	}
	_, _ = io.WriteString(to, prompt)
	defer func() { _, _ = io.WriteString(to, "\n") }() // the line end that was typed is not shown either
	var typed string
	var readErr error
	read := make(chan struct{})
	go func() {
		const longest = 4096 // a terminal gives no longer line
		defer close(read)
		typed, readErr = bufio.NewReader(io.LimitReader(in, longest)).ReadString('\n')
	}()
	select {
	case <-read:
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	typed = strings.TrimRight(typed, "\r\n")
	switch {
	case readErr == nil, errors.Is(readErr, io.EOF) && typed != "":
		return typed, nil
	case errors.Is(readErr, io.EOF):
		return "", charge.Usagef("the input ended before anything was typed")
	}
	return "", charge.Errorf(charge.KindInternal, "the terminal could not be read: %w", readErr)
}
