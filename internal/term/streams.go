package term

import (
	"cmp"
	"context"
	"io"
	"os"

	"golang.org/x/term"
)

const unknownWidth = 80 // columns, which every terminal is assumed to have

// Streams are the three streams and what is known of the terminals behind them.
type Streams struct {
	In                    io.Reader
	Out, Err              io.Writer
	InTTY, OutTTY, ErrTTY bool
	OutPipe               bool // stdout leads to another program, which may write to the terminal on stderr
	Width                 int  // columns of the terminal on stdout, else of the one on stderr, 80 when unknown

	// Measure gives the columns of the terminal on stderr as they are now: a window changes while a line is in it. Nil, and
	// 0, is the width above.
	Measure func() (columns int)

	// ReadPassword asks for a line at the terminal on stdin, without showing what is typed; nil when there is no way to
	// ask. Whatever ends it, the terminal then shows again what is typed: an end of input (Ctrl-D) is of KindUsage, and
	// the end of ctx its cause.
	ReadPassword func(ctx context.Context, prompt string) (string, error)
}

// System finds out about the terminals once; on Windows it turns escape sequences on where the console knows them.
func System(in, out, err *os.File) Streams {
	return Streams{
		In: in, Out: out, Err: err,
		InTTY: isTerminal(in), OutTTY: isTerminal(out) && understandsEscapes(out), ErrTTY: isTerminal(err) && understandsEscapes(err),
		OutPipe:      isPipe(out),
		Width:        cmp.Or(columns(out), columns(err), unknownWidth),
		Measure:      func() int { return columns(err) },
		ReadPassword: func(ctx context.Context, prompt string) (string, error) { return readPassword(ctx, prompt, in, err) },
	}
}

// columns is 0 where there is no terminal.
func columns(f *os.File) int {
	columns, _, _ := term.GetSize(int(f.Fd()))
	return columns
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

func isPipe(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&(os.ModeNamedPipe|os.ModeSocket) != 0
}

// Lively reports whether a line may move on stderr: it is a person's terminal rather than one that a build writes to.
// lookup gives the value of a variable, "" for none.
func (s Streams) Lively(lookup func(name string) string) bool {
	return s.ErrTTY && lookup("TERM") != "dumb" && lookup("CI") == ""
}

// Columns is how wide the terminal on stderr is now; Width where that cannot be asked.
func (s Streams) Columns() int {
	if s.Measure != nil {
		return cmp.Or(s.Measure(), s.Width)
	}
	return s.Width
}
