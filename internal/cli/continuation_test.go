package cli

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/poll"
	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/sandbox/inproc"
)

// TestContinuesOverMidnight: what moves with the clock is in the command that continues as what it was. The answer is
// lost, or the deadline passes, two minutes before a midnight at which day, month and year end; the command is run after
// it, and ends in the same report and the same file.
func TestContinuesOverMidnight(t *testing.T) {
	for _, tc := range []struct {
		name, line string
		fault      string
		file       string // that there is in the end, and no other
	}{
		{"yesterday", "reports create --type t --start yesterday --end today --download --name {start}", "lost-create=5", "2000-12-30.csv"},
		{"a named period", "reports create --type t --period LAST-MONTH --download --name {period}", "lost-create=5", "2000-11.csv"},
		{"no period", "reports create --type t --download --name {period}", "lost-create=5", "2000-11.csv"},
		{"an open period", "reports create --type t --period this-year --download --name {period}", "lost-create=5", "2000.csv"},
		{"another zone", "reports create --type t --period yesterday --timezone Asia/Kolkata --download --name {period}", "lost-create=5", "2000-12-31.csv"},
		{"a known report", "reports create --type t --period yesterday --download --name {period} --timeout 0", "slow", "2000-12-30.csv"},
		{"a fleet's zone", "reports create --type t --period yesterday --fleet FLEET --timezone fleet --download --name {period} --timeout 0", "slow", "2000-12-31.csv"},
		{"sync", "reports sync --type t --period last-month --timeout 0", "slow", "t_2000-11.csv"},
		{"sync since", "reports sync --type t --since last-month --every month --timeout 0", "slow", "t_2000-11.csv"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				time.Sleep(time.Until(time.Date(2000, 12, 31, 23, 58, 0, 0, time.UTC)))
				v := newCommandTest(t)
				fault, err := sandbox.ParseFault(tc.fault)
				if err != nil {
					t.Fatal(err)
				}
				v.sandbox = sandbox.New(sandbox.Options{Vehicles: 3, Faults: []sandbox.Fault{fault}})
				v.network = inproc.Transport(v.sandbox)
				_, fleets, _ := v.run(t, "fleets list --jq .[0].id")
				dir := v.vars["CHARGE_DIR"]
				code, _, stderr := v.run(t, strings.Replace(tc.line, "FLEET", strings.TrimSpace(fleets), 1))
				if !slices.Contains([]int{5, 8}, code) {
					t.Fatalf("exit %d\n%s", code, stderr)
				}
				v.vars["CHARGE_DIR"] = t.TempDir() // the command says where files go
				time.Sleep(10 * time.Minute)
				hint := regexp.MustCompile(`(?m)^hint: continue with: chargectl (.*)$`).FindStringSubmatch(stderr)
				if hint == nil {
					t.Fatalf("nothing says how to continue\n%s", stderr)
				}
				if code, _, stderr := v.run(t, hint[1]); code != 0 {
					t.Errorf("%s: exit %d\n%s", hint[1], code, stderr)
				}
				if n := len(v.sandbox.Created()); n != 1 {
					t.Errorf("%d reports", n)
				}
				if diff := cmp.Diff([]string{tc.file}, filesIn(t, dir)); diff != "" {
					t.Errorf("%s (-want +got):\n%s", hint[1], diff)
				}
			})
		})
	}
}

// filesIn are the names of what a command was to write to a folder.
func filesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !strings.HasPrefix(entry.Name(), ".") {
			names = append(names, entry.Name())
		}
	}
	return names
}

// TestContinuationLeavesNoFlagOut: each flag of a command that waits is in the command that continues it, as it was given
// or as it was resolved. A new flag has to be thought of only where it moves.
func TestContinuationLeavesNoFlagOut(t *testing.T) {
	for name, options := range map[string]flagGroup{
		"create": new(createOptions), "wait": new(waitOptions), "download": new(downloadOptions), "sync": new(syncOptions),
	} {
		app := &App{}
		root := newRootCmd(app)
		cmd, _, err := root.Find([]string{"reports", name})
		if err != nil {
			t.Fatal(err)
		}
		app.command = cmd
		knows := flagsOf(options)
		var want []string
		knows.VisitAll(func(flag *pflag.Flag) {
			value := "1s"
			if few, ok := flag.Value.(ofWords); ok {
				value = few.words()[0]
			}
			if err := cmd.ParseFlags([]string{fmt.Sprintf("--%s=%s", flag.Name, value)}); err == nil {
				want = append(want, "--"+flag.Name)
				return
			}
			value = "1"
			if _, ok := flag.Value.(*shardFlag); ok {
				value = "1/1"
			}
			if err := cmd.ParseFlags([]string{fmt.Sprintf("--%s=%s", flag.Name, value)}); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			want = append(want, "--"+flag.Name)
		})
		got := app.continuation("reports "+name, options, nil, resolved{}).Args
		got = slices.DeleteFunc(got, func(word string) bool { return !strings.HasPrefix(word, "--") })
		slices.Sort(got)
		slices.Sort(want)
		if diff := cmp.Diff(want, got); diff != "" || len(want) < 10 {
			t.Errorf("%s (-given +said):\n%s", name, diff)
		}
	}
}

// TestContinuationSays: resolved flags stand for what was given, in the order in which help has them.
func TestContinuationSays(t *testing.T) {
	app := &App{}
	cmd, _, err := newRootCmd(app).Find([]string{"reports", "create"})
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.ParseFlags(strings.Fields("--period last-month --download --json=false --dir x -q --vehicle a --vehicle b")); err != nil {
		t.Fatal(err)
	}
	app.command = cmd
	got := app.continuation("reports create", new(createOptions), nil, resolved{"period": {"2026-04"}, "dir": nil, "fleet": {""}})
	want := exit.Command{Path: []string{"reports", "create"}, Args: []string{
		"--vehicle", "a", "--vehicle", "b", "--fleet", "", "--period", "2026-04", "--download", "--json=false", "--quiet",
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// TestMoreTime: a deadline that was missed is not repeated, but one that is as long as is usual stays, and so does one that
// was not missed.
func TestMoreTime(t *testing.T) {
	late := charge.Errorf(charge.KindDeadline, "the deadline passed")
	failed := charge.Errorf(charge.KindFailed, "the report failed")
	for _, tc := range []struct {
		err    error
		missed poll.Timeout
		want   []string
	}{
		{late, poll.Once, []string{"1h"}}, {late, poll.Timeout(time.Second), []string{"1h"}}, {exit.Join(failed, late), poll.Timeout(time.Second), []string{"1h"}},
		{late, poll.Timeout(time.Hour), nil}, {late, poll.Timeout(12 * time.Hour), nil}, {late, poll.Never, nil},
		{failed, poll.Timeout(time.Second), nil}, {nil, poll.Once, nil},
	} {
		if got := (resolved{}).moreTime(tc.err, tc.missed, "1h")["timeout"]; !slices.Equal(got, tc.want) {
			t.Errorf("%v after %d: %q", tc.err, tc.missed, got)
		}
	}
}
