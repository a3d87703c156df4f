// Package config finds the settings of one run: flag, environment, profile, default, in this order, each with the place
// it came from; and it changes the configuration file. It is the only package that knows Viper and YAML.
//
// It is not for the flags of single commands (cli puts those over what it finds here), nor for the API key (package
// credential), nor for using what it read: time zones, CA files and folders are opened by whoever needs them.
//
// settings.go is the table of all settings: the file, the environment, the help topic and config list are made of it.
// Viper resolves (resolver.go); the file's YAML tree (file.go) is for line numbers, and for edits that keep comments and
// order (edit.go). An edit takes a lock beside the file, reads, changes, and replaces the file in one step, so ten
// processes that edit at once lose nothing, and a reader needs no lock.
package config

import (
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
)

// Values are the settings in effect, as people wrote them: right in form, paths resolved, and not used yet. An empty
// one is not set. The key itself is not among them: see FromEnvironment and FromProfile.
type Values struct {
	Path          string   `mapstructure:"config"` // the configuration file; empty when there is no place for one; it need not exist
	Profile       string   `mapstructure:"profile"`
	Type          string   `mapstructure:"type"`
	Fleet         string   `mapstructure:"fleet"`
	Timezone      string   `mapstructure:"timezone"`
	Dir           string   `mapstructure:"dir"`
	Timeout       string   `mapstructure:"timeout"`
	BaseURL       string   `mapstructure:"base_url"`
	APIVersion    string   `mapstructure:"api_version"` // a date, or account: send none
	CAFile        string   `mapstructure:"ca_file"`
	RequireMode   string   `mapstructure:"require_mode"`
	APIKeyCommand []string `mapstructure:"api_key_command"` // a program and its arguments
	Keyring       bool     `mapstructure:"keyring"`
}

// Config is what one run works with.
type Config struct {
	Values

	// Notices are sentences for a person that change nothing: unknown names, loose file modes.
	Notices []string

	resolved *resolver
}

// Load reads the environment and the configuration file once. A flag of the set that is named as a setting, with dashes
// for underscores, goes before all else; nil is no flags. Every error is of KindUsage and names the file and line, the
// variable or the flag. No command is run and no keyring asked.
func Load(env Env, flags *pflag.FlagSet) (*Config, error) { return load(env, flags, mustExist) }

// LoadToCreate is Load for a command that makes what is missing: a file or profile that is named explicitly need not
// exist yet.
func LoadToCreate(env Env, flags *pflag.FlagSet) (*Config, error) { return load(env, flags, mayBeMade) }

// missing is what to make of a file or profile that was named and is not there.
type missing int

const (
	mustExist missing = iota
	mayBeMade
)

func load(env Env, flags *pflag.FlagSet, absent missing) (*Config, error) {
	r, err := newResolver(env, flags)
	if err != nil {
		return nil, err
	}
	f, notices, err := r.readFile(absent)
	if err != nil {
		return nil, err
	}
	c := &Config{resolved: r, Notices: notices}
	if err := r.choose(f); err != nil {
		return nil, err
	}
	if chosen := r.setting(settingProfile); chosen.source != sourceDefault {
		// The profile "default" needs no entry: naming it is no mistake.
		wanted := r.profile == nil && absent == mustExist && fold(chosen.text) != defaultProfile
		switch {
		case wanted && r.path == "":
			return nil, charge.Usagef("%s: there is no profile %s: %w", chosen.source, shown(chosen.text), r.placed())
		case wanted:
			return nil, f.noProfile(chosen)
		case r.path == "":
			c.Notices = append(c.Notices, "profiles are off: "+r.placed().Error())
		}
	}
	if err := r.mergeProfile(); err != nil {
		return nil, err
	}
	if err := r.checkGiven(); err != nil {
		return nil, err
	}
	if err := r.viper.Unmarshal(&c.Values); err != nil {
		return nil, charge.Errorf(charge.KindInternal, "the settings do not fit: %w", err)
	}
	return c, nil
}

// Locate returns the path of the configuration file without reading it: --config, CHARGE_CONFIG,
// $XDG_CONFIG_HOME/chargectl/config.yaml (XDG Base Directory Specification), ~/.config/chargectl/config.yaml, or
// %AppData%\chargectl\config.yaml on Windows. Where no place exists the error is of KindUsage.
func Locate(env Env, flags *pflag.FlagSet) (string, error) {
	r, err := newResolver(env, flags)
	if err == nil {
		err = r.placed()
	}
	if err != nil {
		return "", err
	}
	return r.path, nil
}

// Version is the Charge-Version to send; empty, which sends none, where the account's own is wanted.
func (c *Config) Version() string {
	if c.APIVersion == accountVersion {
		return ""
	}
	return c.APIVersion
}

// Value is what is in effect of a setting, a list joined by spaces, and where it comes from: "flag --base-url",
// "environment CHARGE_BASE_URL", "profile acme (/home/a/.config/chargectl/config.yaml)" or "default".
func (c *Config) Value(name string) (text, source string) {
	v := c.resolved.setting(name)
	return v.text, v.source
}

// Chosen reports whether somebody set it, and it is not the default.
func (c *Config) Chosen(name string) bool { return c.resolved.setting(name).source != sourceDefault }

// Wrong says of a setting that failed in use where it comes from: file and line, or the variable or flag. It is of
// KindUsage.
func (c *Config) Wrong(name string, err error) error {
	v := c.resolved.setting(name)
	if p := c.resolved.profile; p != nil && v.source == p.origin() {
		return p.wrong(name, err)
	}
	return charge.Usagef("%s: %w", v.source, err)
}

// FromEnvironment gives a setting's text where a variable set it, else nothing.
func (c *Config) FromEnvironment(name string) string {
	if s, _ := Find(name); c.resolved.env.get(s.Env) != "" {
		return c.resolved.setting(name).text
	}
	return ""
}

// FromProfile gives what the profile in use says of a setting, whatever overrides it; paths are resolved.
func (c *Config) FromProfile(name string) string {
	text, _ := c.resolved.inFile[name].(string)
	return text
}

// ProfileOrigin says where the profile in use stands, or would: "profile acme (/home/a/.config/chargectl/config.yaml)".
func (c *Config) ProfileOrigin() string { return origin(c.Profile, c.Path) }
