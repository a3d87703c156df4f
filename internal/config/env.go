package config

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// Env is everything outside of the program that this room asks. RealEnv gives the real one; tests give their own.
type Env struct {
	Lookup func(name string) (string, bool) // an environment variable
	GOOS   string                           // as runtime.GOOS
	Home   func() (string, error)           // the home directory
}

// RealEnv returns the process's own environment, home.
func RealEnv() Env {
	return Env{
		Lookup: os.LookupEnv,
		GOOS:   runtime.GOOS,
		Home:   os.UserHomeDir,
	}
}

// get treats an empty variable as unset: CI systems export what they have no value for.
func (e Env) get(name string) string {
	if name == "" {
		return ""
	}
	text, _ := e.Lookup(name)
	return text
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
