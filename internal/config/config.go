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
	"cmp"
	"fmt"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	sourceDefault  = "default"
	variablePrefix = "environment " // of a source
)

// Config is the settings in effect, as people wrote them: right in form, paths resolved, empty when not set. The key
// itself is not among them: see FromEnvironment and FromProfile.
type Config struct {
	Path          string // of the file, which need not exist; empty when there is no place for one
	Profile       string
	Type          string
	Fleet         string
	Timezone      string
	Dir           string
	Timeout       string
	BaseURL       string
	APIVersion    string // the Charge-Version to send; empty: send none
	CAFile        string
	RequireMode   string
	APIKeyCommand []string // a program and its arguments
	Keyring       bool

	// Notices are sentences for a person that change nothing: unknown names, loose file modes.
	Notices []string

	env     Env
	viper   *viper.Viper
	sources map[string]string // of the settings that are not the default
	file    *file             // once it was read
	profile *profile          // the chosen one, nil when the file has none of that name
	inFile  map[string]any    // its settings, checked
}

// Load reads the environment and the configuration file once. A flag that is named as a setting, with dashes for
// underscores, goes before all else; nil is no flags. Every error is of KindUsage and names the file and line, the
// variable or the flag.
func Load(env Env, flags *pflag.FlagSet) (*Config, error) { return load(env, flags, toUse) }

// LoadToCreate is Load for a command that makes the file and the profile where they are missing.
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
		switch needed := c.profile == nil && why == toUse && fold(name) != defaultProfile; {
		case needed && c.Path == "":
			return nil, charge.Usagef("%s: there is no profile %s: %w", source, shown(name), c.placed())
		case needed:
			return nil, c.file.noProfile(source, name)
		case c.Path == "":
			c.note("profiles are off: %s", c.placed())
		}
	}
	if err := c.settle(); err != nil {
		return nil, err
	}
	c.fill()
	return c, nil
}

// fill takes the settings in effect out of Viper, whose Unmarshal is 120 KB of reflection for thirteen fields.
func (c *Config) fill() {
	text := c.viper.GetString
	c.Type, c.Fleet, c.Timezone, c.Dir, c.Timeout = text("type"), text("fleet"), text(settingTimezone), text("dir"), text("timeout")
	c.BaseURL, c.CAFile, c.RequireMode = text("base_url"), text("ca_file"), text("require_mode")
	if c.APIVersion = text("api_version"); c.APIVersion == accountVersion {
		c.APIVersion = ""
	}
	c.APIKeyCommand, _ = c.viper.Get(settingAPIKeyCommand).([]string) // checked by settle
	c.Keyring = text(settingKeyring) == "true"
}

// Locate returns the path of the configuration file without reading it: --config, CHARGE_CONFIG, else chargectl/config.yaml
// in $XDG_CONFIG_HOME or ~/.config, on Windows in %AppData%. Where no place exists the error is of KindUsage.
func Locate(env Env, flags *pflag.FlagSet) (string, error) {
	c, err := begin(env, flags)
	if err != nil {
		return "", err
	}
	return c.Path, c.placed()
}

// Profiles are the names of the profiles in the file, in its order; none where it cannot be read.
func Profiles(env Env, flags *pflag.FlagSet) (names []string) {
	c, err := begin(env, flags)
	if err != nil || c.read(toCreate) != nil {
		return nil
	}
	for _, p := range c.file.profiles {
		names = append(names, p.name)
	}
	return names
}

// begin binds flags and variables, and settles the path of the file; that there is no place for one is no error yet.
func begin(env Env, flags *pflag.FlagSet) (*Config, error) {
	if flags == nil {
		flags = new(pflag.FlagSet)
	}
	c := &Config{env: env, viper: viper.New(), sources: map[string]string{}}
	for _, s := range Settings() {
		c.viper.SetDefault(s.Name, s.Default)
		flag, text := flags.Lookup(strings.ReplaceAll(s.Name, "_", "-")), env.get(s.Env)
		_ = c.viper.BindPFlag(s.Name, flag) // the error says that there is none
		switch {
		case flag != nil && flag.Changed:
			c.sources[s.Name] = "flag --" + flag.Name
		case text != "":
			c.sources[s.Name] = variablePrefix + s.Env
			if env.own {
				c.viper.MustBindEnv(s.Name, s.Env)
			} else {
				c.viper.Set(s.Name, text) // Viper can read the process's own environment alone
			}
		}
	}
	c.viper.SetDefault(settingConfig, defaultPath(env))
	text, source := c.Value(settingConfig)
	if source != sourceDefault && text == "" {
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
	if n := target(find(c.file.root, settingDefaultProfile)); !isNull(n) && n.Value != "" {
		source := fmt.Sprintf("%s (%s)", settingDefaultProfile, c.Path)
		c.merge(map[string]any{settingProfile: n.Value, settingDefaultProfile: n.Value}, source)
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

// settle checks what the profile, the flags and the variables say, and resolves the paths in it.
func (c *Config) settle() (err error) {
	if c.profile != nil {
		if c.inFile, err = c.profile.settings(c.env); err != nil {
			return err
		}
	}
	for _, s := range Settings() {
		source := c.sources[s.Name]
		if source == "" || s.place == atTop {
			continue
		}
		value, err := s.value(c.env, scalar(c.viper.GetString(s.Name)), "")
		if err != nil {
			return charge.Usagef("%s: %w", source, err)
		}
		c.viper.Set(s.Name, value)
	}
	c.merge(c.inFile, c.ProfileOrigin())
	return nil
}

// merge puts settings of the file beneath flags and environment.
func (c *Config) merge(settings map[string]any, source string) {
	_ = c.viper.MergeConfigMap(settings) // which has no way to fail
	for name := range settings {
		c.sources[name] = cmp.Or(c.sources[name], source)
	}
}

func (c *Config) note(format string, args ...any) {
	c.Notices = append(c.Notices, fmt.Sprintf(format, args...))
}

// Value is what is in effect of a setting, a list joined by spaces, and where it comes from: "flag --base-url",
// "environment CHARGE_BASE_URL", "profile acme (/home/a/.config/chargectl/config.yaml)" or "default".
func (c *Config) Value(name string) (text, source string) {
	text = c.viper.GetString(name)
	if words, ok := c.viper.Get(name).([]string); ok {
		text = strings.Join(words, " ")
	}
	return text, cmp.Or(c.sources[name], sourceDefault)
}

// Sets reports whether the file sets it, for the profile in use or at the top.
func (c *Config) Sets(name string) bool {
	_, inProfile := c.inFile[name]
	return inProfile || name == settingDefaultProfile && c.Chosen(name)
}

// Chosen reports whether somebody set it, and it is not the default.
func (c *Config) Chosen(name string) bool { return c.sources[name] != "" }

// Wrong is the KindUsage error of a setting that failed in use: it names file and line, the variable or the flag.
func (c *Config) Wrong(name string, err error) error {
	if c.profile != nil && c.sources[name] == c.ProfileOrigin() {
		return c.profile.wrong(name, err)
	}
	return charge.Usagef("%s: %w", cmp.Or(c.sources[name], sourceDefault), err)
}

// FromEnvironment gives a setting's text where a variable set it, else nothing.
func (c *Config) FromEnvironment(name string) string {
	if !strings.HasPrefix(c.sources[name], variablePrefix) {
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
