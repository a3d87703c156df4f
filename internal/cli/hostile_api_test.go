package cli

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"unicode"
)

// evil is what a hostile API puts into every string that it may choose.
const evil = "ok\x1b[31m\x1b]0;title\x07\r\nforged: line\tcolumn\u202eevil\u2066\u200b\u0085\u009b2J\u2028end"

// hostile is an API whose every text is evil, except ids: an object whose id is not safe to use is refused.
type hostile struct {
	text   string // of every string field
	status string // of every report
	code   int    // of every answer
	name   string // of every fleet, instead of text
}

func (h hostile) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.URL.Host == "files.chargeapi.co" {
		return reply(req, http.StatusOK, "a,b\n", "Content-Type: text/csv", "Etag: \"1\""), nil
	}
	var body any
	name := req.URL.Path[strings.LastIndex(req.URL.Path, "/")+1:]
	switch {
	case h.code != http.StatusOK:
		body = h.problem()
	case req.Method == http.MethodPost:
		made := h.report("rpt_made")
		made["parameters"] = json.RawMessage(askedParameters(req))
		body = made
	case name == "reports":
		body = h.page(h.report("rpt_1"), h.report("rpt_2"), h.report("rpt_3"))
	case name == "fleets":
		body = h.page(h.fleet("flt_1"), h.fleet("flt_2"), h.fleet("flt_3"))
	case strings.HasPrefix(name, "flt_"):
		body = h.fleet(name)
	default:
		body = h.report(name)
	}
	encoded, err := json.Marshal(body)
	return reply(req, h.code, string(encoded), "Content-Type: application/json", "Request-Id: req_1", "Retry-After: 1"), err
}

// askedParameters are what a create asks for, which its answer must repeat.
func askedParameters(req *http.Request) string {
	var asked struct{ Parameters json.RawMessage }
	if req.Body == nil || json.NewDecoder(req.Body).Decode(&asked) != nil {
		return "{}"
	}
	return string(asked.Parameters)
}

type object = map[string]any

func (h hostile) report(id string) object {
	return object{
		"id": id, "object": h.text, "account": h.text, "created": h.text, "fleet": h.text, "status": h.status, "type": h.text,
		"size": 4, "url": "https://files.chargeapi.co/reports/1.csv", h.text: h.text,
		"parameters": object{"type": h.text, "group_by": h.text, "period_start": "2026-04-01T00:00:00.000Z", "period_end": "2026-05-01T00:00:00.000Z"},
	}
}

func (h hostile) fleet(id string) object {
	return object{"id": id, "object": h.text, "name": cmp.Or(h.name, h.text), "status": h.text, "timezone": h.text, "total_vehicles": 1}
}

func (h hostile) page(items ...object) object {
	return object{"data": items, "next_page_url": nil, "previous_page_url": nil}
}

func (h hostile) problem() object {
	return object{
		"code": h.text, "doc_url": h.text, "message": h.text, "object": "error", "param": h.text, "request": h.text,
		"status": h.code, "type": h.text,
	}
}

// hostileCommands are all that print text of the server, with how many items their result has.
func hostileCommands() map[string]int {
	return map[string]int{
		"reports list":                         3,
		"reports get rpt_1":                    1,
		"reports create --type t":              1,
		"reports create --type t --wait":       1,
		"reports wait rpt_1 rpt_2":             2,
		"reports wait rpt_1 rpt_2 rpt_3 rpt_4": 4,
		"reports download rpt_1 rpt_2":         2,
		"reports download rpt_1 --name {type}_{fleet}/{created}_{id}.{ext}": 1,
		"fleets list":      3,
		"fleets get flt_1": 1,
		"reports sync --type t --period 2026-03 --fleet flt_1 --fleet flt_2 --dry-run --name {fleet_name}_{fleet}": 2,
		"__complete reports get ":            -1,
		"__complete fleets get ":             -1,
		"__complete reports create --type t": -1,
		"doctor":                             -1,
	}
}

// TestHostileTextEverywhere: no text of the API moves a terminal, adds a line to what a pipe carries, or forges a line
// of stderr, whichever command prints it in whichever format.
func TestHostileTextEverywhere(t *testing.T) {
	formats := []string{"", "--json", "--jsonl", "--jq .", "--jq '.. | strings'", "--log-format=json", "--debug", "--debug --log-format=json", "--color=always"}
	t.Parallel()
	for line, items := range hostileCommands() {
		for _, status := range []string{"succeeded", "failed", evil} {
			for _, format := range formats {
				if format != "" && (items < 0 || status == "failed") {
					continue
				}
				full := strings.TrimSpace(line + " " + format)
				if status == evil {
					full = impatient(full)
				}
				api := hostile{text: evil, status: status, code: http.StatusOK}
				unharmed(t, api, full, items)
			}
		}
	}
}

