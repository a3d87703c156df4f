package cli

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/progress"
	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/sandbox/inproc"
)

// TestLogLinesOfEveryFlow: what --log-format json writes are JSON objects with documented keys, whatever is run and
// however it ends; and every key and event that is documented is written by something.
func TestLogLinesOfEveryFlow(t *testing.T) {
	events, keys := map[string]bool{}, map[string]bool{}
	hurdles := []string{"stuck=1", "rate-limit=2", "cut=1", "late=1", "flaky=3", "fails=1", "wrong-size", "html-file=9"}
	for _, fault := range append(hurdles, "slow=1000") {
		synctest.Test(t, func(t *testing.T) {
			for _, line := range loggedLines() {
				collect(t, loggedBy(t, fault, line), events, keys)
			}
		})
	}
	documented := keysThatAreDocumented()
	if diff := cmp.Diff(slices.Sorted(maps.Keys(documented)), slices.Sorted(maps.Keys(keys))); diff != "" {
		t.Errorf("keys (-documented +written):\n%s", diff)
	}
	for event := range events {
		if !strings.Contains(documented["event"], event) {
			t.Errorf("the event %s is not documented", event)
		}
	}
	for _, event := range strings.Fields("begin created status poll_failed receiving heartbeat ended note debug problem") {
		if !events[event] {
			t.Errorf("nothing writes the event %s", event)
		}
	}
}

func loggedLines() []string {
	return []string{
		"reports create --type charging_summary --download --timeout 2m",
		"reports create --type charging_summary --wait --timeout 2m --debug",
		"reports sync --type charging_summary --period 2026-01..2026-03 --timeout 2m --name {period}",
		"reports sync --type charging_summary --since 2026-01 --until 2026-03 --timeout 2m",
		"reports list --limit 1", "reports wait rpt_0", "reports download rpt_0", "fleets get nobody", "reports nothing",
		"reports create --type charging_summary --base-url http://example.com/v1",
	}
}

func keysThatAreDocumented() map[string]string {
	documented := map[string]string{}
	for _, key := range append(progress.LogKeys(), exit.Members()...) { // "kind" says that a line of event problem has them too
		documented[key[0]] = key[1]
	}
	return documented
}

// loggedBy runs a line against an API with a fault, and returns its log.
func loggedBy(t *testing.T, fault, line string) string {
	t.Helper()
	f, err := sandbox.ParseFault(fault)
	if err != nil {
		t.Fatal(err)
	}
	v := newCommandTest(t)
	v.sandbox = sandbox.New(sandbox.Options{Vehicles: 3, GenerationTime: 40 * time.Second, Faults: []sandbox.Fault{f}})
	v.network = inproc.Transport(v.sandbox)
	_, _, stderr := v.run(t, line+" --log-format json")
	return stderr
}

func collect(t *testing.T, log string, events, keys map[string]bool) {
	t.Helper()
	for line := range strings.Lines(log) {
		var record map[string]any
		if err := json.Unmarshal([]byte(line), &record); err != nil {
			t.Errorf("%q is not a JSON line: %v", line, err)
			continue
		}
		event, _ := record["event"].(string)
		events[event] = true
		for key := range record {
			keys[key] = true
		}
	}
}
