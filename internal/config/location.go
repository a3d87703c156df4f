package config

import (
	"path/filepath"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	folderName = "chargectl"
	fileName   = "config.yaml"
)

// location is where the configuration file belongs; explicit when a person named it.
type location struct {
	path, source string
	explicit     bool
}

// Locate returns the path of the configuration file without reading it: --config, CHARGE_CONFIG,
// $XDG_CONFIG_HOME/chargectl/config.yaml (XDG Base Directory Specification), ~/.config/chargectl/config.yaml, or
// %AppData%\chargectl\config.yaml on Windows. Where no place exists the error is of KindUsage.
func Locate(env Env, flags Flags) (string, error) {
	where, err := locate(env, flags)
	if err == nil && where.path == "" {
		err = charge.Usagef("%s", noPlace(env))
	}
	return where.path, err
}

func locate(env Env, flags Flags) (location, error) {
	if flags.Config != nil {
		if *flags.Config == "" {
			return location{}, charge.Usagef("--config needs the path of a file")
		}
		return location{*flags.Config, "flag --config", true}, nil
	}
	if path := env.get("CHARGE_CONFIG"); path != "" {
		path, err := env.expand(path, "")
		if err != nil {
			return location{}, charge.Usagef("CHARGE_CONFIG: %w", err)
		}
		return location{path, "environment CHARGE_CONFIG", true}, nil
	}
	if base := configHome(env); base != "" {
		return location{filepath.Join(base, folderName, fileName), sourceDefault, false}, nil
	}
	return location{source: sourceDefault}, nil
}

func configHome(env Env) string {
	if env.GOOS == "windows" {
		return env.get("APPDATA")
	}
	// A relative XDG path is to be ignored, says the specification.
	if base := env.get("XDG_CONFIG_HOME"); filepath.IsAbs(base) {
		return base
	}
	home, err := env.Home()
	if err != nil || home == "" {
		return ""
	}
	return filepath.Join(home, ".config")
}

func noPlace(env Env) string {
	if env.GOOS == "windows" {
		return "there is no place for a configuration file: neither AppData nor CHARGE_CONFIG is set"
	}
	return "there is no place for a configuration file: none of HOME, XDG_CONFIG_HOME and CHARGE_CONFIG is set"
}
