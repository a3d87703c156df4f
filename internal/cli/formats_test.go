package cli

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// odd are members that a decoder would lose: an unknown one, integers past 2^53, numbers written in their own way.
const odd = `"x_new":{"big":12345678901234567890123,"exact":1.10,"huge":1e400}`

const (
	oddReport = `{"id":"ID","object":"report","status":"succeeded","type":"csv","size":4,"url":"https://files.chargeapi.co/reports/ID.csv","parameters":{"type":"t","period_start":"1999-12-01T00:00:00.000Z","period_end":"2000-01-01T00:00:00.000Z"},` + odd + `}`
	oddFleet  = `{"id":"ID","object":"fleet","name":"a","status":"active","timezone":"UTC",` + odd + `}`
)

// oddAPI has as many reports and fleets as anybody asks for, two of each in a list, one a page.
func oddAPI(req *http.Request) (*http.Response, error) {
	object := oddReport
	if strings.Contains(req.URL.Path, "fleets") {
		object = oddFleet
	}
	name := req.URL.Path[strings.LastIndex(req.URL.Path, "/")+1:]
	body := strings.ReplaceAll(object, "ID", name)
	switch {
	case req.URL.Host == "files.chargeapi.co":
		return reply(req, http.StatusOK, "a,b\n", "Content-Type: text/csv"), nil
	case req.Method == http.MethodPost:
		body = strings.ReplaceAll(object, "ID", "rpt_1")
	case name == "reports" || name == "fleets":
		id, next := name[:1]+"_1", `"https://api.chargeapi.co`+req.URL.Path+`?page=2"`
		if req.URL.Query().Get("page") == "2" {
			id, next = name[:1]+"_2", "null"
		}
		id = map[string]string{"r": "rpt", "f": "flt"}[name[:1]] + id[1:]
		body = `{"data":[` + strings.ReplaceAll(object, "ID", id) + `],"next_page_url":` + next + `,"previous_page_url":null}`
	}
	return reply(req, http.StatusOK, body, "Content-Type: application/json"), nil
}

// TestFormats: whatever returns objects returns them whole, in each format, over all pages.
func TestFormats(t *testing.T) {
	for line, want := range map[string]struct {
		ids   []string
		array bool
	}{
		"reports list":                       {[]string{"rpt_1", "rpt_2"}, true},
		"reports get rpt_1":                  {[]string{"rpt_1"}, false},
		"reports create --type t":            {[]string{"rpt_1"}, false},
		"reports create --type t --wait":     {[]string{"rpt_1"}, false},
		"reports create --type t --download": {[]string{"rpt_1"}, false},
		"reports wait rpt_1":                 {[]string{"rpt_1"}, true},
		"reports wait rpt_1 rpt_2":           {[]string{"rpt_1", "rpt_2"}, true},
		"reports download rpt_1":             {[]string{"rpt_1"}, true},
		"reports download rpt_1 rpt_2 --if-exists overwrite --jobs 1": {[]string{"rpt_1", "rpt_2"}, true},
		"fleets list":      {[]string{"flt_1", "flt_2"}, true},
		"fleets get flt_1": {[]string{"flt_1"}, false},
	} {
		t.Run(line, func(t *testing.T) {
			in, unwrapped := "", func(text string) string { return text }
			if strings.Contains(line, "download") { // each object is in one about its file
				in = ".report"
				unwrapped = func(text string) string { return wrapping.ReplaceAllString(text, "$1") }
			}
			for format := range formatted(want.ids, want.array, in) {
				synctest.Test(t, func(t *testing.T) {
					v := newCommandTest(t)
					v.network = roundTripFunc(oddAPI)
					code, stdout, stderr := v.run(t, line+" "+format)
					if format == "--json" {
						stdout = compacted(t, stdout)
					}
					stdout = unwrapped(stdout)
					slices.SortFunc(want.ids, func(a, b string) int { return strings.Index(stdout, a) - strings.Index(stdout, b) }) // as they ended
					if diff := cmp.Diff(formatted(want.ids, want.array, in)[format], stdout); code != 0 || diff != "" {
						t.Errorf("%s: exit %d, %s\n%s", format, code, stderr, diff)
					}
				})
			}
		})
	}
}

