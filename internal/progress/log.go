package progress

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"log/slog"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/term"
)

// Options are how stderr is written.
type Options struct {
	Quiet    bool         // errors only
	JSON     bool         // a JSON object per line
	Object   bool         // the command was asked for JSON: the last line of an error is its object
	Lively   bool         // stderr is a person's terminal, on which a line may move
	Annotate bool         // errors are annotations of a GitHub Actions job too
	Palette  term.Palette // of stderr
	Glyphs   term.Glyphs  // of stderr
}

// Log is what a run tells on stderr: one slog.Logger, with a handler for people or one for collectors of JSON lines. Its
// methods are safe for several goroutines.
type Log struct {
	screen  *term.Screen
	options Options
	logger  *slog.Logger
}

// NewLog makes the log of a run.
func NewLog(screen *term.Screen, o Options) *Log {
	level := slog.LevelDebug
	if o.Quiet {
		level = slog.LevelError
	}
	var handler slog.Handler = slog.NewJSONHandler(screen, &slog.HandlerOptions{Level: level, ReplaceAttr: clean})
	if !o.JSON {
		handler = people{handler, screen, o.Palette, o.Glyphs}
	}
	return &Log{screen: screen, options: o, logger: slog.New(handler)}
}

// clean makes every text safe to show: a collector's viewer is a terminal too.
func clean(_ []string, a slog.Attr) slog.Attr {
	if a.Value.Kind() == slog.KindString {
		a.Value = slog.StringValue(term.Line(a.Value.String()))
	}
	return a
}

// people is a slog.Handler that writes the sentence of a record.
type people struct {
	slog.Handler // knows which levels are written
	screen       *term.Screen
	palette      term.Palette
	glyphs       term.Glyphs
}

func (h people) Handle(_ context.Context, r slog.Record) error {
	const program = "chargectl:"
	text, problem, debug := h.glyphs.Text(term.Line(r.Message)), r.Level >= slog.LevelError, r.Level < slog.LevelInfo
	switch {
	case problem:
		text = program + " " + text
	case debug:
		text = "debug: " + text
	}
	if h.screen.ErrTTY {
		// What goes on is indented, so that no text of a server passes for a line of ours.
		text = strings.Join(term.Wrap(text, h.screen.Columns()-3), "\n  ")
	}
	switch { // after the text was wrapped: colours have no width
	case problem:
		text = h.palette.Paint(term.Red, program) + strings.TrimPrefix(text, program)
	case debug:
		text = h.palette.Paint(term.Dim, text)
	}
	_, err := h.screen.Write([]byte(text + "\n"))
	return err
}

// record writes one event. The text is for people, who get no line where it is empty; a JSON line has it as msg.
func (l *Log) record(level slog.Level, event, text string, attrs ...slog.Attr) {
	if text != "" || l.options.JSON {
		attrs = append([]slog.Attr{slog.String("event", event)}, attrs...)
		l.logger.LogAttrs(context.Background(), level, cmp.Or(text, event), attrs...)
	}
}

// Note tells a person one sentence.
func (l *Log) Note(text string) { l.record(slog.LevelInfo, "note", text) }

// Next tells a person which command goes on from here, whole, so that it can be pasted.
func (l *Log) Next(command string) {
	if !l.options.Quiet {
		_, _ = l.screen.Write([]byte("next: " + whole(command) + "\n"))
	}
}

// Debug tells facts with names, for --debug: key=value for people, members of "attrs" in JSON. The caller has masked
// what is secret.
func (l *Log) Debug(text string, attrs ...slog.Attr) {
	if !l.options.JSON {
		for _, a := range attrs {
			text += " " + a.Key + "=" + a.Value.String()
		}
	}
	l.record(slog.LevelDebug, "debug", text, slog.Attr{Key: "attrs", Value: slog.GroupValue(attrs...)})
}

// Problem is how a command ended when it did not end well.
type Problem struct {
	Text     string   // what failed: why, in one line
	Hints    []string // what to do next, each safe to paste
	Object   any      // the JSON error object
	Kind     string   // charge.Kind, for logs
	ExitCode int
}

// Problem tells of an error, with Quiet too: a line and its hints; an annotation in GitHub Actions; and with JSON asked
// for, the error object as the last line. As JSON all of that is one line, with the object's members in it.
func (l *Log) Problem(p Problem) {
	if l.options.JSON {
		l.record(slog.LevelError, "problem", p.Text, p.attrs()...)
		return
	}
	l.record(slog.LevelError, "problem", p.Text)
	more := ""
	for _, hint := range p.Hints {
		more += "hint: " + whole(hint) + "\n"
	}
	if l.options.Annotate { // a workflow command has a meaning for %
		more += "::error title=chargectl::" + strings.ReplaceAll(term.Line(p.Text), "%", "%25") + "\n"
	}
	if l.options.Object {
		more += string(p.object()) + "\n"
	}
	_, _ = l.screen.Write([]byte(more))
}

// whole is one line that is safe to show and never cut: a command that is there to be pasted.
func whole(hint string) string { return charge.HideKeys(term.Clean(hint)) }

// object is compact, safe to show, and never fails: an object that cannot be encoded leaves the least.
func (p Problem) object() []byte {
	text, err := charge.EncodeJSON(p.Object)
	if err != nil || p.Object == nil {
		text, _ = charge.EncodeJSON(map[string]any{"kind": p.Kind, "message": term.Line(p.Text), "exit_code": p.ExitCode})
	}
	return term.EscapeJSON([]byte(charge.HideKeys(string(text))))
}

// attrs are the members of a problem's line: its own, and those of the object in their order.
func (p Problem) attrs() []slog.Attr {
	attrs := []slog.Attr{slog.String("error", p.Text)}
	if len(p.Hints) > 0 {
		hints, _ := charge.EncodeJSON(whole(strings.Join(p.Hints, "; ")))
		attrs = append(attrs, slog.Any("hint", json.RawMessage(hints))) // no text, which would be cut
	}
	members := json.NewDecoder(bytes.NewReader(p.object()))
	_, _ = members.Token() // the brace
	for members.More() {
		token, _ := members.Token()
		var value json.RawMessage
		if err := members.Decode(&value); err != nil {
			break
		}
		name, _ := token.(string)
		attrs = append(attrs, slog.Any(name, value))
	}
	return attrs
}

// LogKeys lists the keys of the lines that --log-format json writes with their meanings, one line per event; keys are only
// ever added. Durations are integers of milliseconds, sizes integers of bytes, times RFC 3339.
func LogKeys() [][2]string {
	return [][2]string{
		{"time", "when the line was written"},
		{"level", "DEBUG, INFO, WARN or ERROR"},
		{"msg", "the event in words, for people"},
		{"event", "begin, created, status, poll_failed, receiving, heartbeat, ended, summary, note, debug or problem"},
		{"report", "id of the report concerned"},
		{"status", "the report's status"},
		{"elapsed_ms", "how old the report is"},
		{"left_ms", "time left before the deadline; absent when there is none"},
		{"path", "the file concerned"},
		{"bytes", "bytes of the file on disk so far"},
		{"size", "bytes that the file will have; absent while unknown"},
		{"retry_ms", "how long until the next poll"},
		{"error", "why something did not work"},
		{"items", "how many items the run is about"},
		{"done", "how many of them are over"},
		{"skipped", "true when nothing had to be done"},
		{"hint", "what to do next, in a line of event problem"},
		{"kind", "what kind of error it was, in a line of event problem, which has the other members of the error object too"},
		{"exit_code", "the code that the run ends with"},
		{"attrs", "what a debug line says: method, url, status, duration and the like"},
	}
}
