package config

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"github.com/chargectl/chargectl/internal/charge"
)

// profile is one entry under profiles. A nil profile has no settings.
type profile struct {
	doc  *document
	name string // as written
	id   string // folded: what it is compared by, and its user in the keyring
	line int
	node *yaml.Node
}

func (p *profile) source() string { return fmt.Sprintf("profile %s (%s)", p.name, p.doc.path) }

// shape checks what every profile must be, used or not.
func (p *profile) shape() *lineError {
	if err := profileName(p.name); err != nil {
		return &lineError{p.line, err.Error()}
	}
	if !isNull(p.node) && p.node.Kind != yaml.MappingNode {
		return &lineError{p.line, fmt.Sprintf("profile %s must hold settings, each as `name: value`", shown(p.name))}
	}
	return unique(p.node)
}

func (p *profile) get(setting string) any {
	if p == nil {
		return nil
	}
	return p.doc.viper.Get(strings.Join([]string{profilesKey, p.id, setting}, delimiter))
}

// text gives a setting as text, empty when it is not set; a list is joined by spaces, for showing.
func (p *profile) text(setting string) string {
	switch v := p.get(setting).(type) {
	case string:
		return v
	case []any:
		words, _ := texts(v)
		return strings.Join(words, " ")
	default:
		return ""
	}
}

// has reports whether the profile sets it; the keyring counts only when it is true.
func (p *profile) has(setting string) bool {
	text := p.text(setting)
	return text != "" && (setting != settingKeyring || text == "true")
}

// sets reports whether the profile names it at all, whatever its value.
func (p *profile) sets(setting string) bool { return p.get(setting) != nil }

// command gives api_key_command as words.
func (p *profile) command() ([]string, error) {
	if list, ok := p.get(settingKeyCommand).([]any); ok {
		words, ok := texts(list)
		if !ok || len(words) == 0 || words[0] == "" {
			return nil, fmt.Errorf("the command must be text or a list of texts, the program first")
		}
		return words, nil
	}
	return splitCommand(p.text(settingKeyCommand))
}

func texts(list []any) (words []string, ok bool) {
	for _, item := range list {
		word, isText := item.(string)
		if !isText {
			return words, false
		}
		words = append(words, word)
	}
	return words, true
}

// check reads every setting of the profile, so that one that is wrong is named before anything depends on it.
func (p *profile) check() error {
	for _, s := range settings() {
		if s.place != inProfile {
			continue
		}
		if err := p.checkOne(s); err != nil {
			return p.wrong(s.Name, err)
		}
	}
	return nil
}

// wrong names the file and the line of a setting.
func (p *profile) wrong(setting string, err error) error {
	return p.doc.wrong(&lineError{p.lineOf(setting), fmt.Sprintf("%s: %s", setting, err)})
}

func (p *profile) checkOne(s Setting) error {
	switch v := p.get(s.Name).(type) {
	case nil:
		return nil
	case string:
		if v == "" {
			return nil
		}
		return s.check(v)
	case []any:
		if s.list {
			_, err := p.command()
			return err
		}
	}
	return fmt.Errorf("it must be text in one line")
}

// lineOf is the line of a setting, the profile's own when a merge key brought it.
func (p *profile) lineOf(setting string) int {
	if value := find(p.node, setting); value != nil {
		return value.Line
	}
	return p.line
}

// chooseProfile takes the name from the flag, the environment or the file.
func chooseProfile(env Env, flags Flags, doc *document) (Value, error) {
	chosen := Value{env.get("CHARGE_PROFILE"), "environment CHARGE_PROFILE"}
	switch {
	case flags.Profile != nil:
		chosen = Value{*flags.Profile, "flag --profile"}
	case chosen.Text == "":
		chosen = doc.defaultProfile()
	}
	if err := profileName(chosen.Text); err != nil {
		return chosen, charge.Usagef("%s: %w", chosen.Source, err)
	}
	if p := doc.profile(chosen.Text); p != nil {
		chosen.Text = p.name
	}
	return chosen, nil
}

// noProfile names the profiles there are.
func (d *document) noProfile(chosen Value) error {
	known := d.profileNames()
	if len(known) == 0 {
		return charge.Usagef("%s: there is no profile %s: %s has none", chosen.Source, shown(chosen.Text), d.describe())
	}
	slices.Sort(known)
	return charge.Usagef("%s: there is no profile %s in %s%s; there are %s",
		chosen.Source, shown(chosen.Text), d.path, didYouMean(chosen.Text, known), charge.Clip(strings.Join(known, ", "), maxList))
}

const maxList = 300

func (d *document) describe() string {
	if d.path == "" {
		return "this machine"
	}
	return d.path
}
