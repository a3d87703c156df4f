package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestInsert: the table takes the place of the one before, and nothing else of the page changes.
func TestInsert(t *testing.T) {
	page := filepath.Join(t.TempDir(), "page.md")
	for _, text := range []string{"one\n", "two\nlines\n"} {
		if _, err := os.Stat(page); err != nil {
			if err := os.WriteFile(page, []byte("before\n\n"+begin+end+"\n\nafter\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if err := insert(page, text); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(page)
		if want := "before\n\n" + begin + text + end + "\n\nafter\n"; err != nil || string(got) != want {
			t.Errorf("%v, got %q, want %q", err, got, want)
		}
	}
	if err := os.WriteFile(page, []byte("no markers"), 0o600); err != nil {
		t.Fatal(err)
	}
	if insert(page, "text") == nil {
		t.Error("a page without markers is written")
	}
}

// TestThePageHasItsMarkers, or a run of eight minutes would be for nothing.
func TestThePageHasItsMarkers(t *testing.T) {
	page, err := os.ReadFile("../../docs/performance.md")
	if text := strings.ReplaceAll(string(page), "\r\n", "\n"); err != nil || strings.Count(text, begin) != 1 || strings.Count(text, end) != 1 {
		t.Errorf("docs/performance.md has no lines %q and %q (%v)", begin, end, err)
	}
}

// TestRowsAreTold: a row says what it measures, and how.
func TestRowsAreTold(t *testing.T) {
	for _, r := range rows() {
		if r.what == "" || r.measure == nil || strings.Contains(r.what+r.against+r.aim, "|") {
			t.Errorf("%+v", r)
		}
	}
	if got := median([]float64{1, 2, 4, 9}); got != 3 {
		t.Errorf("the median is %v", got)
	}
}
