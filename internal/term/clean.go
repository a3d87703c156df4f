package output

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
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
	case unsafeRune(r):
		return -1
	default:
		return r
	}
}

// cleanBlock is Clean for text of several lines that a person asked for: line ends and tabs stay.
func cleanBlock(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' {
			return r
		}
		return cleanRune(r)
	}, strings.ToValidUTF8(s, "\uFFFD"))
}

// unsafeRune says what must not reach a terminal: all of Cf, not a list of today's bidi controls, because new
// format characters keep being added.
func unsafeRune(r rune) bool {
	if r < 0x80 {
		return r < ' ' || r == 0x7F
	}
	return unicode.Is(unicode.Cc, r) || unicode.Is(unicode.Cf, r) || r == '\u2028' || r == '\u2029'
}

// field makes a value fit one column of tab-separated text: a tab, a line feed, a carriage return or a backslash is
// escaped, so that the value can be told from the layout; everything else is Clean's.
func field(s string) string {
	escaped := strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`).Replace(s)
	return Clean(escaped)
}

// escapeJSON writes unsafe characters of a valid JSON text as \uXXXX. They can only stand inside its strings, so
// the values stay equal (RFC 8259, section 7).
func escapeJSON(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == '\n' || r == '\t':
			out = append(out, byte(r))
		case r == utf8.RuneError && size == 1:
			out = append(out, `\ufffd`...)
		case unsafeRune(r):
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
