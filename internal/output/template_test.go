package output

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestHelpersAreAsDescribed: the description names every function, and its example does what it says.
func TestHelpersAreAsDescribed(t *testing.T) {
	out, _, _ := open(t, pipes, Options{Color: "always"})
	results := map[string]string{
		"bytes": "48.2 kB", "timeago": "3 minutes ago", "timefmt": "2026-05-01", "truncate": "rpt_012…",
		"pluck": "[rpt_1 rpt_2]", "join": "rpt_1, rpt_2", "json": `{"type":"a&b"}`, "color": "\x1b[32msucceeded\x1b[0m",
	}
	var described []string
	for _, helper := range Helpers() {
		described = append(described, helper.Name)
		example, _, _ := strings.Cut(helper.Meaning, " is ")
		var data any = map[string]any{
			"id": "rpt_0123456789", "size": int64(48213), "created": "2026-05-01T11:57:00.000Z", "status": "succeeded",
			"parameters": map[string]any{"type": "a&b"},
		}
		if strings.Contains(example, "pluck") {
			data = []any{map[string]any{"id": "rpt_1"}, map[string]any{"id": "rpt_2"}}
		}
		compiled, err := out.compileTemplate(example)
		check(t, err)
		var b strings.Builder
		check(t, compiled.Execute(&b, data))
		if diff := cmp.Diff(results[helper.Name], b.String()); diff != "" {
			t.Errorf("%s: %s", example, diff)
		}
	}
	slices.Sort(described)
	if diff := cmp.Diff(slices.Sorted(maps.Keys(out.helpers())), described); diff != "" {
		t.Error(diff)
	}
}

// TestExpressionsSeeNothingElse: an expression that somebody else wrote reads no environment and no files.
func TestExpressionsSeeNothingElse(t *testing.T) {
	t.Setenv("CHARGECTL_TEST", "seen")
	out, stdout, _ := open(t, pipes, Options{JQ: "($ENV | length), (env | length)"})
	check(t, out.Document(map[string]int{}))
	if stdout.String() != "0\n0\n" {
		t.Errorf("got %q", stdout)
	}
	for _, expr := range []string{`import "a" as a; .`, `include "a"; .`, "input"} {
		out, err := attempt(pipes, Options{JQ: expr}, &buffer{}, &buffer{})
		if err == nil {
			err = out.Document(map[string]int{})
		}
		if err == nil {
			t.Errorf("%s works", expr)
		}
	}
}
