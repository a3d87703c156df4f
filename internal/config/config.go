// Package config finds the settings of one run: flag, environment, profile, default, in this order, each with the
// place it came from. It is the only room that knows Viper and YAML; the API key is package credential's.
//
// It is not for the flags of single commands (cli puts those over what it finds here), nor for using what it read:
// time zones, CA files and folders are opened by whoever needs them.
package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

const sourceDefault = "default"

// Value is one setting as text, and where it came from: "flag --base-url", "environment CHARGE_BASE_URL",
// "profile acme (/home/a/.config/chargectl/config.yaml)" or "default".
type Value struct{ Text, Source string }

// Set reports whether somebody chose the value: it is neither a default nor absent.
func (v Value) Set() bool { return v.Source != "" && v.Source != sourceDefault }

// Flags are the flags of every command that decide what is read; nil means not given.
type Flags struct {
	Profile, Config, BaseURL *string

	// Create says that the command makes what is missing (auth login): a file or profile named explicitly need not
	// exist yet.
	Create bool
}

func (f Flags) value(setting string) *string {
	return map[string]*string{settingProfile: f.Profile, settingConfig: f.Config, settingBaseURL: f.BaseURL}[setting]
}

// Config is what one run works with. Text of every value is valid in form; Timezone is not looked up here.
type Config struct {
	Path    string // the configuration file, empty when there is no place for one; it need not exist
	Profile Value

	Type, Fleet, Timezone, Dir, Timeout, BaseURL, APIVersion, CAFile, RequireMode Value

	// Notices are sentences for a person that change nothing: unknown names, loose file modes, overridden keys.
	Notices []string

	env     Env
	values  map[string]Value
	profile *profile
	folder  string
}

// Load reads the environment and the configuration file once. Every error is of KindUsage and names the file and
// line, the variable or the flag; no command is run and no keyring asked.
func Load(env Env, flags Flags) (*Config, error) {
	c := &Config{env: env, values: map[string]Value{}}
	doc, err := c.open(flags)
	if err != nil {
		return nil, err
	}
	if err := c.choose(doc, flags); err != nil {
		return nil, err
	}
	for _, s := range settings() {
		if c.values[s.Name], err = c.resolve(s, doc, flags); err != nil {
			return nil, err
		}
	}
	c.folder = doc.folder()
	c.publish()
	c.noticeOverride(flags)
	return c, nil
}

// open finds and reads the file; a run without a place for one goes on without profiles.
func (c *Config) open(flags Flags) (*document, error) {
	where, err := locate(c.env, flags)
	if err != nil {
		return nil, err
	}
	c.Path = where.path
	c.values[settingConfig] = Value{where.path, where.source}
	if where.path == "" {
		c.Notices = append(c.Notices, "profiles are off: "+noPlace(c.env))
		return parse(where.path, nil)
	}
	doc, notices, err := read(c.env, where, flags.Create)
	c.Notices = append(c.Notices, notices...)
	return doc, err
}

// choose decides on the profile and checks what it says.
func (c *Config) choose(doc *document, flags Flags) error {
	chosen, err := chooseProfile(c.env, flags, doc)
	if err != nil {
		return err
	}
	c.Profile, c.profile = chosen, doc.profile(chosen.Text)
	c.values[settingDefaultProfile] = doc.defaultProfile()
	if c.profile != nil {
		return c.profile.check()
	}
	// The profile "default" needs no entry: naming it is no mistake.
	if chosen.Set() && !flags.Create && fold(chosen.Text) != defaultProfile {
		return doc.noProfile(chosen)
	}
	return nil
}

func (c *Config) resolve(s Setting, doc *document, flags Flags) (Value, error) {
	switch {
	case s.Name == settingProfile:
		return c.Profile, nil
	case s.place != inProfile:
		return c.values[s.Name], nil
	}
	if given := flags.value(s.Name); given != nil {
		return c.accept(s, Value{*given, "flag --" + dashed(s.Name)})
	}
	if text := c.env.get(s.Env); text != "" {
		return c.accept(s, Value{text, "environment " + s.Env})
	}
	if text := c.profile.text(s.Name); text != "" {
		return c.fromProfile(s, Value{text, c.profile.source()}, doc)
	}
	return Value{s.Default, sourceDefault}, nil
}

