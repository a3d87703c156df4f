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
		jq   string
		want string
	}{
		{"jq syntax", ".[] | | x", `unexpected token "|" at position 7, after ".[] | "`},
		{"jq end", ".[] | (", `unexpected EOF at position 8`},
		{"jq function", "nosuch", "function not defined: nosuch/0"},
		{"jq input", "input", "input"},
		{"jq module", `import "a" as a; .`, "module"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := attempt(t.Context(), pipes, Format{JQ: test.jq}, &buffer{})
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
		out, stdout := open(t, pipes, Format{JQ: expr})
		check(t, out.Document(json.RawMessage(text)))
		if stdout.String() != want {
			t.Errorf("%s: got %q, want %q", expr, stdout, want)
		}
	}
}

func TestJQThatDoesNotFit(t *testing.T) {
	for _, expr := range []string{".a.b", `error("\u001b[31mx")`, `"x" | halt_error`} {
		out, _ := open(t, pipes, Format{JQ: expr})
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
	out, err := attempt(ctx, pipes, Format{JQ: "[repeat(1)] | length"}, &buffer{})
	check(t, err)
	if err := out.Document(1); charge.KindOf(err) != charge.KindInterrupted {
		t.Errorf("an endless program ended with %v", err)
	}
}

// TestExpressionsSeeNothingElse: an expression that somebody else wrote reads no environment and no files.
func TestExpressionsSeeNothingElse(t *testing.T) {
	t.Setenv("CHARGECTL_TEST", "seen")
	out, stdout := open(t, pipes, Format{JQ: "($ENV | length), (env | length)"})
	check(t, out.Document(map[string]int{}))
	if stdout.String() != "0\n0\n" {
		t.Errorf("got %q", stdout)
	}
	for _, expr := range []string{`import "a" as a; .`, `include "a"; .`, "input"} {
		out, err := attempt(t.Context(), pipes, Format{JQ: expr}, &buffer{})
		if err == nil {
			err = out.Document(map[string]int{})
		}
		if err == nil {
			t.Errorf("%s works", expr)
		}
	}
}
