package output

import (
	"context"
	"io"
	"log/slog"
	"text/template"
	"time"

	"github.com/itchyny/gojq"

	"github.com/chargectl/chargectl/internal/charge"
)

// Options say how a run speaks. JSON, JSONL, JQ and Template choose the result's format; none of them is text.
type Options struct {
	Quiet    bool
	LogJSON  bool
	Color    string // auto, always or never; empty is auto
	JSON     bool
	JSONL    bool
	JQ       string
	Template string

	// Env looks variables up: NO_COLOR, TERM, CLICOLOR_FORCE, GITHUB_ACTIONS, CI. Nil is an empty environment.
	Env func(string) (string, bool)
	// Now is the clock of relative times; nil is time.Now.
	Now func() time.Time
	// Context ends a --jq program that would run for ever; nil never does.
	Context context.Context //nolint:containedctx // a value of one run, and Sheet.Close has no other way to be told
}

// Output writes everything that one run says. Its methods are safe for several goroutines.
type Output struct {
	streams  Streams
	options  Options
	out, err palette
	screen   *screen
	log      *slog.Logger // nil unless LogJSON
	jq       *gojq.Code
	template *template.Template
}

// New compiles the expressions and settles colours. Errors are KindUsage: a mistake in an expression, with where it
// is, formats that exclude each other, or an unknown colour mode.
func New(s Streams, o Options) (*Output, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Context == nil {
		o.Context = context.Background()
	}
	if s.Width <= 0 {
		s.Width = unknownWidth
	}
	out := &Output{streams: s, options: o, screen: newScreen(s)}
	if o.LogJSON {
		out.log = newLog(out.screen)
	}
	return out, out.settle()
}

func (o *Output) settle() (err error) {
	if err = o.options.conflict(); err != nil {
		return err
	}
	if o.out, err = o.options.palette(o.streams.OutTTY); err != nil {
		return err
	}
	if o.err, err = o.options.palette(o.streams.ErrTTY); err != nil {
		return err
	}
	if o.jq, err = compileJQ(o.options.JQ); err != nil {
		return err
	}
	o.template, err = o.compileTemplate(o.options.Template)
	return err
}

// conflict refuses formats that exclude each other. --json beside --jq or --template says nothing new and is allowed.
func (o Options) conflict() error {
	switch {
	case o.JQ != "" && o.Template != "":
		return charge.Usagef("--jq and --template cannot be used together: each is a format of its own")
	case o.JSONL && o.JSON:
		return charge.Usagef("--json and --jsonl cannot be used together: choose one document or one line per object")
	case o.JSONL && o.JQ != "":
		return charge.Usagef("--jsonl and --jq cannot be used together: --jq '.[]' already gives one line per object")
	case o.JSONL && o.Template != "":
		return charge.Usagef("--jsonl and --template cannot be used together: a template is a format of its own")
	default:
		return nil
	}
}

// Structured reports whether JSON of some kind was asked for: errors are then JSON too, and nothing moves on any
// stream. A template's text is not JSON.
func (o *Output) Structured() bool { return o.options.JSON || o.options.JSONL || o.options.JQ != "" }

// text reports whether rows are shown as text rather than through their objects.
func (o *Output) text() bool { return !o.Structured() && o.options.Template == "" }

// animated reports whether stderr may redraw itself: a person's terminal that is not a build log.
func (o *Output) animated() bool {
	return o.streams.ErrTTY && !o.options.Quiet && !o.options.LogJSON && !o.Structured() &&
		o.options.lookup("TERM") != "dumb" && o.options.lookup("CI") == ""
}

// Text writes s to stdout as it is: help topics, completion scripts, one path.
func (o *Output) Text(s string) error { return o.write([]byte(s)) }

// Bytes is stdout for a file's own bytes. At a terminal it ends all movement, which would overwrite them.
func (o *Output) Bytes() io.Writer {
	if o.streams.OutTTY {
		o.screen.freeze()
	}
	return o.streams.Out
}

func (o *Output) write(text []byte) error { return unwritable(o.screen.result(text)) }
