package term

import (
	"cmp"
	"runtime"
	"strings"
	"unicode/utf8"

	"github.com/chargectl/chargectl/internal/charge"
)

// Glyphs are the characters that lines and tables are drawn with: all that Unicode has, or ASCII alone.
type Glyphs bool

// The two sets of glyphs.
const (
	UnicodeGlyphs Glyphs = false
	ASCIIGlyphs   Glyphs = true
)

// NewGlyphs follows the locale: the first that is set of LC_ALL, LC_CTYPE and LANG has to be one of UTF-8; without any
// the terminal is trusted to be. The consoles of Linux and Windows (but for Windows Terminal) have a font without Braille
// patterns. lookup gives the value of a variable, "" for none.
func NewGlyphs(lookup func(name string) string) Glyphs {
	locale := strings.ToLower(cmp.Or(lookup("LC_ALL"), lookup("LC_CTYPE"), lookup("LANG")))
	switch {
	case lookup("TERM") == "linux":
		return ASCIIGlyphs
	case locale != "":
		return Glyphs(!strings.Contains(strings.ReplaceAll(locale, "-", ""), "utf8"))
	}
	return Glyphs(runtime.GOOS == "windows" && lookup("WT_SESSION") == "")
}

// Spinner are the pictures of something that turns, one column each.
func (g Glyphs) Spinner() []string {
	if g == ASCIIGlyphs {
		return strings.Split(`|/-\`, "")
	}
	return strings.Split("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "")
}

// Bar is a bar of so many columns, of which a share between 0 and 1 is full.
func (g Glyphs) Bar(share float64, columns int) string {
	full, empty := "█", "░"
	if g == ASCIIGlyphs {
		full, empty = "#", "-"
	}
	n := int(share * float64(columns))
	return strings.Repeat(full, n) + strings.Repeat(empty, columns-n)
}

// Shorten cuts s to at most n columns, with an ellipsis where something is cut. The byte cut first keeps a hostile
// megabyte from being measured at length, and bounds text that has no width at all.
func (g Glyphs) Shorten(s string, n int) string {
	const bytesPerColumn = 16 // a letter with a few combining marks
	return ruler().Truncate(charge.Clip(s, max(n, 1)*bytesPerColumn), n, g.Text("…"))
}

// ShortenMiddle cuts s to at most n columns as Shorten does, but in its middle: names of one kind begin alike and end apart.
func (g Glyphs) ShortenMiddle(s string, n int) string {
	ellipsis := g.Text("…")
	if room := n - Width(ellipsis); Width(s) > n && room > 1 {
		end, wide := len(s), 0
		for end > 0 && wide < room/2 {
			_, size := utf8.DecodeLastRuneInString(s[:end])
			if wide += Width(s[end-size : end]); wide <= room/2 {
				end -= size
			}
		}
		return g.Shorten(s, n-Width(s[end:])) + s[end:]
	}
	return g.Shorten(s, n)
}

// Text is a sentence in these glyphs: of what this program writes itself, no more than an ellipsis and a few signs are
// not ASCII.
func (g Glyphs) Text(s string) string {
	if g == ASCIIGlyphs {
		return strings.NewReplacer("…", "...", "·", "-", "×", "x", "→", "->", "✓", "+", "✗", "x").Replace(s)
	}
	return s
}
