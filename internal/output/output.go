// Package output prints results on standard output: tables, tab-separated lines, JSON, jq.
//
// The rules it keeps: stdout carries the result and nothing else; a pipe gets one stable line per item; a terminal gets
// tables and colour; text of a server never moves a cursor or adds a line; JSON objects pass through as the API sent them.
// It is not for stderr (package progress), nor for deciding what happened (reports) or which exit code that
// is (cli); it reads nothing but what it is given, and it never ends the process.
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

// Structured reports whether JSON of some kind was asked for.
func (f Format) Structured() bool { return f.JSON || f.JSONL || f.JQ != "" }

// conflict refuses formats that exclude each other. --json beside --jq says nothing new and is allowed.
func (f Format) conflict() error {
	switch {
	case f.JSONL && f.JSON:
		return charge.Usagef("--json and --jsonl cannot be used together: choose one document or one line per object")
	case f.JSONL && f.JQ != "":
		return charge.Usagef("--jsonl and --jq cannot be used together: --jq '.[]' already gives one line per object")
	}
	return nil
}

// Options are how results are printed.
type Options struct {
	Format

	Palette term.Palette     // of standard output
	Now     func() time.Time // the clock of relative times; nil is time.Now
}

// Output writes the results of one run. Its methods are safe for several goroutines.
type Output struct {
	screen  *term.Screen
	options Options
	jq      *gojq.Code
	ctx     context.Context // ends a --jq program that would run for ever: a Sheet's Close has no context of its own
}

// New compiles the expression. Errors are KindUsage: a mistake in it, with where it is, or formats that exclude each
// other.
func New(ctx context.Context, screen *term.Screen, o Options) (*Output, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if err := o.conflict(); err != nil {
		return nil, err
	}
	jq, err := compileJQ(o.JQ)
	return &Output{screen: screen, options: o, jq: jq, ctx: ctx}, err
}

// Structured reports whether JSON of some kind was asked for.
func (o *Output) Structured() bool { return o.options.Structured() }

// Text writes s to stdout as it is: completion scripts, one path. Errors are KindOutput.
func (o *Output) Text(s string) error { return o.write([]byte(s)) }

// Bytes is stdout for a file's own bytes. Its errors are KindOutput.
func (o *Output) Bytes() io.Writer {
	if o.screen.OutTTY {
		return o.screen.Stdout()
	}
	return o.screen.Rows()
}

// write puts on stdout what no row follows.
func (o *Output) write(text []byte) error {
	_, err := o.screen.Stdout().Write(text)
	return err
}

// writeRow puts on stdout what other rows may follow.
func (o *Output) writeRow(text []byte) error {
	_, err := o.screen.Rows().Write(text)
	return err
}
