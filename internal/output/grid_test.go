package output

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/term"
)

// months are the names of so many months from January 2023 on.
func months(n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprintf("%d-%02d", 2023+i/12, i%12+1))
	}
	return names
}

// sampleGrid has an item in a state for each of five letters, and none for a blank.
func sampleGrid(columns []string, rows ...string) Grid {
	g := Grid{Noun: "files", Columns: columns, States: []GridState{
		{"ok", "✓", term.Green}, {"missing", "✗", term.Magenta}, {"changed", "!", term.Red}, {"wrong", "?", term.Red}, {"open", "·", term.Dim},
	}}
	for _, row := range rows {
		name, cells, _ := strings.Cut(row, "|")
		r := GridRow{Name: name}
		for _, letter := range cells {
			r.Cells = append(r.Cells, strings.IndexRune("kmcwo", letter))
		}
		g.Rows = append(g.Rows, r)
	}
	return g
}

func TestGrid(t *testing.T) {
	year := sampleGrid(months(12), "Brooklyn Yellow Cabs|kkkkkkkkkkkk", "Lyon Livraisons|kkkmkkkkckwo")
	three := sampleGrid(months(36), "Brooklyn Yellow Cabs|"+strings.Repeat("k", 36), "Lyon Livraisons|"+strings.Repeat("k", 3)+"m"+strings.Repeat("k", 30)+"wo")
	days := sampleGrid([]string{"2026-03-30", "2026-03-31", "2026-04-01", "2026-04-02"}, "Lyon|kkkm")
	for name, test := range map[string]struct {
		grid   Grid
		width  int
		glyphs term.Glyphs
		want   string
	}{
		"with room": {grid: year, width: 79, want: `
                      2023
                      01 02 03 04 05 06 07 08 09 10 11 12
Brooklyn Yellow Cabs   ✓  ✓  ✓  ✓  ✓  ✓  ✓  ✓  ✓  ✓  ✓  ✓
Lyon Livraisons        ✓  ✓  ✓  ✗  ✓  ✓  ✓  ✓  !  ✓  ?  ·
24 files:  ✓ 20 ok  ✗ 1 missing  ! 1 changed  ? 1 wrong  · 1 open
`},
		"tight": {grid: three, width: 79, want: `
                      2023         2024         2025
                      123456789012 123456789012 123456789012
Brooklyn Yellow Cabs  ✓✓✓✓✓✓✓✓✓✓✓✓ ✓✓✓✓✓✓✓✓✓✓✓✓ ✓✓✓✓✓✓✓✓✓✓✓✓
Lyon Livraisons       ✓✓✓✗✓✓✓✓✓✓✓✓ ✓✓✓✓✓✓✓✓✓✓✓✓ ✓✓✓✓✓✓✓✓✓✓?·
72 files:  ✓ 69 ok  ✗ 1 missing  ? 1 wrong  · 1 open
`},
		"narrow": {grid: three, width: 39, want: `
              2024         2025
              123456789012 123456789012
Brookl… Cabs  ✓✓✓✓✓✓✓✓✓✓✓✓ ✓✓✓✓✓✓✓✓✓✓✓✓
Lyon L…isons  ✓✓✓✓✓✓✓✓✓✓✓✓ ✓✓✓✓✓✓✓✓✓✓?·
no room for 2023-01 to 2023-12:
  ✓ 23 ok  ✗ 1 missing
72 files:  ✓ 69 ok  ✗ 1 missing
  ? 1 wrong  · 1 open
`},
		"ASCII": {grid: year, width: 59, glyphs: term.ASCIIGlyphs, want: `
                      2023
                      01 02 03 04 05 06 07 08 09 10 11 12
Brooklyn Yellow Cabs   +  +  +  +  +  +  +  +  +  +  +  +
Lyon Livraisons        +  +  +  x  +  +  +  +  !  +  ?  -
24 files:  + 20 ok  x 1 missing  ! 1 changed  ? 1 wrong
  - 1 open
`},
		"short groups": {grid: days, width: 79, want: `
      2026-03 2026-04
      30 31   01 02
Lyon   ✓  ✓    ✓  ✗
4 files:  ✓ 3 ok  ✗ 1 missing
`},
		"short groups, as wide as the window": {grid: days, width: 22, want: `
      2026-03 2026-04
      30 31   01 02
Lyon   ✓  ✓    ✓  ✗
4 files:  ✓ 3 ok
  ✗ 1 missing
`},
		"quarters": {grid: sampleGrid([]string{"2025-Q3", "2025-Q4", "2026-Q1"}, "Lyon|kk "), width: 39, want: `
      2025  2026
      Q3 Q4 Q1
Lyon   ✓  ✓
2 files:  ✓ 2 ok
`},
		"weeks, tight": {grid: sampleGrid([]string{"2025-W51", "2025-W52", "2026-W01"}, "Lyon|kk "), width: 17, want: `
      2025 2026
      12   1
Lyon  ✓✓
2 files:  ✓ 2 ok
`},
		"years": {grid: sampleGrid([]string{"2024", "2025", "2026"}, "Lyon|kkm", "the whole account|  k"), width: 39, want: `
                   2024 2025 2026
Lyon                  ✓    ✓    ✗
the whole account               ✓
4 files:  ✓ 3 ok  ✗ 1 missing
`},
		"years, tight": {grid: sampleGrid([]string{"2019", "2020", "2021"}, "Lyon|kkm"), width: 19, want: `
      2010s 2020s
      9     01
Lyon  ✓     ✓✗
3 files:  ✓ 2 ok
  ✗ 1 missing
`},
		"one that the calendar has no name for": {grid: sampleGrid([]string{"2026-01-05/2026-02-05"}, "Lyon|c"), width: 39, want: `
      2026-01-05/2026-02-05
Lyon                      !
1 file:  ! 1 changed
`},
		"nothing": {grid: sampleGrid(nil), width: 39, want: "0 files:\n"},
	} {
		t.Run(name, func(t *testing.T) {
			got := test.grid.draw(test.width, false, test.glyphs)
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestGridFits any window of at least 30 columns, in which no mark and no total is lost.
func TestGridFits(t *testing.T) {
	g := sampleGrid(months(40), "Flotte de livraison de la région Auvergne-Rhône-Alpes|"+strings.Repeat("kmcwo", 8), "東京の配達車|"+strings.Repeat("k", 40))
	g.Below = []string{"out/charging_summary_2024-03.csv: it has 5 bytes, but its receipt is for 48213", "out/a"}
	for _, glyphs := range []term.Glyphs{term.UnicodeGlyphs, term.ASCIIGlyphs} {
		for width := 30; width < 250; width++ {
			plain, painted := g.draw(width, false, glyphs), g.draw(width, true, glyphs)
			if term.Bare(painted) != plain {
				t.Fatalf("%d columns: colour changes more than colours", width)
			}
			for _, line := range lines(t, plain) {
				if term.Width(line) > width && !strings.Contains(line, "out/") || strings.TrimRight(line, " ") != line {
					t.Errorf("%d columns: %q", width, line)
				}
			}
			if glyphs == term.ASCIIGlyphs && strings.ContainsAny(plain, "✓✗·…") {
				t.Errorf("not in ASCII: %q", plain)
			}
		}
	}
}

// TestGridTellsStatesTwice: by a mark and by a colour.
func TestGridTellsStatesTwice(t *testing.T) {
	got := sampleGrid([]string{"2025", "2026"}, "Lyon|km").draw(79, true, term.UnicodeGlyphs)
	for _, want := range []string{"\x1b[32m   ✓\x1b[0m", "\x1b[35m    ✗\x1b[0m", "\x1b[32m✓\x1b[0m 1 ok", "\x1b[35m✗\x1b[0m 1 missing"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
}
