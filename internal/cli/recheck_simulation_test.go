package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/folder"
	"github.com/chargectl/chargectl/internal/sandbox"
)

// restatedAt is when a twentieth of the periods get other figures: within 45 days of their ends; zero is never.
func restatedAt(fleet string, start time.Time) time.Time {
	hash := fnv.New64a()
	fmt.Fprint(hash, fleet, start.Format(time.DateOnly))
	dice := hash.Sum64()
	if dice%20 != 0 {
		return time.Time{}
	}
	return start.AddDate(0, 1, 2).Add(time.Duration(dice / 20 % uint64(43*24*time.Hour)))
}

// TestTwoYearsOfCorrections has a machine that is killed now and then complete its folder each month with --recheck 2, while
// the API corrects past months: every correction is on disk at the end, and what it took the place of once beside it.
func TestTwoYearsOfCorrections(t *testing.T) {
	fleets := 6
	if os.Getenv("CHARGECTL_LONG") == "1" {
		fleets = 24
	}
	synctest.Test(t, func(t *testing.T) {
		y := newSimulation(t, 1, simulated{fleets: fleets, failing: func(_ *sharedRand, n int) bool { return n%60 == 0 }, restated: func(fleet string, start, created time.Time) int64 {
			if at := restatedAt(fleet, start); !at.IsZero() && created.After(at) {
				return 1
			}
			return 0
		}})
		own := filepath.Join(t.TempDir(), "own")
		m := machine{simulation: y, name: "own", dir: own, onBusy: "wait", dies: true, recheck: 2}
		m.live()
		t.Logf("%d reports, runs by exit code %v, %d answers lost, %d storms", len(y.Created()), y.ends, y.network.lost, y.network.waves)
		y.wantCorrected(own, fleets)
		m.wantChecked()
		for _, code := range []int{0, 6, 143} {
			if y.ends[code] == 0 {
				t.Errorf("no run ended with %d: the mix proves less than it should", code)
			}
		}
	})
}

// wantCorrected holds a folder to the last figures of each month and fleet, a receipt that fits beside each file, each file
// that was corrected once beside it, and nothing else.
func (y *simulation) wantCorrected(dir string, fleets int) {
	y.t.Helper()
	failed := map[string]bool{}                    // files whose recheck failed after a correction
	versions := map[string][2][]sandbox.Creation{} // the reports of a file, before and after its correction
	for _, c := range y.Created() {
		name := fmt.Sprintf("charging_summary_%s_%s.csv", c.Fleet, c.PeriodStart.Format("2006-01"))
		is := versions[name]
		n := 0
		if at := restatedAt(c.Fleet, c.PeriodStart); !at.IsZero() && c.Created.After(at) {
			n = 1
		}
		if c.Status == "failed" {
			failed[name] = failed[name] || n == 1
			continue
		}
		is[n] = append(is[n], c)
		versions[name] = is
	}
	corrected, wanted := 0, 0
	for name, is := range versions {
		stem := strings.TrimSuffix(name, ".csv")
		kept, err := filepath.Glob(filepath.Join(dir, stem+"~*.csv"))
		if err != nil {
			y.t.Fatal(err)
		}
		begin, _ := time.Parse("2006-01", stem[len(stem)-7:])
		if begin.Before(y.began.AddDate(0, simulatedMonths, 0)) {
			wanted++
			before, after, now := is[0], is[1], y.read(filepath.Join(dir, name))
			at := restatedAt(before[0].Fleet, begin)
			switch {
			case len(after) > 0:
				corrected++
				if len(kept) != 1 || !y.is(y.read(kept[0]), before[0].ID) || !y.is(now, after[0].ID) {
					y.t.Errorf("%s was corrected at %s, and is kept as %v", name, at, kept)
				}
			case len(kept) > 0 || !y.is(now, before[0].ID):
				y.t.Errorf("%s was not corrected, and is kept as %v", name, kept)
			case !at.IsZero() && !failed[name]:
				y.t.Errorf("%s was corrected at %s, and never asked for again", name, at)
			}
		}
		for _, file := range append(kept, filepath.Join(dir, name)) {
			y.wantReceipt(file)
		}
	}
	if wanted != simulatedMonths*fleets || corrected < fleets/2 {
		y.t.Errorf("%d files, %d corrected", wanted, corrected)
	}
	left, err := filepath.Glob(filepath.Join(dir, "[^.]*"))
	if err != nil {
		y.t.Fatal(err)
	}
	for _, file := range left {
		base := filepath.Base(file)
		name := strings.TrimSuffix(base, ".json")
		if folder.IsOlder(name) {
			name = name[:strings.LastIndex(name, "~")] + ".csv"
		}
		if _, known := versions[name]; !known {
			y.t.Errorf("%s is left", base)
		}
		if _, err := os.Stat(strings.TrimSuffix(file, ".json")); errors.Is(err, fs.ErrNotExist) {
			y.t.Errorf("%s has no file", base)
		}
	}
	y.t.Logf("%s: %d files corrected", filepath.Base(dir), corrected)
}

