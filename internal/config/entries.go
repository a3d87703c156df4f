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

// Entries returns every setting with what is in effect, in the order of Settings. A secret shows as "set" and its last
// four characters.
func (c *Config) Entries() []Entry {
	var out []Entry
	for _, s := range settings() {
		v := c.show(s)
		out = append(out, Entry{Name: s.Name, Value: v.Text, Source: v.Source})
	}
	return out
}

// Get returns one setting as Entries shows it; an unknown name is a usage error with the nearest known one.
func (c *Config) Get(name string) (Value, error) {
	s, ok := findSetting(fold(name))
	if !ok {
		return Value{}, unknownSetting(name)
	}
	return c.show(s), nil
}

func (c *Config) show(s Setting) Value {
	v := c.values[s.Name]
	if !s.Secret || v.Text == "" {
		v.Text = mask(v.Text)
		return v
	}
	key, err := ParseKey(v.Text)
	if err != nil {
		v.Text = "set, but not a key"
		return v
	}
	v.Text = key.describe()
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
