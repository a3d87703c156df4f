//go:build unix

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// yearOf is the sync that the tests below crash: twelve months of three fleets.
func (c *crashTest) yearOf(dir string) []string {
	return []string{
		"reports", "sync", "--type", "charging_summary", "--all-fleets", "--since", "2025-01", "--until", "2025-12", "--dir", dir,
		"--as-of", "2026-01-02", "--interval", "1s",
	}
}

// TestSyncKilled kills the real binary at random moments while it fills a folder. Run once more, the folder holds one
// file for each month and fleet and nothing else but the lock, of one report each.
func TestSyncKilled(t *testing.T) {
	t.Parallel()
	times := 20
	if os.Getenv("CHARGECTL_LONG") == "1" {
		times = 100
	}
	c := newCrashTest(t)
	dir, died := filepath.Join(t.TempDir(), "reports"), 0
	for range times {
		// A run makes three requests a report, and tells of each piece of a file.
		if c.killed(t, c.chance.IntN(3*chunks), time.Duration(c.chance.IntN(4000))*time.Microsecond, c.yearOf(dir)...) {
			died++
		}
	}
	c.run(t, c.yearOf(dir)...)
	c.wantYear(t, dir)
	if died == 0 {
		t.Error("no run was killed")
	}
	t.Logf("%d of %d runs were killed", died, times)

	for len(c.events) > 0 {
		<-c.events
	}
	period := []string{"reports", "sync", "--type", "charging_summary", "--since", "2025-01", "--until", "2025-12", "--as-of", "2026-01-02", "--dir", dir}
	for _, fleet := range c.fleets() {
		period = append(period, "--fleet", fleet)
	}
	if c.run(t, period...); len(c.events) > 0 {
		t.Errorf("a run of the complete folder made %d requests", len(c.events))
	}
}

// wantYear checks that a folder holds the files of all reports, each whole, and nothing but the lock besides.
func (c *crashTest) wantYear(t *testing.T, dir string) {
	t.Helper()
	all := c.Created()
	if len(all) != 36 {
		t.Errorf("%d reports exist, want 36", len(all))
	}
	names := []string{".chargectl.lock"}
	for _, r := range all {
		name := fmt.Sprintf("charging_summary_%s_%s.csv", r.Fleet, r.PeriodStart.Format("2006-01"))
		names = append(names, name)
		want, _ := c.File(r.ID)
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s has %d bytes (%v), not the file's %d", name, len(got), err, len(want))
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if !slices.Contains(names, entry.Name()) {
			t.Errorf("%s is left", entry.Name())
		}
	}
}

func (c *crashTest) fleets() (ids []string) {
	for _, r := range c.Created() {
		ids = append(ids, r.Fleet)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// TestSyncAtTheSameMoment has four machines ask for the same month at once: it is one report.
func TestSyncAtTheSameMoment(t *testing.T) {
	t.Parallel()
	c := newCrashTest(t)
	var all sync.WaitGroup
	outputs := make([]error, 4)
	commands := make([]*exec.Cmd, 4)
	dirs := make([]string, 4)
	for i := range commands {
		dirs[i] = t.TempDir()
		commands[i] = c.command(t, "reports", "sync", "--type", "charging_summary", "--period", "2026-04", "--dir", dirs[i])
	}
	for i, cmd := range commands {
		all.Go(func() { outputs[i] = cmd.Run() })
	}
	all.Wait()
	if len(c.Created()) != 1 {
		t.Fatalf("%d reports exist, want 1", len(c.Created()))
	}
	want, _ := c.File(c.last())
	for i, dir := range dirs {
		got, err := os.ReadFile(filepath.Join(dir, "charging_summary_2026-04.csv"))
		if outputs[i] != nil || err != nil || !bytes.Equal(got, want) {
			t.Errorf("folder %d: %v, %v, %d bytes, want %d", i, outputs[i], err, len(got), len(want))
		}
	}
}
