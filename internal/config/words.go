package config

import (
	"errors"
	"regexp"
	"strings"
	"unicode/utf8"
)

// piece is the beginning of a word, or a part of one: bare, '…', or "…" in which a backslash keeps the next " or
// backslash.
var piece = regexp.MustCompile(`^(?:[^ \t\r\n'"]+|'[^']*'|"(?:[^"\\]|\\(?s:.))*")`)

// splitCommand cuts text at white space and takes quotes away. Nothing else means anything: no shell sees the text, and
// the backslashes of Windows paths stay.
func splitCommand(text string) (words []string, err error) {
	const blank = " \t\r\n"
	inQuotes := strings.NewReplacer(`\\`, `\`, `\"`, `"`)
	for rest := strings.TrimLeft(text, blank); rest != ""; rest = strings.TrimLeft(rest, blank) {
		word := ""
		for rest != "" && !strings.ContainsRune(blank, rune(rest[0])) {
			part := piece.FindString(rest)
			if part == "" {
				return nil, errors.New("the command has a quote that does not end")
			}
			rest = rest[len(part):]
			switch part[0] {
			case '\'':
				part = part[1 : len(part)-1]
			case '"':
				part = inQuotes.Replace(part[1 : len(part)-1])
			}
			word += part
		}
		words = append(words, word)
	}
	switch {
	case len(words) == 0 || words[0] == "":
		return nil, errors.New("the command is empty")
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return nil, errors.New("the command holds bytes that are no text")
	}
	return words, nil
}
