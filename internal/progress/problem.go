package output

import (
	"encoding/json"
	"log/slog"
	"maps"
	"slices"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// Problem is how a command ended when it did not end well.
type Problem struct {
	Text     string   // what failed: why, in one line
	Hints    []string // what to do next, each safe to paste
	Object   any      // the JSON error object
	Kind     string   // charge.Kind, for logs
	ExitCode int
}

// Problem reports an error on stderr, with Quiet too: a line and its hints; an annotation in GitHub Actions; and
// with JSON asked for, the error object as the last line. With LogJSON all of that is one log line, which carries
// the object's members beside its own.
func (o *Output) Problem(p Problem) {
	if o.log != nil {
		o.recordProblem(p)
		return
	}
	o.say(o.err.paint("red", "chargectl:") + " " + line(p.Text))
	for _, hint := range p.Hints {
		o.say("hint: " + line(hint))
	}
	if o.options.lookup("GITHUB_ACTIONS") == "true" {
		o.say("::error title=chargectl::" + annotation(p.Text))
	}
	if o.Structured() {
		o.say(string(errorObject(p)))
	}
}

// annotation escapes what a workflow command gives a meaning to (GitHub Actions, workflow commands).
func annotation(text string) string { return strings.ReplaceAll(line(text), "%", "%25") }

// errorObject is compact, safe to show, and never fails: an object that cannot be encoded leaves the least.
func errorObject(p Problem) json.RawMessage {
	object := p.Object
	if object == nil {
		object = leastObject(p)
	}
	encoded, err := encode(object)
	if err != nil {
		encoded, _ = encode(leastObject(p))
	}
	return escapeJSON([]byte(charge.HideKeys(string(encoded))))
}

func leastObject(p Problem) map[string]any {
	return map[string]any{"kind": p.Kind, "message": line(p.Text), "exit_code": p.ExitCode}
}

func (o *Output) recordProblem(p Problem) {
	members := map[string]json.RawMessage{}
	if json.Unmarshal(errorObject(p), &members) != nil {
		members = map[string]json.RawMessage{}
	}
	for _, taken := range []string{slog.TimeKey, slog.LevelKey, slog.MessageKey, "event", "error", "hint"} {
		delete(members, taken)
	}
	attrs := []slog.Attr{slog.String("error", p.Text)}
	if len(p.Hints) > 0 {
		attrs = append(attrs, slog.String("hint", strings.Join(p.Hints, "; ")))
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		attrs = append(attrs, slog.Any(name, members[name]))
	}
	o.record(slog.LevelError, "problem", p.Text, attrs...)
}
