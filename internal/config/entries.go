package config

import (
	"fmt"

	"github.com/chargectl/chargectl/internal/charge"
)

// Entry is one line of config list. Value never holds a secret.
type Entry struct {
	Name   string `json:"name" doc:"the setting"`
	Value  string `json:"value" doc:"what is in effect; empty when nothing is, of a secret no more than its last four characters"`
	Source string `json:"source" doc:"where it comes from: flag --NAME, environment NAME, profile NAME (FILE), or default"`
}

// Entries returns every setting with what is in effect, in the order of Settings. Of a secret that is set it has what
// describe may show of it.
func (c *Config) Entries(describe func(secret string) string) []Entry {
	var out []Entry
	for _, s := range settings() {
		v := c.show(s, describe)
		out = append(out, Entry{Name: s.Name, Value: v.Text, Source: v.Source})
	}
	return out
}

// Get returns one setting as Entries shows it; an unknown name is a usage error with the nearest known one.
func (c *Config) Get(name string, describe func(secret string) string) (Value, error) {
	s, ok := findSetting(fold(name))
	if !ok {
		return Value{}, unknownSetting(name)
	}
	return c.show(s, describe), nil
}

func (c *Config) show(s Setting, describe func(secret string) string) Value {
	v := c.values[s.Name]
	switch {
	case !s.Secret:
		v.Text = mask(v.Text)
	case v.Text != "":
		v.Text = describe(v.Text)
	}
	return v
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
