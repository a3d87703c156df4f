package config

import (
	"errors"
	"fmt"
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
	case mask(text) != text:
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

func shown(text string) string { return fmt.Sprintf("%q", mask(charge.Clip(text, maxShown))) }

// didYouMean is the end of a sentence about an unknown name; empty when nothing is near.
func didYouMean(name string, known []string) string {
	if nearest := charge.Nearest(name, known); nearest != "" {
		return " (did you mean " + shown(nearest) + "?)"
	}
	return ""
}

// mask hides keys where people put one by mistake: in a message of the YAML parser, in another setting.
func mask(text string) string { return charge.HideKeys(text) }
