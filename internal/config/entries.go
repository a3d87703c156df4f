package config

import (
	"fmt"

	"github.com/chargectl/chargectl/internal/charge"
)

// Entry is one line of config list. Value never holds a secret.
type Entry struct {
	Name   string `json:"name" doc:"the setting"`
	Value  string `json:"value" doc:"the effective value; empty if unset; of a secret no more than its last four characters"`
	Source string `json:"source" doc:"where it comes from: flag --NAME, environment NAME, profile NAME (FILE), or default"`
}

// Entries returns every setting with what is in effect, in the order of Settings. Of a secret that is set it has what
// describe may show of it.
func (c *Config) Entries(describe func(secret string) string) []Entry {
	var out []Entry
	for _, s := range settings() {
		out = append(out, c.entry(s, describe))
	}
	return out
}

// Get returns one setting as Entries shows it; an unknown name is a usage error with the nearest known one.
func (c *Config) Get(name string, describe func(secret string) string) (Entry, error) {
	s, ok := findSetting(fold(name))
	if !ok {
		return Entry{}, unknownSetting(name)
	}
	return c.entry(s, describe), nil
}

func (c *Config) entry(s Setting, describe func(secret string) string) Entry {
	v := c.resolved.setting(s.Name)
	switch {
	case !s.Secret:
		v.text = mask(v.text)
	case v.text != "":
		v.text = describe(v.text)
	}
	return Entry{Name: s.Name, Value: v.text, Source: v.source}
}

func unknownSetting(name string) error {
	var known []string
	for _, s := range settings() {
		known = append(known, s.Name)
	}
	return &charge.Error{
		Kind:   charge.KindUsage,
		Reason: fmt.Sprintf("there is no setting %s%s", shown(name), didYouMean(name, known)),
		Hint:   "`chargectl config list` shows all settings",
	}
}
