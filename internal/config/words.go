package config

import (
	"errors"
	"strings"
)

// splitCommand cuts text at white space; '…' and "…" keep it together, and inside "…" a backslash keeps the next " or
// backslash. Nothing else means anything: no shell sees the text, and the backslashes of Windows paths stay.
func splitCommand(text string) (words []string, err error) {
	var word strings.Builder
	inWord, quote, escaped := false, rune(0), false
	for _, r := range text {
		switch {
		case escaped:
			if r != '"' && r != '\\' {
				word.WriteByte('\\')
			}
			word.WriteRune(r)
			escaped = false
		case quote == '"' && r == '\\':
			escaped = true
		case quote != 0 && r == quote:
			quote = 0
		case quote == 0 && (r == '"' || r == '\''):
			quote, inWord = r, true
		case quote == 0 && strings.ContainsRune(" \t\r\n", r):
			if inWord {
				words = append(words, word.String())
			}
			word.Reset()
			inWord = false
		default:
			word.WriteRune(r)
			inWord = true
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	switch {
	case quote != 0 || escaped:
		return nil, errors.New("the command has a quote that does not end")
	case len(words) == 0 || words[0] == "":
		return nil, errors.New("the command is empty")
	case strings.ContainsRune(text, 0):
		return nil, errors.New("the command holds a zero byte")
	}
	return words, nil
}
