// Package output prints results on standard output: tables, tab-separated lines, JSON, jq.
//
// The rules it keeps: stdout carries the result and nothing else; a pipe gets one stable line per item; a terminal gets
// tables and colour; text of a server never moves a cursor or adds a line; JSON objects pass through as the API sent them.
// It is not for stderr (package progress), nor for deciding what happened (reports) or which exit code that is (cli).
package output

import (
	"context"
	"io"
	"time"

	"github.com/itchyny/gojq"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/term"
)

// Format is what a result is printed as. The zero value is text.
type Format struct {
	JSON  bool
	JSONL bool
	JQ    string
}

// Options are how results are printed.
type Options struct {
	Format

	Palette term.Palette // of standard output
	Glyphs  term.Glyphs
	Now     func() time.Time // the clock of relative times
}

// Output writes the results of one run. Its methods are safe for several goroutines.
type Output struct {
	screen  *term.Screen
	options Options
	jq      *gojq.Code      // nil where there is no expression
	ctx     context.Context // ends a --jq program that would run for ever: a Sheet's Close has no context of its own
}

// New compiles the expression. Errors are KindUsage: a mistake in it, with where it is, or formats that exclude each
// other; --json beside --jq says nothing new and is allowed.
func New(ctx context.Context, screen *term.Screen, o Options) (out *Output, err error) {
	out = &Output{screen: screen, options: o, ctx: ctx}
	switch {
	case o.JSONL && o.JSON:
		return nil, charge.Usagef("--json and --jsonl cannot be used together: choose one document or one line per object")
	case o.JSONL && o.JQ != "":
		return nil, charge.Usagef("--jsonl and --jq cannot be used together: --jq '.[]' already gives one line per object")
	case o.JQ != "":
		out.jq, err = compileJQ(o.JQ)
	}
	return out, err
}

// Structured reports whether JSON of some kind was asked for.
func (o *Output) Structured() bool { return o.options.JSON || o.options.JSONL || o.jq != nil }

// Lines reports whether JSON Lines were asked for: an object per line, each as soon as it is known.
func (o *Output) Lines() bool { return o.options.JSONL }

// Text writes s to stdout as it is: completion scripts, one path. Errors are KindOutput.
func (o *Output) Text(s string) error { return write(o.screen.Stdout(), []byte(s)) }

// Bytes is stdout for a file's own bytes. Its errors are KindOutput.
func (o *Output) Bytes() io.Writer {
	if o.screen.OutTTY {
		return o.screen.Stdout()
	}
	return o.screen.Rows()
}

func write(to io.Writer, text []byte) error {
	_, err := to.Write(text)
	return err
}
