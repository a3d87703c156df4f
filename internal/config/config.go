// Package config finds the settings of one run: flag, environment, profile, default, in this order, each with the place
// it came from; and it changes the configuration file. It is the only package that knows Viper and YAML.
//
// It is not for the flags of single commands (cli puts those over what it finds here), nor for the API key (package
// credential), nor for using what it read: time zones, CA files and folders are opened by whoever needs them.
//
// settings.go is the table of all settings: the file, the environment, the help topic and config list are made of it.
// Viper resolves; the file's YAML tree (file.go) is for line numbers, and for edits that keep comments and order
// (edit.go). An edit takes a lock beside the file, reads, changes, and replaces the file in one step, so ten processes
// that edit at once lose nothing, and a reader needs no lock.
package config

import (
	"fmt"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/chargectl/chargectl/internal/charge"
)

const sourceDefault = "default"

// Config is what one run works with: the settings in effect, as people wrote them, right in form and with paths
// resolved. An empty one is not set. The key itself is not among them: see FromEnvironment and FromProfile.
type Config struct {
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

	// Notices are sentences for a person that change nothing: unknown names, loose file modes.
	Notices []string `mapstructure:"-"`

	env      Env
	flags    *pflag.FlagSet
	viper    *viper.Viper
	explicit bool           // somebody named the file
	file     *file          // once it was read
	profile  *profile       // the chosen one, nil when the file has none of that name
	inFile   map[string]any // its settings, checked
}

// Load reads the environment and the configuration file once. A flag of the set that is named as a setting, with dashes
// for underscores, goes before all else; nil is no flags. Every error is of KindUsage and names the file and line, the
// variable or the flag. No command is run and no keyring asked.
func Load(env Env, flags *pflag.FlagSet) (*Config, error) { return load(env, flags, toUse) }

// LoadToCreate is Load for a command that makes what is missing: a file or profile that is named explicitly need not
// exist yet.
func LoadToCreate(env Env, flags *pflag.FlagSet) (*Config, error) { return load(env, flags, toCreate) }

func load(env Env, flags *pflag.FlagSet, why purpose) (*Config, error) {
	c, err := begin(env, flags)
	if err != nil {
		return nil, err
	}
	if err := c.read(why); err != nil {
		return nil, err
	}
	if err := c.choose(); err != nil {
		return nil, err
	}
	if name, source := c.Value(settingProfile); source != sourceDefault {
		// The profile "default" needs no entry: naming it is no mistake.
		wanted := c.profile == nil && why == toUse && fold(name) != defaultProfile
		switch {
		case wanted && c.Path == "":
			return nil, charge.Usagef("%s: there is no profile %s: %w", source, shown(name), c.placed())
		case wanted:
			return nil, c.file.noProfile(source, name)
		case c.Path == "":
			c.note("profiles are off: %s", c.placed())
		}
	}
	if err := c.mergeProfile(); err != nil {
		return nil, err
	}
	if err := c.checkGiven(); err != nil {
		return nil, err
	}
	if err := c.viper.Unmarshal(c); err != nil {
		return nil, charge.Errorf(charge.KindInternal, "the settings do not fit: %w", err)
	}
	return c, nil
}

// Locate returns the path of the configuration file without reading it: --config, CHARGE_CONFIG,
// $XDG_CONFIG_HOME/chargectl/config.yaml (XDG Base Directory Specification), ~/.config/chargectl/config.yaml, or
// %AppData%\chargectl\config.yaml on Windows. Where no place exists the error is of KindUsage.
func Locate(env Env, flags *pflag.FlagSet) (string, error) {
	c, err := begin(env, flags)
	if err != nil {
		return "", err
	}
	return c.Path, c.placed()
}

// begin binds flags and variables, and settles the path of the file; that there is no place for one is no error yet.
func begin(env Env, flags *pflag.FlagSet) (*Config, error) {
	if flags == nil {
		flags = new(pflag.FlagSet)
	}
	c := &Config{env: env, flags: flags, viper: viper.New()}
	for _, s := range Settings() {
		c.viper.SetDefault(s.Name, s.Default)
		flag := c.flag(s)
		_ = c.viper.BindPFlag(s.Name, flag) // the error says that there is none
		switch text := env.get(s.Env); {
		case env.own && s.Env != "":
			c.viper.MustBindEnv(s.Name, s.Env)
		case text != "" && (flag == nil || !flag.Changed):
			c.viper.Set(s.Name, text) // Viper can read the process's own environment alone
		}
	}
	c.viper.SetDefault(settingConfig, defaultPath(env))
	text, source := c.Value(settingConfig)
	c.explicit = source != sourceDefault
	if c.explicit && text == "" {
		return nil, charge.Usagef("%s needs the path of a file", source)
	}
	path, err := env.expand(text, "")
	if err != nil {
		return nil, charge.Usagef("%s: %w", source, err)
	}
	c.Path = path
	c.viper.Set(settingConfig, path)
	return c, nil
}

