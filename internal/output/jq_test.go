package output

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/chargectl/chargectl/internal/charge"
)

func TestBadExpressions(t *testing.T) {
	for _, test := range []struct {
		name string
		o    Options
		want string
	}{
		{"jq syntax", Options{JQ: ".[] | | x"}, `unexpected token "|" at position 7, after ".[] | "`},
		{"jq end", Options{JQ: ".[] | ("}, `unexpected EOF at position 8`},
		{"jq function", Options{JQ: "nosuch"}, "function not defined: nosuch/0"},
		{"jq input", Options{JQ: "input"}, "input"},
		{"jq module", Options{JQ: `import "a" as a; .`}, "module"},
		{"template syntax", Options{Template: "{{.id"}, "--template:1"},
		{"template function", Options{Template: "{{nosuch .id}}"}, `"nosuch" not defined`},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := attempt(pipes, test.o, &buffer{}, &buffer{})
			if charge.KindOf(err) != charge.KindUsage || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want %s", err, test.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("more than one line: %q", err)
			}
		})
	}
}

func TestJQ(t *testing.T) {
	t.Setenv("CHARGE_API_KEY", "ch_sk_test_secret")
	const text = `{"big":12345678901234567890123,"f":1.10,"s":"a\tb","n":null,"l":[1,"<x>"]}`
	for expr, want := range map[string]string{
		".big":                    "12345678901234567890123\n",
		".s":                      "a\tb\n",
		".n, .l":                  "null\n[1,\"<x>\"]\n",
		"$ENV|length":             "0\n",
		"env|length":              "0\n",
		"empty":                   "",
		".l[] | strings":          "<x>\n",
		"1, halt, 2":              "1\n",
		`"\(.l[0]) \(.l[1])"`:     "1 <x>\n",
		`(.l | join("-")), .f`:    "1-<x>\n1.10\n",
		"[.big] == [.big]":        "true\n",
		`.s | test("a\\s") `:      "true\n",
		`[.l[] | tostring][0]`:    "1\n",
		`if .n then 1 else 2 end`: "2\n",
	} {
		out, stdout, _ := open(t, pipes, Options{JQ: expr})
		check(t, out.Document(json.RawMessage(text)))
		if stdout.String() != want {
			t.Errorf("%s: got %q, want %q", expr, stdout, want)
		}
	}
}

func TestJQThatDoesNotFit(t *testing.T) {
	for _, expr := range []string{".a.b", `error("\u001b[31mx")`, `"x" | halt_error`} {
		out, _, _ := open(t, pipes, Options{JQ: expr})
		err := out.Document(map[string]int{"a": 1})
		if charge.KindOf(err) != charge.KindUsage || strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%s: %v", expr, err)
		}
	}
}

func TestJQEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := charge.Errorf(charge.KindInterrupted, "interrupted by SIGINT")
	cancel(cause)
	out, _, _ := open(t, pipes, Options{JQ: "[repeat(1)] | length", Context: ctx})
	if err := out.Document(1); charge.KindOf(err) != charge.KindInterrupted {
		t.Errorf("an endless program ended with %v", err)
	}
}

func TestTemplateHelpers(t *testing.T) {
	const text = `{"id":"rpt_1","created":"2026-05-01T11:57:00.000Z","size":48213,"f":1.5,"n":null,"v":[{"id":"a"},{"id":"b"}],"s":"a b c"}`
	for tmpl, want := range map[string]string{
		`{{timeago .created}}`:                              "3 minutes ago",
		`{{timefmt "2006-01" .created}}`:                    "2026-05",
		`{{timeago .n}}|{{timefmt "2006" .n}}`:              "|",
		`{{join ", " (pluck "id" .v)}}`:                     "a, b",
		`{{truncate 3 .s}}`:                                 "a …",
		`{{json .v}}`:                                       `[{"id":"a"},{"id":"b"}]`,
		`{{bytes .size}}`:                                   "48.2 kB",
		`{{if gt .size 100}}{{printf "%06d" .size}}{{end}}`: "048213",
		`{{if gt .f 1.0}}{{.f}}{{end}}`:                     "1.5",
		`{{color "red" .id}}`:                               "rpt_1",
		`{{.missing}}`:                                      "<no value>",
	} {
		out, stdout, _ := open(t, pipes, Options{Template: tmpl})
		check(t, out.Document(json.RawMessage(text)))
		if stdout.String() != want {
			t.Errorf("%s: got %q, want %q", tmpl, stdout, want)
		}
	}
}

func TestTemplateThatDoesNotFit(t *testing.T) {
	for _, tmpl := range []string{`before {{.a.b.c}}`, `{{timeago .s}}`, `{{bytes .s}}`, `{{index .l 9}}`} {
		out, stdout, _ := open(t, pipes, Options{Template: tmpl})
		err := out.Document(json.RawMessage(`{"a":1,"s":"x","l":[]}`))
		if charge.KindOf(err) != charge.KindUsage || stdout.String() != "" {
			t.Errorf("%s: %v and %q", tmpl, err, stdout)
		}
	}
}

func TestTemplateKeepsNumbers(t *testing.T) {
	for _, n := range []string{"9007199254740993", "123456789012345678901234567890", "1.10", "1e400", "-0", "21.5", "1000000.0"} {
		out, stdout, _ := open(t, pipes, Options{Template: "{{.}}"})
		check(t, out.Document(json.RawMessage(n)))
		if stdout.String() != n {
			t.Errorf("%s became %s", n, stdout)
		}
	}
}
