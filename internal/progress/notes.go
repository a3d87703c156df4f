package output

import (
	"log/slog"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// longestLine is in bytes, and longer than anybody reads.
const longestLine = 2000

// line makes any text one line that is safe to show, and that repeats no key that somebody pasted. It is cut before it
// is cleaned as well, so that a hostile megabyte costs nothing.
func line(s string) string {
	return charge.Clip(charge.HideKeys(Clean(charge.Clip(s, 4*longestLine))), longestLine)
}

// say writes one line on stderr.
func (o *Output) say(text string) { _, _ = o.screen.Write([]byte(text + "\n")) }

// Note tells a person one sentence on stderr: nothing with Quiet, a log line with LogJSON.
func (o *Output) Note(text string) {
	switch {
	case o.options.Quiet:
	case o.log != nil:
		o.record(slog.LevelInfo, "note", text)
	default:
		o.say(line(text))
	}
}

// Debug writes one line of --debug on stderr; nothing with Quiet. The caller has masked what is secret.
func (o *Output) Debug(text string) {
	switch {
	case o.options.Quiet:
	case o.log != nil:
		o.record(slog.LevelDebug, "debug", text)
	default:
		o.say(o.err.paint("dim", "debug: "+line(text)))
	}
}

// Trace is Debug for facts with names: key=value in text, members of "attrs" in JSON.
func (o *Output) Trace(msg string, attrs ...slog.Attr) {
	if o.options.Quiet {
		return
	}
	if o.log != nil {
		o.record(slog.LevelDebug, "debug", msg, slog.Attr{Key: "attrs", Value: slog.GroupValue(cleaned(attrs)...)})
		return
	}
	words := []string{msg}
	for _, a := range attrs {
		words = append(words, a.Key+"="+a.Value.String())
	}
	o.Debug(strings.Join(words, " "))
}

func cleaned(attrs []slog.Attr) []slog.Attr {
	out := make([]slog.Attr, 0, len(attrs))
	for _, a := range attrs {
		if a.Value.Kind() == slog.KindString {
			a = slog.String(a.Key, line(a.Value.String()))
		}
		out = append(out, a)
	}
	return out
}