func (c *Config) accept(s Setting, v Value) (Value, error) {
	if err := s.check(v.Text); err != nil {
		return v, charge.Usagef("%s: %w", v.Source, err)
	}
	return c.expand(s, v, "")
}

// fromProfile takes relative paths of a key or CA file from the configuration file's folder: cron starts anywhere.
func (c *Config) fromProfile(s Setting, v Value, doc *document) (Value, error) {
	if s.besideFile {
		return c.expand(s, v, doc.folder())
	}
	return c.expand(s, v, "")
}

func (c *Config) expand(s Setting, v Value, folder string) (Value, error) {
	if !s.path {
		return v, nil
	}
	path, err := c.env.expand(v.Text, folder)
	if err != nil {
		return v, charge.Usagef("%s: %s: %w", v.Source, s.Name, err)
	}
	v.Text = path
	return v, nil
}

func (c *Config) publish() {
	c.Type = c.values["type"]
	c.Fleet = c.values["fleet"]
	c.Timezone = c.values[settingTimezone]
	c.Dir = c.values["dir"]
	c.Timeout = c.values["timeout"]
	c.BaseURL = c.values[settingBaseURL]
	c.APIVersion = c.values["api_version"]
	c.CAFile = c.values["ca_file"]
	c.RequireMode = c.values[settingRequireMode]
}

// Wrong says of a setting that failed in use where it comes from: file and line, or the variable or flag. It is of
// KindUsage.
func (c *Config) Wrong(setting string, err error) error {
	v := c.values[setting]
	if c.profile != nil && v.Source == c.profile.source() {
		return c.profile.wrong(setting, err)
	}
	return charge.Usagef("%s: %w", v.Source, err)
}

// noticeOverride says when a person asked for a profile and the environment's key wins over that profile's own.
func (c *Config) noticeOverride(flags Flags) {
	if flags.Profile == nil || !slices.ContainsFunc(keySettings(), c.profile.has) {
		return
	}
	for _, name := range []string{envKey, envKeyFile} {
		if c.env.get(name) != "" {
			c.Notices = append(c.Notices, fmt.Sprintf("the key of %s is used, not the one of profile %s", name, c.Profile.Text))
			return
		}
	}
}

// FromEnvironment gives a setting's text where a variable set it, else nothing.
func (c *Config) FromEnvironment(setting string) string {
	if v := c.values[setting]; strings.HasPrefix(v.Source, "environment ") {
		return v.Text
	}
	return ""
}

// FromProfile gives what the profile in use says of a setting, whatever overrides it; paths are resolved.
func (c *Config) FromProfile(setting string) string {
	s, _ := findSetting(setting)
	if !c.profile.has(setting) {
		return ""
	}
	folder := ""
	if s.besideFile {
		folder = c.folder
	}
	v, _ := c.expand(s, Value{Text: c.profile.text(setting)}, folder)
	return v.Text
}

// ProfileOrigin says where the profile in use stands: "profile acme (/home/a/.config/chargectl/config.yaml)".
func (c *Config) ProfileOrigin() string {
	if c.profile == nil {
		return fmt.Sprintf("profile %s (%s)", c.Profile.Text, c.Path)
	}
	return c.profile.source()
}

// KeyCommand is api_key_command as a program and its arguments, nil when the profile has none.
func (c *Config) KeyCommand() []string {
	if !c.profile.has(settingKeyCommand) {
		return nil
	}
	words, _ := c.profile.command() // checked by Load
	if len(words) > 0 {
		if program, err := c.env.expand(words[0], ""); err == nil {
			words[0] = program
		}
	}
	return words
}
