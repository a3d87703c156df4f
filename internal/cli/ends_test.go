package cli

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/sandbox/inproc"
)

// TestSeveralEndsInFewLines: what ended the whole run is one line with a count, and a hint that several have in common
// is given once.
func TestSeveralEndsInFewLines(t *testing.T) {
	for name, test := range map[string]struct {
		line string // @ is the ids of three reports that are not ready
		want []string
		code int
	}{
		"deadline": {"reports wait @ --timeout 5s --quiet", []string{
			"chargectl: the deadline passed, 3 reports are not finished",
			"hint: continue with: chargectl reports wait @ --timeout 1h --quiet",
		}, 8},
		"one deadline": {"reports wait @1 --timeout 5s --quiet", []string{
			"chargectl: wait for @1: the deadline passed, the report is still processing",
			"hint: continue with: chargectl reports wait @1 --timeout 1h --quiet",
		}, 8},
		"once": {"reports wait @ --timeout 0 --quiet", []string{
			"chargectl: asked once, 3 reports are not finished",
			"hint: continue with: chargectl reports wait @ --timeout 1h --quiet",
		}, 8},
		"not started": {"reports sync --type charging_summary --since 1980-01 --until 1988-08 --timeout 5s --quiet", []string{
			// of 104: 100 may be open, three of them from before
			"chargectl: the deadline passed, 97 reports are not finished, 7 not tried",
			"hint: continue with: chargectl reports sync --type charging_summary --since 1980-01 --until 1988-08 --as-of 2000-01-01T00:00:40.000Z --dir ",
		}, 8},
		"unknown": {"reports wait rpt_a rpt_b --quiet", []string{
			"chargectl: no such report: 2 of 2 reports: rpt_a, rpt_b (", "hint: list what there is with: chargectl reports list",
			"hint: see https://docs.chargeapi.co/errors/report_not_found",
		}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newCommandTest(t)
				v.sandbox = sandbox.New(sandbox.Options{Vehicles: 3, GenerationTime: time.Minute})
				v.network = inproc.Transport(v.sandbox)
				for range 3 {
					v.run(t, "reports create --type charging_summary")
				}
				time.Sleep(40 * time.Second) // all are being processed
				var ids []string
				for _, r := range v.sandbox.Created() {
					ids = append(ids, r.ID)
				}
				fill := strings.NewReplacer("@1", ids[0], "@", strings.Join(ids, " "))
				code, _, stderr := v.run(t, fill.Replace(test.line))
				var got []string
				for line := range strings.Lines(stderr) {
					got = append(got, strings.TrimSuffix(line, "\n"))
				}
				same := cmp.Comparer(func(a, b string) bool { return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) })
				want := strings.Split(fill.Replace(strings.Join(test.want, "\n")), "\n")
				if diff := cmp.Diff(want, got, same); code != test.code || diff != "" {
					t.Errorf("exit %d\n%s", code, diff)
				}
			})
		})
	}
}
