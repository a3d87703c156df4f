package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	maxShown       = 80 // bytes of a wrong value that an error repeats
	maxProfileName = 100
)

// plain accepts any text that is one line: control characters could end up in headers, names and logs.
func plain(text string) error {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return errors.New("it holds control characters")
	}
	return nil
}

func apiVersion(text string) error {
	if text == accountVersion {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, text); err != nil {
		return fmt.Errorf("%s is not an API version: write a date such as 2026-03-01, or account", shown(text))
	}
	return nil
}

func profileName(text string) error {
	switch {
	case text == "" || len(text) > maxProfileName:
		return fmt.Errorf("a profile's name has 1 to %d bytes", maxProfileName)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Errorf("%s cannot name a profile: it holds control characters", shown(text))
	case charge.HideKeys(text) != text:
		return errors.New("an API key cannot name a profile: names are shown")
	}
	return nil
}

func timeout(text string) error {
	if text == "none" {
		return nil
	}
	if d, err := time.ParseDuration(text); err != nil || d < 0 {
		return fmt.Errorf("%s is not a time limit: write a duration such as 90m or 1h30m, 0, or none", shown(text))
	}
	return nil
}

func baseURL(text string) error {
	_, err := charge.ParseBaseURL(text)
	return err
}

func oneOf(words ...string) func(string) error {
	return func(text string) error {
		if slices.Contains(words, text) {
			return nil
		}
		return fmt.Errorf("%s is not %s", shown(text), strings.Join(words, " or "))
	}
}

// anything leaves a key to package credential: a bad one must not keep commands that need none from working.
func anything(string) error { return nil }

func command(text string) error {
	_, err := splitCommand(text)
	return err
}

// A command's word is made of pieces: bare, '…', or "…" in which a backslash keeps the next " or backslash.
const (
	singleQuoted = `'[^']*'`
	doubleQuoted = `"(?:[^"\\]|\\(?s:.))*"`
)

var (
	commandWord = regexp.MustCompile(`(?:[^ \t\r\n'"]+|` + singleQuoted + `|` + doubleQuoted + `)+`)
	quotedPiece = regexp.MustCompile(singleQuoted + `|` + doubleQuoted)
	escapes     = strings.NewReplacer(`\\`, `\`, `\"`, `"`)
)

// splitCommand cuts text at white space and takes quotes away. Nothing else means anything: no shell sees the text, and
// the backslashes of Windows paths stay.
func splitCommand(text string) (words []string, err error) {
	for _, word := range commandWord.FindAllString(text, -1) {
		words = append(words, quotedPiece.ReplaceAllStringFunc(word, func(piece string) string {
			inside := piece[1 : len(piece)-1]
			if piece[0] == '"' {
				return escapes.Replace(inside)
			}
			return inside
		}))
	}
	switch {
	case strings.Trim(commandWord.ReplaceAllString(text, ""), " \t\r\n") != "":
		return nil, errors.New("the command has a quote that does not end")
	case len(words) == 0 || words[0] == "":
		return nil, errors.New("the command is empty")
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return nil, errors.New("the command holds bytes that are no text")
	}
	return words, nil
}

// shown is what an error repeats of a text, without keys, which people put everywhere by mistake.
func shown(text string) string {
	return fmt.Sprintf("%q", charge.HideKeys(charge.Clip(text, maxShown)))
}

// didYouMean is the end of a sentence about an unknown name; empty when nothing is near.
func didYouMean(name string, known []string) string {
	if nearest := charge.Nearest(name, known); nearest != "" {
		return " (did you mean " + shown(nearest) + "?)"
	}
	return ""
}
