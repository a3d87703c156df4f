package progress

import (
	"encoding/json"
	"log/slog"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/term"
)

func failure() Problem {
	return Problem{
		Text:   "get report rpt_1: 100%\nnot \x1b[1mfound",
		Hints:  []string{"chargectl reports list\x07"},
		Object: map[string]any{"kind": "not_found", "message": "x\u202e<&>", "exit_code": 3},
		Kind:   "not_found", ExitCode: 3,
	}
}

func TestProblem(t *testing.T) {
	const (
		people     = "chargectl: get report rpt_1: 100% not [1mfound\nhint: chargectl reports list\n"
		object     = `{"exit_code":3,"kind":"not_found","message":"x\u202e<&>"}` + "\n"
		annotation = "::error title=chargectl::get report rpt_1: 100%25 not [1mfound\n"
	)
	for _, test := range []struct {
		name string
		o    Options
		want string
	}{
		{"text", Options{}, people},
		{"quiet", Options{Quiet: true}, people},
		{"json", Options{Object: true}, people + object},
		{"actions", Options{Annotate: true}, people + annotation},
		{"actions, json", Options{Annotate: true, Object: true}, people + annotation + object},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, stdout, stderr := open(t, test.o)
			out.Problem(failure())
			if diff := cmp.Diff(test.want, stderr.String()); diff != "" {
				t.Error(diff)
			}
			if stdout.String() != "" {
				t.Errorf("stdout has %q", stdout)
			}
		})
	}
}

// TestColoursHaveNoWidth where lines are wrapped at words.
func TestColoursHaveNoWidth(t *testing.T) {
	stderr := &buffer{}
	screen := term.NewScreen(term.Streams{Out: &buffer{}, Err: stderr, ErrTTY: true, Width: 40}, nil)
	NewLog(screen, Options{Palette: true}).Problem(Problem{Text: "there is no API key: neither A is set"})
	if got, want := stderr.String(), "\x1b[31mchargectl:\x1b[0m there is no API key:\n  neither A is set\n"; got != want {
		t.Errorf("it wrote %q, want %q", got, want)
	}
}

func TestProblemAsLog(t *testing.T) {
	for _, o := range []Options{{JSON: true}, {JSON: true, Object: true, Quiet: true, Annotate: true}} {
		out, _, stderr := open(t, o)
		out.Problem(failure())
		got := records(t, stderr.String())
		if len(got) != 1 {
			t.Fatalf("%d lines", len(got))
		}
		delete(got[0], slog.TimeKey)
		want := map[string]any{
			"level": "ERROR", "msg": "get report rpt_1: 100% not [1mfound", "event": "problem", "hint": "chargectl reports list",
			"error": "get report rpt_1: 100% not [1mfound", "kind": "not_found", "message": "x\u202e<&>", "exit_code": 3.0,
		}
		if diff := cmp.Diff(want, got[0]); diff != "" {
			t.Error(diff)
		}
		if strings.ContainsFunc(strings.TrimSpace(stderr.String()), term.Unsafe) {
			t.Errorf("unsafe: %q", stderr)
		}
	}
}

func TestProblemAlwaysHasAnObject(t *testing.T) {
	for _, object := range []any{nil, math.NaN()} {
		out, _, stderr := open(t, Options{Object: true})
		out.Problem(Problem{Text: "why", Object: object, Kind: "internal", ExitCode: 1})
		all := lines(t, stderr.String())
		var got map[string]any
		check(t, json.Unmarshal([]byte(all[len(all)-1]), &got))
		if diff := cmp.Diff(map[string]any{"kind": "internal", "message": "why", "exit_code": 1.0}, got); diff != "" {
			t.Error(diff)
		}
	}
}

func TestNotesAndDebug(t *testing.T) {
	say := func(o *Log) {
		o.Note("note \x1b[1m" + strings.Repeat("x", 5000))
		o.Debug("a\nb")
		o.Debug("GET", slog.String("url", "https://h/\x1b"), slog.Int("status", 200))
	}
	out, _, stderr := open(t, Options{})
	say(out)
	want := []string{"note [1m" + strings.Repeat("x", 1992) + "…", "debug: a b", "debug: GET url=https://h/ status=200"}
	if diff := cmp.Diff(want, lines(t, stderr.String())); diff != "" {
		t.Error(diff)
	}

	out, _, stderr = open(t, Options{Quiet: true})
	if say(out); stderr.String() != "" {
		t.Errorf("quiet says %q", stderr)
	}

	out, _, stderr = open(t, Options{JSON: true})
	say(out)
	got := records(t, stderr.String())
	if got[0]["event"] != "note" || got[1]["msg"] != "a b" || got[2]["attrs"].(map[string]any)["url"] != "https://h/" {
		t.Errorf("got %v", got)
	}
}

// A command that is cut is a command that does something else.
func TestHintsAreWhole(t *testing.T) {
	hint := "continue with: chargectl reports wait " + strings.Repeat("rpt_1234567890 ", 3000) + "--quiet"
	for _, o := range []Options{{}, {JSON: true}} {
		out, _, stderr := open(t, o)
		out.Problem(Problem{Text: "late", Hints: []string{hint}, Kind: "deadline", ExitCode: 8})
		if !strings.Contains(stderr.String(), hint) {
			t.Errorf("%+v: the hint is cut: %d bytes", o, len(stderr.String()))
		}
	}
}
