package internal_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTheRulesBite shows each rule a file that breaks it.
func TestTheRulesBite(t *testing.T) {
	const api, cli = "internal/api/x.go", "internal/cli/x.go"
	for _, c := range []struct {
		rule       func(source) []string
		path, text string
		want       []string // what each complaint begins with
	}{
		{imports, api, "import \"fmt\"\nimport \"" + module + "internal/charge\"", nil},
		{imports, api, "import \"" + module + "internal/reports\"", []string{api + ":2: internal/api must not import internal/reports:"}},
		{imports, "internal/charge/x.go", "import \"" + module + "internal/api\"", []string{"internal/charge/x.go:2: internal/charge must not import internal/api:"}},
		{imports, "internal/common/x.go", "", []string{"internal/common/x.go:1: internal/common is not a room"}},
		{imports, api, "import \"github.com/spf13/cobra/doc\"", []string{api + ":2: internal/api must not import github.com/spf13/cobra/doc: its room is internal/cli"}},
		{imports, api, "import \"github.com/google/go-cmp/cmp\"", []string{api + ":2: internal/api must not import github.com/google/go-cmp/cmp: it is for tests"}},
		{imports, "internal/api/x_test.go", "import \"github.com/google/go-cmp/cmp\"", nil},
		{imports, cli, "import \"example.com/new\"", []string{cli + ":2: internal/cli imports example.com/new, which has no room yet"}},
		{imports, cli, "import \"text/template\"", []string{cli + ":2: internal/cli imports text/template, which"}},
		{habits, cli, "func f() { cmd.SetVersionTemplate(x); cmd.SetOut(x) }", []string{cli + ":2: SetVersionTemplate brings"}},
		{habits, cli, "func init() {}", []string{cli + ":2: init()"}},
		{habits, cli, "func f() {\n os.Exit(1)\n time.Sleep(1)\n}", []string{cli + ":3: os.Exit", cli + ":4: time.Sleep"}},
		{habits, "cmd/chargectl/main.go", "func main() { os.Exit(1) }", nil},
		{habits, "internal/cli/x_test.go", "import \"testing/synctest\"\nfunc f() { time.Sleep(1) }", nil},
		{habits, "internal/cli/x_test.go", "func f() { time.Sleep(1) }", []string{"internal/cli/x_test.go:2: time.Sleep"}},
		{habits, cli, "func f() { fmt.Println(); println(); log.Fatal(); context.TODO(); panic(\"no\"); panic(err) }", []string{
			cli + ":2: fmt.Println", cli + ":2: println", cli + ":2: log.Fatal", cli + ":2: context.TODO", cli + ":2: panic",
		}},
		{alone, cli, "var a, b = 1, []int{1}\nfunc f() { a++; b[0] = 2; c := 3; c = a; _ = c }", []string{cli + ":3: a is", cli + ":3: b is"}},
		{undocumented, cli, "// A is.\nfunc A() {}\nfunc B() {}\ntype C int\nfunc (C) D() {}\nfunc (e) F() {}\nconst g, H = 1, 2", []string{
			cli + ":4: B has", cli + ":5: C has", cli + ":6: D has", cli + ":8: H has",
		}},
		{tooLong, cli, "func f() {" + strings.Repeat("\n", longestFunction) + "}", []string{cli + ":2: f has 71 lines"}},
	} {
		file, err := parse(c.path, "package p\n"+c.text+"\n")
		if err != nil {
			t.Fatal(err)
		}
		got := c.rule(file)
		if diff := cmp.Diff(c.want, got, cmp.Comparer(beginsWith)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.text, diff)
		}
	}
}

func alone(s source) []string { return variables([]source{s}) }

func beginsWith(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) }
