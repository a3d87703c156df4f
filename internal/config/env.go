package config

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/chargectl/chargectl/internal/disk"
)

// Env is the environment of a run as a value. RealEnv gives the process's own; tests give theirs.
type Env struct {
	Lookup func(name string) (string, bool) // an environment variable
	GOOS   string                           // as runtime.GOOS
	Home   func() (string, error)           // the home directory

	own      bool // Lookup is the process's, whose variables Viper reads itself
	openFile func(path string) (*os.File, error)
	system   disk.System
}

// RealEnv returns the process's own environment and home.
func RealEnv() Env {
	return Env{Lookup: os.LookupEnv, GOOS: runtime.GOOS, Home: os.UserHomeDir, own: true}
}

// get treats an empty variable as unset, as Viper does: CI systems export what they have no value for.
func (e Env) get(name string) string {
	text, _ := e.Lookup(name)
	return text
}

func (e Env) windows() bool { return e.GOOS == "windows" }

func (e Env) open(path string) (*os.File, error) {
	if e.openFile != nil { // which a test has fail
		return e.openFile(path)
	}
	return os.Open(path)
}

// expand resolves a leading ~/ and, where folder is not empty, takes a relative path from there.
func (e Env) expand(path, folder string) (string, error) {
	if rest, ok := strings.CutPrefix(path, "~/"); ok || path == "~" {
		home, err := e.Home()
		if err != nil || home == "" {
			return "", errors.New("there is no home directory for ~")
		}
		return filepath.Join(home, rest), nil
	}
	if folder == "" || filepath.IsAbs(path) {
		return path, nil
	}
	return filepath.Join(folder, path), nil
}

// defaultPath is empty where there is no place for a file.
func defaultPath(env Env) string {
	base, _ := env.expand("~/.config", "")
	if env.windows() {
		base = env.get("APPDATA")
	} else if xdg := env.get("XDG_CONFIG_HOME"); filepath.IsAbs(xdg) { // a relative one is to be ignored, says the specification
		base = xdg
	}
	if base == "" {
		return ""
	}
	return filepath.Join(base, "chargectl", "config.yaml")
}