// wantChecked has reports check find nothing in the folder, and then exactly what is done to four of its files.
func (m *machine) wantChecked() {
	m.t.Helper()
	if code, found := m.check(); code != 0 || len(found) > 0 {
		m.t.Errorf("check ends with %d, and names %v", code, found)
	}
	files, err := filepath.Glob(filepath.Join(m.dir, "charging_summary_*_*.csv"))
	files = slices.DeleteFunc(files, folder.IsOlder)
	if err != nil || len(files) < 40 {
		m.t.Fatalf("%d files, %v", len(files), err)
	}
	flipped, cut, removed, other := files[3], files[11], files[19], files[31]
	text := m.read(flipped)
	text[len(text)/2] ^= 1
	receipt := bytes.ReplaceAll(m.read(other+".json"), []byte(`"period_start": "20`), []byte(`"period_start": "19`))
	for _, err := range []error{os.WriteFile(flipped, text, 0o600), os.Truncate(cut, 100), os.Remove(removed), os.WriteFile(other+".json", receipt, 0o600)} {
		if err != nil {
			m.t.Fatal(err)
		}
	}
	want := map[string]folder.State{flipped: folder.StateChanged, cut: folder.StateChanged, removed: folder.StateMissing, other: folder.StateWrong}
	if code, found := m.check(); code != 7 || !maps.Equal(found, want) {
		m.t.Errorf("check ends with %d, and names %v, not %v", code, found, want)
	}
}

// check runs reports check on the folder: its exit code, and the state of each file that is neither right nor yet to come.
func (m *machine) check() (code int, found map[string]folder.State) {
	m.t.Helper()
	for range 20 { // the names of all fleets come over a bad network
		var stdout, stderr bytes.Buffer
		if code = m.app(&stdout, &stderr, "check", "--json").run(m.t.Context()); code == 5 {
			continue
		}
		var document checkDocument
		if err := json.Unmarshal(stdout.Bytes(), &document); err != nil || len(document.Items) < 40 {
			m.t.Fatalf("check ends with %d: %v, %d items\n%s", code, err, len(document.Items), &stderr)
		}
		found = map[string]folder.State{}
		for _, item := range document.Items {
			if item.State != folder.StateOK && item.State != folder.StateOpen {
				found[item.Path] = item.State
			}
		}
		return code, found
	}
	m.t.Fatal("check never ended but with 5")
	return code, found
}

// wantReceipt holds a file to the receipt beside it.
func (y *simulation) wantReceipt(file string) {
	y.t.Helper()
	var r folder.Receipt
	if err := json.Unmarshal(y.read(file+".json"), &r); err != nil {
		y.t.Errorf("%s: %v", file, err)
	}
	opened, err := os.Open(file)
	if err != nil {
		y.t.Error(err)
		return
	}
	defer opened.Close()
	is, err := folder.MeasureOf(opened, "csv")
	if err != nil || is.SHA256 != r.SHA256 || is.Records == nil || *is.Records != *r.Records || r.Fleet == nil || r.Fleet.Name == "" {
		y.t.Errorf("the receipt of %s is for another file: %+v, not %+v (%v)", file, r.Measure, is, err)
	}
}

func (y *simulation) read(file string) []byte {
	y.t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		y.t.Error(err)
	}
	return text
}
