package term

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"

	"github.com/chargectl/chargectl/internal/charge"
)

// Clean makes text that came from a server safe for one line of a terminal or a log: tabs and line ends become
// spaces; other control characters (C0, DEL, C1), format characters that hide or reorder text (bidi controls,
// zero-width characters; Unicode category Cf), and line and paragraph separators are dropped; what is not UTF-8
// becomes U+FFFD.
func Clean(s string) string { return strings.Map(cleanRune, strings.ToValidUTF8(s, "\uFFFD")) }

func cleanRune(r rune) rune {
	switch {
	case r == '\t' || r == '\n' || r == '\r':
		return ' '
	case Unsafe(r):
		return -1
	default:
		return r
	}
}

// CleanBlock is Clean for text of several lines that a person asked for: line ends and tabs stay.
func CleanBlock(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return cleanRune(r)
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// Unsafe reports whether a character must not reach a terminal: all of Cf, not a list of today's bidi controls, because
// new format characters keep being added.
func Unsafe(r rune) bool {
	if r < 0x80 {
		return r < ' ' || r == 0x7F
	}
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

// Field makes a value fit one column of tab-separated text: a tab, a line feed, a carriage return or a backslash is
// escaped, so that the value can be told from the layout; everything else is Clean's.
func Field(s string) string {
	escaped := strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`).Replace(s)
	return Clean(escaped)
}

// Path makes a path one line: a character that ends a line or a column is escaped, every other byte stays, so that
// whoever reads the line finds the file.
func Path(s string) string {
	return strings.NewReplacer("\n", `\n`, "\r", `\r`, "\t", `\t`, "\v", `\v`, "\f", `\f`).Replace(s)
}

// EscapeJSON writes unsafe characters of a valid JSON text as \uXXXX. They can only stand inside its strings, so
// the values stay equal (RFC 8259, section 7).
func EscapeJSON(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == '\n' || r == '\t':
			out = append(out, byte(r))
		case r == utf8.RuneError && size == 1:
			out = append(out, `\ufffd`...)
		case Unsafe(r):
			out = appendEscape(out, r)
		default:
			out = append(out, text[:size]...)
		}
		text = text[size:]
	}
	return out
}

func appendEscape(out []byte, r rune) []byte {
	if r < 0x10000 {
		return fmt.Appendf(out, `\u%04x`, r)
	}
	r -= 0x10000
	return fmt.Appendf(out, `\u%04x\u%04x`, 0xD800+r>>10, 0xDC00+r&0x3FF)
}

// longestLine is in bytes, and longer than anybody reads.
const longestLine = 2000

// Line makes any text one line that is safe to show, and that repeats no key that somebody pasted. It is cut before it
// is cleaned as well, so that a hostile megabyte costs nothing.
func Line(s string) string {
	return charge.Clip(charge.HideKeys(Clean(charge.Clip(s, 4*longestLine))), longestLine)
}

// ruler measures text in columns the same way on every machine: the package's own default follows the locale.
func ruler() *runewidth.Condition { return &runewidth.Condition{StrictEmojiNeutral: true} }

// Width is how many columns of a terminal a text without escape sequences takes.
func Width(s string) int { return ruler().StringWidth(s) }

// Shorten cuts s to at most n columns, with an ellipsis where something is cut. The byte cut first keeps a hostile
// megabyte from being measured at length, and bounds text that has no width at all.
func Shorten(s string, n int) string {
	const bytesPerColumn = 16 // a letter with a few combining marks
	return ruler().Truncate(charge.Clip(s, max(n, 1)*bytesPerColumn), n, "…")
}

// Bare is a text without its control sequences (ECMA-48: CSI, parameters, one letter).
func Bare(s string) string {
	var b strings.Builder
	for {
		text, rest, more := strings.Cut(s, "\x1b[")
		b.WriteString(text)
		if !more {
			return b.String()
		}
		end := strings.IndexFunc(rest, func(r rune) bool { return r >= '@' && r <= '~' })
		s = rest[end+1:]
	}
}
