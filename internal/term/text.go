package term

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/pattern"
)

// Clean makes text that came from a server safe for one line of a terminal or a log: tabs and line ends become spaces,
// Unsafe characters go, and what is not UTF-8 becomes U+FFFD.
func Clean(s string) string { return clean(s, "") }

// CleanBlock is Clean for text of several lines that a person asked for: line ends and tabs stay.
func CleanBlock(s string) string { return clean(s, "\n\t") }

func clean(s, kept string) string {
	if printable(s) { // nearly always, and nine times as fast
		return s
	}
	return strings.Map(func(r rune) rune {
		switch {
		case strings.ContainsRune(kept, r):
			return r
		case r == '\t' || r == '\n' || r == '\r':
			return ' '
		case Unsafe(r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// printable reports whether a text is ASCII without control characters.
func printable(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7F {
			return false
		}
	}
	return true
}

// Unsafe reports whether a character must not reach a terminal: control characters (C0, DEL, C1), line and paragraph
// separators, and what hides or reorders text: all of Cf, not today's bidi controls and zero widths, because more are added.
func Unsafe(r rune) bool {
	if r < 0x80 {
		return r < ' ' || r == 0x7F
	}
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

// Field makes a value fit one column of tab-separated text: a tab, a line feed, a carriage return or a backslash is
// escaped, so that the value can be told from the layout; everything else is Clean's.
func Field(s string) string {
	if strings.ContainsAny(s, "\\\t\n\r") { // rare, so that a table for all rows does not pay
		s = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`).Replace(s)
	}
	return Clean(s)
}

// Path makes a path one line: a character that ends a line or a column is escaped, every other byte stays, so that
// whoever reads the line finds the file.
func Path(s string) string {
	for i := range len(s) { // there may be a hundred thousand paths
		if s[i] >= '\t' && s[i] <= '\r' {
			return strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`, "\v", `\v`, "\f", `\f`).Replace(s)
		}
	}
	return s
}

// EscapeJSON writes unsafe characters of a valid JSON text as \uXXXX. They can only stand inside its strings, so the
// values stay equal (RFC 8259, section 7). A byte that is not UTF-8 becomes U+FFFD, which is how JSON is read.
func EscapeJSON(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for _, r := range string(text) {
		if r == '\n' || r == '\t' || !Unsafe(r) {
			out = utf8.AppendRune(out, r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			out = fmt.Appendf(out, `\u%04x`, unit)
		}
	}
	return out
}

// Line makes any text one line that is safe to show, and that repeats no key that somebody pasted. It is cut before it
// is cleaned as well, so that a hostile megabyte costs nothing.
func Line(s string) string {
	const longest = 2000 // bytes, and more than anybody reads
	return charge.Clip(charge.HideKeys(Clean(charge.Clip(s, 4*longest))), longest)
}

// ruler measures text in columns the same way on every machine: the package's own default follows the locale.
func ruler() *runewidth.Condition { return &runewidth.Condition{StrictEmojiNeutral: true} }

// Width is how many columns of a terminal a text without escape sequences takes.
func Width(s string) int { return ruler().StringWidth(s) }

// Wrap breaks a text into lines of at most so many columns, between its words; a longer word has a line of its own.
func Wrap(s string, columns int) (lines []string) {
	line := ""
	for word := range strings.FieldsSeq(s) {
		switch {
		case line == "":
			line = word
		case Width(line)+1+Width(word) > columns:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	return append(lines, line)
}

var sequence = pattern.New(`\x1b\[([^@-~]*[@-~])?`)

// Bare is a text without its control sequences (ECMA-48: CSI, parameters, one letter).
func Bare(s string) string { return sequence.Get().ReplaceAllString(s, "") }