// placed is an error where there is no place for a configuration file.
func (c *Config) placed() error {
	if c.Path != "" {
		return nil
	}
	why := "none of HOME, XDG_CONFIG_HOME and CHARGE_CONFIG is set"
	if c.env.windows() {
		why = "neither AppData nor CHARGE_CONFIG is set"
	}
	return charge.Usagef("there is no place for a configuration file: %s", why)
}

// choose takes the profile that the flag, the environment or the file names.
func (c *Config) choose() error {
	if name := c.file.defaultProfile(); name != "" {
		c.merge(map[string]any{settingProfile: name, settingDefaultProfile: name})
	}
	name, source := c.Value(settingProfile)
	if err := profileName(name); err != nil {
		return charge.Usagef("%s: %w", source, err)
	}
	c.Profile = name
	if c.profile = c.file.profile(name); c.profile != nil {
		c.Profile = c.profile.name // as the file writes it
	}
	c.viper.Set(settingProfile, c.Profile)
	return nil
}

// mergeProfile adds what the chosen profile says.
func (c *Config) mergeProfile() (err error) {
	if c.profile == nil {
		return nil
	}
	if c.inFile, err = c.profile.settings(c.env); err == nil {
		c.merge(c.inFile)
	}
	return err
}

// merge puts settings of the file beneath flags and environment.
func (c *Config) merge(settings map[string]any) { _ = c.viper.MergeConfigMap(settings) } // which has no way to fail

// checkGiven checks what flags and environment say, and resolves their paths.
func (c *Config) checkGiven() error {
	for _, s := range Settings() {
		source := c.given(s)
		if source == "" {
			continue
		}
		value, err := s.value(c.env, c.viper.GetString(s.Name), "")
		if err != nil {
			return charge.Usagef("%s: %w", source, err)
		}
		c.viper.Set(s.Name, value)
	}
	return nil
}

func (c *Config) note(format string, args ...any) {
	c.Notices = append(c.Notices, fmt.Sprintf(format, args...))
}

// flag is the flag of a setting, nil when there is none.
func (c *Config) flag(s Setting) *pflag.Flag {
	return c.flags.Lookup(strings.ReplaceAll(s.Name, "_", "-"))
}

// given names the flag, else the variable that sets it, in Viper's order; empty when neither does.
func (c *Config) given(s Setting) string {
	if flag := c.flag(s); flag != nil && flag.Changed {
		return "flag --" + flag.Name
	}
	if c.env.get(s.Env) != "" {
		return "environment " + s.Env
	}
	return ""
}

// Value is what is in effect of a setting, a list joined by spaces, and where it comes from: "flag --base-url",
// "environment CHARGE_BASE_URL", "profile acme (/home/a/.config/chargectl/config.yaml)" or "default".
func (c *Config) Value(name string) (text, source string) {
	s, _ := Find(name)
	text = c.viper.GetString(name)
	if words, ok := c.viper.Get(name).([]string); ok {
		text = strings.Join(words, " ")
	}
	switch source = c.given(s); {
	case source != "":
		return text, source
	case !c.viper.InConfig(s.Name):
		return text, sourceDefault
	case s.place == inProfile:
		return text, c.ProfileOrigin()
	default:
		return text, fmt.Sprintf("%s (%s)", settingDefaultProfile, c.Path)
	}
}

// Chosen reports whether somebody set it, and it is not the default.
func (c *Config) Chosen(name string) bool {
	_, source := c.Value(name)
	return source != sourceDefault
}

// Wrong says of a setting that failed in use where it comes from: file and line, or the variable or flag. It is of
// KindUsage.
func (c *Config) Wrong(name string, err error) error {
	_, source := c.Value(name)
	if c.profile != nil && source == c.ProfileOrigin() {
		return c.profile.wrong(name, err)
	}
	return charge.Usagef("%s: %w", source, err)
}

// Version is the Charge-Version to send; empty, which sends none, where the account's own is wanted.
func (c *Config) Version() string {
	if c.APIVersion == accountVersion {
		return ""
	}
	return c.APIVersion
}

// FromEnvironment gives a setting's text where a variable set it, else nothing.
func (c *Config) FromEnvironment(name string) string {
	if s, _ := Find(name); c.env.get(s.Env) == "" {
		return ""
	}
	return c.viper.GetString(name)
}

// FromProfile gives what the profile in use says of a setting, whatever overrides it; paths are resolved.
func (c *Config) FromProfile(name string) string {
	text, _ := c.inFile[name].(string)
	return text
}

// ProfileOrigin says where the profile in use stands, or would: "profile acme (/home/a/.config/chargectl/config.yaml)".
func (c *Config) ProfileOrigin() string { return fmt.Sprintf("profile %s (%s)", c.Profile, c.Path) }
