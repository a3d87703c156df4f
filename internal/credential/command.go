package credential

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"strings"
	"time"
	"unicode"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	commandLimit  = 30 * time.Second
	pipeGrace     = time.Second // for a child that holds the pipes after the command was ended
	maxOutput     = 64 << 10    // bytes kept of what a command prints
	maxStderrLine = 400
)

// fromCommand takes the first line of what the command prints, within 30 s.
func (s System) fromCommand(ctx context.Context, argv []string) (string, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, commandLimit, fmt.Errorf("it took longer than %s", commandLimit))
	defer cancel()
	stdout, stderr, err := s.Run(ctx, argv)
	if err == nil {
		line, _, _ := strings.Cut(string(stdout), "\n")
		return line, nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return "", withStderr(err, stderr)
}

// withStderr adds what the command wrote to stderr, made safe to show in one line.
func withStderr(err error, stderr []byte) error {
	words := strings.FieldsFunc(strings.ToValidUTF8(string(stderr), "�"), func(r rune) bool {
		return unicode.IsSpace(r) || unicode.IsControl(r) || unicode.Is(unicode.Cf, r)
	})
	if len(words) == 0 {
		return err
	}
	return fmt.Errorf("%w: %s", err, charge.Clip(strings.Join(words, " "), maxStderrLine))
}

// run is System.Run for real. Standard input is empty: it may carry the ids that our own command reads.
func run(ctx context.Context, argv []string) (stdout, stderr []byte, err error) {
	var out, errs capped
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Stdout, cmd.Stderr = &out, &errs
	cmd.WaitDelay = pipeGrace
	err = cmd.Run()
	return out.Bytes(), errs.Bytes(), err
}

// capped keeps the first bytes and swallows the rest, so that a talkative command neither fills memory nor stops.
type capped struct{ bytes.Buffer }

func (c *capped) Write(p []byte) (int, error) {
	free := max(0, maxOutput-c.Len())
	_, _ = c.Buffer.Write(p[:min(free, len(p))])
	return len(p), nil
}