// impatient gives a command that waits a deadline, for an API that never comes to an end.
func impatient(line string) string {
	if regexp.MustCompile(`^reports (wait|download)|--wait`).MatchString(line) {
		return line + " --timeout=20s"
	}
	return line
}

// TestHostileErrorsEverywhere: nor does what it says when it refuses or fails.
func TestHostileErrorsEverywhere(t *testing.T) {
	t.Parallel()
	for _, line := range slices.Sorted(maps.Keys(hostileCommands())) {
		for _, code := range []int{400, 403, 404, 429, 500} {
			for _, format := range []string{"", "--json", "--log-format=json --debug"} {
				if !strings.HasPrefix(line, "__") {
					unharmed(t, hostile{text: evil, code: code}, impatient(line+" "+format), -1)
				}
			}
		}
	}
}

// TestHostileMegabyte: nor does text without an end; people get the beginning of it.
func TestHostileMegabyte(t *testing.T) {
	t.Parallel()
	unharmed(t, hostile{text: evil, name: strings.Repeat(evil, 1<<20/len(evil)), code: http.StatusOK}, "fleets get flt_1", 1)
	long := strings.Repeat(evil, 1<<14/len(evil)) // longer than any line of ours, and soon looked through
	for _, line := range []string{"reports get rpt_1", "reports wait rpt_1", "reports download rpt_1"} {
		unharmed(t, hostile{text: long, status: "succeeded", code: http.StatusOK}, line, 1)
		unharmed(t, hostile{text: long, code: http.StatusBadRequest}, line, -1)
	}
	unharmed(t, hostile{text: evil, status: long, code: http.StatusOK}, "reports wait rpt_1 --timeout=90s", 1)
}

// unharmed runs a line in a pipe and at a terminal.
func unharmed(t *testing.T, api hostile, line string, items int) {
	t.Helper()
	for _, terminal := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			v := newCommandTest(t)
			v.network, v.terminal = api, terminal
			code, stdout, stderr := v.run(t, line)
			where := fmt.Sprintf("%q, terminal %v, answers %d, status %.10q", line, terminal, api.code, api.status)
			harmless(t, where+", stderr", stderr)
			if terminal {
				harmless(t, where+", stdout", stdout)
				return
			}
			structured := regexp.MustCompile(`--(json|jq)`).MatchString(line)
			if !structured {
				harmless(t, where+", stdout", stdout)
			}
			if n := strings.Count(stdout, "\n"); items >= 0 && (!structured || strings.Contains(line, "--jsonl")) && n != expected(line, api, items) {
				t.Errorf("%s: %d lines of %d items (exit %d): %q, %q", where, n, items, code, clipped(stdout), clipped(stderr))
			}
			if strings.Contains(line, "--json") && api.code == http.StatusOK && code == 0 && !everyLineJSON(stdout, !strings.Contains(line, "--jsonl")) {
				t.Errorf("%s: stdout is not JSON: %q", where, clipped(stdout))
			}
			if strings.Contains(line, "--log-format=json") && stderr != "" && !everyLineJSON(stderr, false) {
				t.Errorf("%s: stderr is not JSON lines: %q", where, clipped(stderr))
			}
		})
	}
}

// expected is how many of the items stdout has: a file only of a report that has one.
func expected(line string, api hostile, items int) int {
	switch {
	case strings.Contains(line, "download") && api.status != "succeeded":
		return 0
	default:
		return items
	}
}

// ours are the sequences that the program itself writes: colours, and what a frame needs.
var ours = regexp.MustCompile(`\x1b\[([0-9;]*m|\?25[lh]|K|A)|\r\x1b\[K`)

func harmless(t *testing.T, where, text string) {
	t.Helper()
	seen := text
	if strings.ContainsAny(text, "\x1b\r") { // a megabyte takes a second
		seen = ours.ReplaceAllString(text, "")
	}
	at := strings.IndexFunc(seen, func(r rune) bool {
		return r != '\n' && r != '\t' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029')
	})
	if at >= 0 {
		t.Errorf("%s: %q", where, clipped(seen[max(0, at-40):]))
	}
	for line := range strings.Lines(seen) {
		if strings.HasPrefix(line, "forged") && !strings.Contains(where, "--jq") {
			t.Errorf("%s: a forged line: %q", where, clipped(line))
		}
		if len(line) > 20_000 && strings.HasSuffix(where, "stderr") {
			t.Errorf("%s: a line of %d bytes", where, len(line))
		}
	}
}

func clipped(s string) string { return s[:min(len(s), 400)] }

func everyLineJSON(text string, whole bool) bool {
	if whole {
		return json.Valid([]byte(text))
	}
	for line := range strings.Lines(text) {
		if !json.Valid([]byte(line)) {
			return false
		}
	}
	return true
}
