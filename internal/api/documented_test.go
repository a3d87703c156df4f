package api

import (
	"encoding/json"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

// documented reads the project's copy of the documentation and fills in what it leaves out: the rest of an id, and
// the instants that stand as an ellipsis.
func documented(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../../docs/api/charge-api.md")
	if err != nil {
		t.Fatal(err)
	}
	full := strings.ReplaceAll(string(text), "_…", "_"+strings.Repeat("a", 32))
	return strings.ReplaceAll(full, `"…"`, `"2026-03-03T14:05:23.789Z"`)
}

func TestTheDocumentedReportDecodesWithoutLoss(t *testing.T) {
	_, after, found := strings.Cut(documented(t), "```json\n")
	block, _, closed := strings.Cut(after, "```")
	if !found || !closed {
		t.Fatal("docs/api/charge-api.md shows no report")
	}
	raw := strings.TrimSpace(block)
	r, err := decoded(raw, reportOf)
	if err != nil {
		t.Fatal(err)
	}
	if string(r.Raw) != raw {
		t.Errorf("kept %s, want %s", r.Raw, raw)
	}
	rest := strings.Repeat("a", 32)
	at := time.Date(2026, time.March, 3, 14, 5, 23, 789e6, time.UTC)
	want := charge.Report{
		ID: "rpt_" + rest, Status: charge.Pending, Fleet: "flt_" + rest, Format: "csv", Created: at,
		Parameters: charge.Parameters{Type: "charging_summary", Start: at, End: at, GroupBy: "vehicle", Vehicles: []string{"veh_" + rest}},
	}
	r.Raw = nil
	if diff := cmp.Diff(want, r); diff != "" {
		t.Error(diff)
	}
}

func TestTheDocumentedErrorDecodesWithoutLoss(t *testing.T) {
	names := regexp.MustCompile("`\\{((?:\"[a-z_]+\",)+\"object\":\"error\"[^}]*)\\}`").FindStringSubmatch(documented(t))
	if names == nil {
		t.Fatal("docs/api/charge-api.md shows no error object")
	}
	object := map[string]any{}
	for _, member := range strings.Split(names[1], ",") {
		name, _, _ := strings.Cut(member, ":")
		object[strings.Trim(name, `"`)] = strings.Trim(name, `"`)
	}
	object["object"], object["status"] = "error", 404
	body, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	e := refusal(answered(404, string(body)))
	got := []string{e.Code, e.DocURL, e.Reason, e.Param, e.Request}
	if diff := cmp.Diff([]string{"code", "doc_url", "message", "param", "request"}, got); diff != "" {
		t.Error(diff)
	}
	if e.Kind != charge.KindNotFound {
		t.Errorf("kind %s", e.Kind)
	}
}
