package folder

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
)

func TestIsOlder(t *testing.T) {
	for name, want := range map[string]bool{
		"a~2026-05-02.csv": true, "in/a~2026-05-02.2.csv": true, "a~2026-05-02": true, olderName("a.b.csv", "2026-05-02", 12): true,
		"a.csv": false, "a-2026-05-02.csv": false, "a~2026-05.csv": false, "a~2026-05-02_b.csv": false,
	} {
		if got := IsOlder(name); got != want {
			t.Errorf("%s: %t", name, got)
		}
	}
}

// keeping is a folder in which a file is kept under a second name, with and without hard links.
func keeping(t *testing.T, test func(t *testing.T, d onDiskTest, keep func(date string) string)) {
	for name, system := range map[string]disk.System{
		"links": {},
		"copies": {Link: func(root *os.Root, from, to string) error {
			if _, err := root.Lstat(to); err == nil {
				return os.ErrExist
			}
			if _, err := root.Lstat(from); err != nil {
				return err
			}
			return syscall.ENOTSUP
		}},
	} {
		t.Run(name, func(t *testing.T) {
			d := newOnDiskTest(t)
			f, err := disk.Open(d.dir, system, func(string) {})
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			test(t, d, func(date string) string {
				is, err := MeasureFile(f, "a.csv")
				if err != nil {
					t.Fatal(err)
				}
				version, err := Keep(f, "a.csv", date, is)
				if err != nil {
					t.Fatal(err)
				}
				return version
			})
		})
	}
}

func (d onDiskTest) wantFiles(want map[string]string) {
	d.t.Helper()
	found, _ := filepath.Glob(d.path("*"))
	got := map[string]string{}
	for _, path := range found {
		text, err := os.ReadFile(path)
		if err != nil {
			d.t.Fatal(err)
		}
		got[filepath.Base(path)] = string(text)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		d.t.Errorf("in the folder (-want +got):\n%s", diff)
	}
}

func TestKeep(t *testing.T) {
	keeping(t, func(t *testing.T, d onDiskTest, keep func(string) string) {
		d.write("a.csv", []byte("first"))
		d.write("a.csv.json", []byte("its receipt"))
		d.write("ab~2026-05-02.csv", []byte("another's"))
		for _, date := range []string{"2026-05-02", "2026-05-02", "2026-06-02"} { // as a run that was killed, and the next ones
			if got := keep(date); got != "a~2026-05-02.csv" {
				t.Errorf("kept as %s", got)
			}
		}
		replace(t, d, "a.csv", "second")
		replace(t, d, "a.csv.json", "the second's")
		if got := keep("2026-05-02"); got != "a~2026-05-02.2.csv" {
			t.Errorf("kept as %s", got)
		}
		d.wantFiles(map[string]string{
			"a.csv": "second", "a.csv.json": "the second's", "ab~2026-05-02.csv": "another's",
			"a~2026-05-02.csv": "first", "a~2026-05-02.csv.json": "its receipt",
			"a~2026-05-02.2.csv": "second", "a~2026-05-02.2.csv.json": "the second's",
		})
	})
}

// TestKeepClearsUp: what a run left that was killed between the receipt and the file of an older version is done over, also
// on another day, and a receipt without a file never comes to stand beside another one.
func TestKeepClearsUp(t *testing.T) {
	keeping(t, func(t *testing.T, d onDiskTest, keep func(string) string) {
		d.write("a.csv", []byte("first"))
		for _, left := range []string{"a~2026-05-01.csv.json", "a~2026-05-02.csv.json", "a~2026-05-02.csv.tmp", "a~2026-05-02.csv.json.tmp"} {
			d.write(left, []byte("left"))
		}
		keep("2026-05-02")
		d.wantFiles(map[string]string{"a.csv": "first", "a~2026-05-02.csv": "first"})
	})
}

// TestKeepNoticesAnotherRun: where locks fail another run may put the new file in place meanwhile, which must not pass for the
// old one.
func TestKeepNoticesAnotherRun(t *testing.T) {
	d := newOnDiskTest(t)
	d.write("a.csv", []byte("old"))
	f, err := disk.Open(d.dir, disk.System{Link: func(root *os.Root, from, to string) error {
		replace(t, d, "a.csv", "new")
		return root.Link(from, to)
	}}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	is, err := MeasureFile(f, "a.csv")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Keep(f, "a.csv", "2026-05-02", is)
	wantKind(t, err, charge.KindTemporary)
	d.wantFiles(map[string]string{"a.csv": "new"})
}

// TestKeepOnABrokenDisk: what cannot be kept is an error, and the file has its name all the same.
func TestKeepOnABrokenDisk(t *testing.T) {
	d := newOnDiskTest(t)
	d.write("a.csv", []byte("old"))
	f, err := disk.Open(d.dir, disk.System{
		Link:  func(*os.Root, string, string) error { return syscall.ENOTSUP },
		Write: func(*os.File, []byte) (int, error) { return 0, syscall.ENOSPC },
	}, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	is, err := MeasureFile(f, "a.csv")
	if err != nil {
		t.Fatal(err)
	}
	_, err = Keep(f, "a.csv", "2026-05-02", is)
	if e := wantKind(t, err, charge.KindOutput); !strings.Contains(e.Hint, "make room") || !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%v, hint %q", e, e.Hint)
	}
	d.wantFiles(map[string]string{"a.csv": "old"})
}

// replace puts another file in a file's place, as a rename does.
func replace(t *testing.T, d onDiskTest, name, text string) {
	t.Helper()
	d.write(".new", []byte(text))
	if err := os.Rename(d.path(".new"), d.path(name)); err != nil {
		t.Fatal(err)
	}
}

func TestListingKnowsWhatCameLately(t *testing.T) {
	d := newOnDiskTest(t)
	now := clockAt(t, "2026-05-02T01:00:00Z")
	for name, age := range map[string]int{"old.csv": 3, "new.csv": 1, "replaced.csv": 1, "replaced~2026-05-01.csv": 3} {
		d.write(name, nil)
		when := now.AddDate(0, 0, -age)
		if err := os.Chtimes(d.path(name), when, when); err != nil {
			t.Fatal(err)
		}
	}
	l := NewListing(d.dir, template(t, "{period}.csv"), nil).Lately(now.AddDate(0, 0, -2))
	var lately []string
	for _, name := range []string{"old.csv", "new.csv", "replaced.csv"} {
		if found := l.Find(Item{Name: name}); found.Name != name {
			t.Errorf("%s: %+v", name, found)
		} else if found.New {
			lately = append(lately, name)
		}
	}
	if !slices.Equal(lately, []string{"new.csv"}) {
		t.Errorf("%v came lately", lately)
	}
}
