package term

import (
	"runtime"
	"strings"
	"testing"
)

func TestGlyphsFollowTheLocale(t *testing.T) {
	for set, want := range map[string]Glyphs{
		"LANG=en_US.UTF-8": UnicodeGlyphs, "LANG=C.utf8": UnicodeGlyphs, "LC_CTYPE=UTF-8": UnicodeGlyphs,
		"LANG=C": ASCIIGlyphs, "LANG=POSIX": ASCIIGlyphs, "LANG=de_DE.ISO-8859-1": ASCIIGlyphs, "LANG=de_DE": ASCIIGlyphs,
		"LC_ALL=C LANG=en_US.UTF-8": ASCIIGlyphs, "LC_ALL=en_US.UTF-8 LANG=C": UnicodeGlyphs, "LC_CTYPE=C LANG=C.UTF-8": ASCIIGlyphs,
		"TERM=linux LANG=en_US.UTF-8": ASCIIGlyphs, "TERM=xterm": Glyphs(runtime.GOOS == "windows"), "WT_SESSION=1": UnicodeGlyphs,
	} {
		got := NewGlyphs(func(name string) string {
			for _, pair := range strings.Fields(set) {
				if value, is := strings.CutPrefix(pair, name+"="); is {
					return value
				}
			}
			return ""
		})
		if got != want {
			t.Errorf("%s: got %v", set, got)
		}
	}
}

// TestASCIIIsASCII: every picture has one column, and nothing is beyond ASCII.
func TestASCIIIsASCII(t *testing.T) {
	for glyphs, want := range map[Glyphs]string{ASCIIGlyphs: "#####----- abcd... a - b...", UnicodeGlyphs: "█████░░░░░ abcdef… a · b…"} {
		if got := glyphs.Bar(0.59, 10) + " " + glyphs.Shorten("abcdefghi", 7) + " " + glyphs.Text("a · b…"); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		for _, picture := range glyphs.Spinner() {
			if Width(picture) != 1 || glyphs == ASCIIGlyphs && picture[0] >= 0x80 {
				t.Errorf("%q", picture)
			}
		}
	}
}
