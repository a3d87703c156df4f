//go:build unix

package main

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/sandbox"
)

// folderNow is what a folder holds by name: of a file its bytes, of a receipt those that it is for. The date in the names of
// older versions is left out, as a test may run over midnight.
func folderNow(t *testing.T, dir string) map[string]string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	holds := map[string]string{}
	for _, entry := range entries {
		text, err := os.ReadFile(filepath.Join(dir, entry.Name()))
		if err != nil {
			t.Fatal(err)
		}
		sum := sha256.Sum256(text)
		if holds[undated(entry.Name())] = hex.EncodeToString(sum[:]); strings.HasSuffix(entry.Name(), ".json") {
			var receipt struct{ SHA256 string }
			if err := json.Unmarshal(text, &receipt); err != nil {
				t.Errorf("%s: %v", entry.Name(), err)
			}
			holds[undated(entry.Name())] = "receipt for " + receipt.SHA256
		}
	}
	return holds
}

func undated(name string) string {
	return regexp.MustCompile(`~\d{4}-\d\d-\d\d`).ReplaceAllString(name, "~DATE")
}

func rounds() int {
	if os.Getenv("CHARGECTL_LONG") == "1" {
		return 100
	}
	return 20
}

// TestRecheckKilled kills the real binary at random moments while it asks again for months of which some have changed. At
// every such moment each name leads to the old or to the new file, which a sync without a recheck takes in its stride; run once
// more, the folder is what an undisturbed run leaves: the new files, the old ones beside them, each with its receipt.
func TestRecheckKilled(t *testing.T) {
	t.Parallel()
	c := newCrashTestOf(t, sandbox.Options{Vehicles: 200, GenerationTime: time.Nanosecond})
	before := filepath.Join(t.TempDir(), "before")
	months := []string{"reports", "sync", "--type", "charging_summary", "--since", "2026-01", "--until", "2026-04", "--as-of", "2026-05-02", "--receipts", "--dir"}
	c.run(t, append(months, before)...)
	names := []string{"charging_summary_2026-02.csv", "charging_summary_2026-03.csv", "charging_summary_2026-04.csv"}
	past := time.Now().AddDate(0, -1, 0)
	for i, name := range names {
		file := filepath.Join(before, name)
		if i > 0 {
			c.restate(t, file)
		}
		if i == 2 { // one without a receipt
			if err := os.Remove(file + ".json"); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Chtimes(file, past, past); err != nil {
			t.Fatal(err)
		}
	}
	restore := func() (dir string) {
		dir = filepath.Join(t.TempDir(), "reports")
		if err := os.CopyFS(dir, os.DirFS(before)); err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if err := os.Chtimes(filepath.Join(dir, name), past, past); err != nil {
				t.Fatal(err)
			}
		}
		return dir
	}
	recheck := append([]string{"reports", "sync", "--recheck", "3"}, months[2:]...)
	undisturbed := restore()
	c.run(t, append(recheck, undisturbed)...)
	old, want := folderNow(t, before), folderNow(t, undisturbed)
	if len(want) != 1+4+4+2+1 { // the lock, the files, their receipts, two older versions, and the receipt of one
		t.Fatalf("an undisturbed run leaves %v", want)
	}
	died := 0
	for round := range rounds() {
		dir := restore()
		if c.killed(t, c.chance.IntN(3*chunks+9), time.Duration(c.chance.IntN(5000))*time.Microsecond, append(recheck, dir)...) {
			died++
		}
		for _, name := range names {
			if is := folderNow(t, dir)[name]; is != old[name] && is != want[name] {
				t.Errorf("after a kill %s is neither the old nor the new file", name)
			}
		}
		if round%5 == 1 { // what was begun is finished, or as it was before: either way the receipts are right
			c.run(t, append(months, dir)...)
			c.run(t, append([]string{"reports", "check"}, append(months[2:len(months)-2:len(months)-2], "--dir", dir)...)...)
		}
		c.run(t, append(recheck, dir)...)
		if diff := cmp.Diff(want, folderNow(t, dir)); diff != "" {
			t.Errorf("after a kill and one more run (-undisturbed +got):\n%s", diff)
		}
	}
	if died == 0 {
		t.Error("no run was killed")
	}
	t.Logf("%d of %d runs were killed", died, rounds())
}

// restate gives a file, and the receipt beside it, bytes that are not today's.
func (c *crashTest) restate(t *testing.T, file string) {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	receipt, err := os.ReadFile(file + ".json")
	if err != nil {
		t.Fatal(err)
	}
	is := sha256.Sum256(text)
	text[len(text)-2] ^= 1
	was := sha256.Sum256(text)
	receipt = bytes.Replace(receipt, []byte(hex.EncodeToString(is[:])), []byte(hex.EncodeToString(was[:])), 1)
	for name, text := range map[string][]byte{file: text, file + ".json": receipt} {
		if err := os.WriteFile(name, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// TestReceiptsKilled kills the real binary at random moments while it fills a folder with files and receipts. Run once more,
// each file has the receipt that is for it, and nothing else is there but the lock.
func TestReceiptsKilled(t *testing.T) {
	t.Parallel()
	c := newCrashTest(t)
	dir, died := filepath.Join(t.TempDir(), "reports"), 0
	year := append(c.yearOf(dir), "--receipts")
	for range rounds() {
		if c.killed(t, c.chance.IntN(3*chunks), time.Duration(c.chance.IntN(4000))*time.Microsecond, year...) {
			died++
		}
	}
	c.run(t, year...)
	if died == 0 {
		t.Error("no run was killed")
	}
	t.Logf("%d of %d runs were killed", died, rounds())
	if all := c.Created(); len(all) != 36 {
		t.Errorf("%d reports exist, want 36", len(all))
	}
	now := folderNow(t, dir)
	if len(now) != 1+2*36 {
		t.Errorf("%d files are there, want 36, a receipt for each, and the lock", len(now))
	}
	for name, is := range now {
		if strings.HasSuffix(name, ".csv") && now[name+".json"] != "receipt for "+is {
			t.Errorf("%s has the receipt %q", name, now[name+".json"])
		}
	}
}
