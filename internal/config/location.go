package config

import (
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	folderName = "chargectl"
	fileName   = "config.yaml"
)

// location is where the configuration file belongs; explicit when a person named it. The path is empty when there is no
// place for one.
type location struct {
	path, source string
	explicit     bool
}

// Locate returns the path of the configuration file without reading it: --config, CHARGE_CONFIG,
// $XDG_CONFIG_HOME/chargectl/config.yaml (XDG Base Directory Specification), ~/.config/chargectl/config.yaml, or
// %AppData%\chargectl\config.yaml on Windows. Where no place exists the error is of KindUsage.
func Locate(env Env, flags *pflag.FlagSet) (string, error) {
	where, err := locate(env, flags)
	return where.path, err
}

func locate(env Env, flags *pflag.FlagSet) (location, error) {
	r, err := newResolver(env, flags)
	if err != nil {
		return location{}, err
	}
	where, err := r.locate(env)
	if err == nil && where.path == "" {
		err = charge.Usagef("%s", noPlace(env))
	}
	return where, err
}

// locate settles the path; that there is no place for a file is no error yet.
func (r *resolver) locate(env Env) (location, error) {
	got := r.setting(settingConfig)
	where := location{source: got.source, explicit: got.source != sourceDefault}
	if where.explicit && got.text == "" {
		return where, charge.Usagef("%s needs the path of a file", got.source)
	}
	path, err := env.expand(got.text, "")
	if err != nil {
		return where, charge.Usagef("%s: %w", got.source, err)
	}
	where.path = path
	r.viper.Set(settingConfig, path)
	return where, nil
}

// defaultPath is empty where there is no place for a file.
func defaultPath(env Env) string {
	base := ""
	if env.windows() {
		base = env.get("APPDATA")
	} else if xdg := env.get("XDG_CONFIG_HOME"); filepath.IsAbs(xdg) { // a relative one is to be ignored, says the specification
		base = xdg
	} else if home, err := env.Home(); err == nil && home != "" {
		base = filepath.Join(home, ".config")
	}
	if base == "" {
		return ""
	}
	return filepath.Join(base, folderName, fileName)
}

func noPlace(env Env) string {
	if env.windows() {
		return "there is no place for a configuration file: neither AppData nor CHARGE_CONFIG is set"
	}
	return "there is no place for a configuration file: none of HOME, XDG_CONFIG_HOME and CHARGE_CONFIG is set"
}