// wrapping is what download says of a file, around its report.
var wrapping = regexp.MustCompile(`\{"path":"[^"]*","bytes":4,"skipped":(?:true|false),"report":(` + strings.ReplaceAll(regexp.QuoteMeta(oddReport), "ID", "rpt_.") + `)\}`)

// formatted is what each format makes of the objects, which expressions find in a member.
func formatted(ids []string, array bool, in string) map[string]string {
	objects := make([]string, 0, len(ids))
	for _, id := range ids {
		objects = append(objects, strings.ReplaceAll(map[bool]string{true: oddFleet, false: oddReport}[id[0] == 'f'], "ID", id))
	}
	whole, filter, layout := objects[0], in+".id", `"\(`+in+`.id) \(`+in+`.x_new.exact);"`
	if array {
		whole, filter, layout = "["+strings.Join(objects, ",")+"]", ".[]"+in+".id", ".[] | "+layout
	}
	return map[string]string{
		"--json":                whole,
		"--jsonl":               strings.Join(objects, "\n") + "\n",
		"--json --jq " + filter: strings.Join(ids, "\n") + "\n",
		"--jq '" + layout + "'": strings.Join(ids, " 1.10;\n") + " 1.10;\n",
		"--jq '[.. | numbers | select(. > 9e18)] | length > 0'": "true\n",
	}
}

// compacted is a JSON text without its layout, and otherwise untouched.
func compacted(t *testing.T, text string) string {
	t.Helper()
	var b strings.Builder
	inside, escaped := false, false
	for _, r := range text {
		if r == '"' && !escaped {
			inside = !inside
		}
		escaped = r == '\\' && !escaped
		if inside || r != ' ' && r != '\n' {
			b.WriteRune(r)
		}
	}
	if !json.Valid([]byte(text)) {
		t.Errorf("not JSON: %q", text)
	}
	return b.String()
}

// TestFormatsOfOurOwn: what has no object of the API has a document of its own, in each format too.
func TestFormatsOfOurOwn(t *testing.T) {
	v := newCommandTest(t)
	v.given(t, 1)
	for line, member := range map[string]string{
		"version":     "version",
		"auth status": "mode",
		"config list": "",
		"doctor":      "ok",
		"reports create --type charging_summary --dry-run":                                     "method",
		"reports sync --type charging_summary --period 2026-04 --dry-run":                      "period",
		"reports sync --type charging_summary --period 2026-04":                                "period",
		"reports sync --type charging_summary --since 2026-01 --until 2026-03 --name {period}": "period",
	} {
		for _, format := range []string{"--json", "--jsonl", "--jq ."} {
			_, stdout, stderr := v.run(t, line+" "+format)
			if !everyLineJSON(stdout, format != "--jsonl") {
				t.Errorf("%s %s: %q, %q", line, format, stdout, stderr)
			}
			if !strings.Contains(stdout, member) {
				t.Errorf("%s %s: no %s in %q", line, format, member, stdout)
			}
		}
	}
}

// TestWrongExpressions end with 2 before any request, on every command that takes them.
func TestWrongExpressions(t *testing.T) {
	runnable, _ := commands(t)
	tried := 0
	for _, cmd := range runnable {
		if cmd.Flags().Lookup("jq") == nil {
			continue
		}
		tried++
		line := strings.TrimPrefix(cmd.CommandPath(), "chargectl ")
		switch {
		case strings.Contains(cmd.Use, "ID"):
			line += " rpt_1"
		case strings.Contains(cmd.Use, "FLEET"):
			line += " flt_1"
		case strings.Contains(cmd.Use, "NAME"):
			line += " type"
		}
		for _, format := range []string{"--jq .[", "--jq nofunction", "--jsonl --json", "--jq . --jsonl", "--template {{.id}}"} {
			v := newCommandTest(t)
			v.network = roundTripFunc(func(req *http.Request) (*http.Response, error) {
				t.Errorf("%s %s asks %s", line, format, req.URL)
				return oddAPI(req)
			})
			code, stdout, stderr := v.run(t, line+" "+format)
			flag, _, _ := strings.Cut(format, " ")
			if code != 2 || stdout != "" || !strings.Contains(stderr, flag) {
				t.Errorf("%s %s: %d, %q, %q", line, format, code, stdout, stderr)
			}
		}
	}
	if tried < 12 {
		t.Errorf("only %d commands take expressions", tried)
	}
}
