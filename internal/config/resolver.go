package config

import (
	"fmt"
	"maps"
	"strings"

	"github.com/spf13/pflag"
	"github.com/spf13/viper"

	"github.com/chargectl/chargectl/internal/charge"
)

const sourceDefault = "default"

// value is what Config.Value gives.
type value struct{ text, source string }

// resolver finds the value of each setting that counts: Viper knows which one does, this type where it came from.
type resolver struct {
	env       Env
	viper     *viper.Viper
	flags     *pflag.FlagSet
	variables map[string]any // of an environment that is not the process's own, which alone Viper can read

	path     string // of the configuration file; empty when there is no place for one
	explicit bool   // somebody named it

	// Known once choose was called.
	file    *file
	profile *profile       // the chosen one, nil when the file has none of that name
	inFile  map[string]any // its settings, checked, once mergeProfile was called
}

func newResolver(env Env, flags *pflag.FlagSet) (*resolver, error) {
	if flags == nil {
		flags = new(pflag.FlagSet)
	}
	r := &resolver{env: env, viper: viper.New(), flags: flags, variables: map[string]any{}}
	for _, s := range Settings() {
		r.viper.SetDefault(s.Name, s.Default)
		if text := env.get(s.Env); env.own && s.Env != "" {
			if err := r.viper.BindEnv(s.Name, s.Env); err != nil {
				return nil, err
			}
		} else if text != "" {
			r.variables[s.Name] = text
		}
		if flag := r.flag(s.Name); flag != nil {
			if err := r.viper.BindPFlag(s.Name, flag); err != nil {
				return nil, err
			}
		}
	}
	r.viper.SetDefault(settingConfig, defaultPath(env))
	if err := r.merge(nil); err != nil {
		return nil, err
	}
	return r, r.locate()
}

// locate settles the path of the file; that there is no place for one is no error yet.
func (r *resolver) locate() (err error) {
	got := r.setting(settingConfig)
	r.explicit = got.source != sourceDefault
	if r.explicit && got.text == "" {
		return charge.Usagef("%s needs the path of a file", got.source)
	}
	if r.path, err = r.env.expand(got.text, ""); err != nil {
		return charge.Usagef("%s: %w", got.source, err)
	}
	r.viper.Set(settingConfig, r.path)
	return nil
}

// placed is an error where there is no place for a configuration file.
func (r *resolver) placed() error {
	if r.path != "" {
		return nil
	}
	why := "none of HOME, XDG_CONFIG_HOME and CHARGE_CONFIG is set"
	if r.env.windows() {
		why = "neither AppData nor CHARGE_CONFIG is set"
	}
	return charge.Usagef("there is no place for a configuration file: %s", why)
}

// merge puts settings of the file beneath flags and environment.
func (r *resolver) merge(values map[string]any) error {
	if err := r.viper.MergeConfigMap(maps.Clone(values)); err != nil { // which changes the map
		return err
	}
	return r.viper.MergeConfigMap(r.variables)
}

// flag is the flag of a setting, nil when there is none.
func (r *resolver) flag(name string) *pflag.Flag {
	return r.flags.Lookup(strings.ReplaceAll(name, "_", "-"))
}

// choose takes the name of the profile from the flag, the environment or the file.
func (r *resolver) choose(f *file) error {
	r.file = f
	if name := f.defaultProfile(); name != "" {
		if err := r.merge(map[string]any{settingProfile: name, settingDefaultProfile: name}); err != nil {
			return err
		}
	}
	chosen := r.setting(settingProfile)
	if err := profileName(chosen.text); err != nil {
		return charge.Usagef("%s: %w", chosen.source, err)
	}
	if r.profile = f.profile(chosen.text); r.profile != nil {
		r.viper.Set(settingProfile, r.profile.name) // as the file writes it
	}
	return nil
}

// mergeProfile adds what the chosen profile says.
func (r *resolver) mergeProfile() (err error) {
	if r.profile != nil {
		r.inFile, err = r.profile.settings(r.env)
	}
	if err != nil {
		return err
	}
	return r.merge(r.inFile)
}

// checkGiven checks what flags and environment say, and resolves their paths.
func (r *resolver) checkGiven() error {
	for _, s := range Settings() {
		source := r.given(s)
		if source == "" {
			continue
		}
		text := r.viper.GetString(s.Name)
		if err := s.check(text); err != nil {
			return charge.Usagef("%s: %w", source, err)
		}
		if !s.path {
			continue
		}
		path, err := r.env.expand(text, "")
		if err != nil {
			return charge.Usagef("%s: %w", source, err)
		}
		r.viper.Set(s.Name, path)
	}
	return nil
}

// setting gives a setting's text and source; a list is joined by spaces, for showing.
func (r *resolver) setting(name string) value {
	s, _ := Find(name)
	if words, ok := r.viper.Get(name).([]string); ok {
		return value{strings.Join(words, " "), r.source(s)}
	}
	return value{r.viper.GetString(name), r.source(s)}
}

// given names the flag, else the variable that sets it, in Viper's order; empty when neither does.
func (r *resolver) given(s Setting) string {
	if flag := r.flag(s.Name); flag != nil && flag.Changed {
		return "flag --" + flag.Name
	}
	if r.env.get(s.Env) != "" {
		return "environment " + s.Env
	}
	return ""
}

func (r *resolver) source(s Setting) string {
	given := r.given(s)
	switch {
	case given != "":
		return given
	case !r.viper.InConfig(s.Name):
		return sourceDefault
	case s.place == inProfile:
		return r.profile.origin()
	default:
		return fmt.Sprintf("%s (%s)", settingDefaultProfile, r.file.path)
	}
}

// origin says of a setting that it is a profile's.
func origin(profile, path string) string { return fmt.Sprintf("profile %s (%s)", profile, path) }
