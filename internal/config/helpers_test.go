package config

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	testKey = "ch_sk_test_0123456789abcdefWXYZ"
	liveKey = "ch_sk_live_0123456789abcdefQRST"
)

// testEnv is an environment of its own: variables, a home in a temporary folder.
type testEnv struct {
	t    *testing.T
	home string
	vars map[string]string
}

func newTestEnv(t *testing.T) *testEnv {
	t.Helper()
	return &testEnv{t: t, home: t.TempDir(), vars: map[string]string{}}
}

func (w *testEnv) env() Env {
	return Env{
		Lookup: func(name string) (string, bool) { text, ok := w.vars[name]; return text, ok },
		GOOS:   "linux",
		Home: func() (string, error) {
			if w.home == "" {
				return "", errors.New("HOME is not defined")
			}
			return w.home, nil
		},
	}
}

// ownEnv is the same environment as the process's own, until the test ends.
func (w *testEnv) ownEnv() Env {
	w.t.Helper()
	for _, s := range Settings() {
		if s.Env != "" {
			w.t.Setenv(s.Env, w.vars[s.Env])
		}
	}
	w.t.Setenv("HOME", w.home)
	w.t.Setenv("XDG_CONFIG_HOME", w.vars["XDG_CONFIG_HOME"])
	return RealEnv()
}

func (w *testEnv) path() string { return filepath.Join(w.home, ".config", "chargectl", "config.yaml") }

// file writes the default configuration file at 0600.
func (w *testEnv) file(text string) *testEnv {
	w.t.Helper()
	if err := os.MkdirAll(filepath.Dir(w.path()), 0o700); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(w.path(), []byte(text), 0o600); err != nil {
		w.t.Fatal(err)
	}
	return w
}

func (w *testEnv) set(vars map[string]string) *testEnv {
	maps.Copy(w.vars, vars)
	return w
}

// given is the flags of a command line, by name and text.
func given(flags ...string) *pflag.FlagSet {
	set := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, name := range []string{"profile", "config", "base-url"} {
		set.String(name, "", "")
	}
	for i := 0; i+1 < len(flags); i += 2 {
		_ = set.Set(flags[i], flags[i+1])
	}
	return set
}

func (w *testEnv) load(flags *pflag.FlagSet) *Config {
	w.t.Helper()
	c, err := Load(w.env(), flags)
	if err != nil {
		w.t.Fatalf("Load: %v", err)
	}
	return c
}

func (w *testEnv) text() string {
	w.t.Helper()
	data, err := os.ReadFile(w.path())
	if err != nil {
		w.t.Fatal(err)
	}
	return string(data)
}

// folder lists what is in the configuration folder.
func (w *testEnv) folder() (names []string) {
	w.t.Helper()
	entries, err := os.ReadDir(filepath.Dir(w.path()))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

func (w *testEnv) mode(path string) os.FileMode {
	w.t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		w.t.Fatal(err)
	}
	return info.Mode().Perm()
}

// wantError checks the kind of an error, its words, and that no key is in it.
func wantError(t *testing.T, err error, kind charge.Kind, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one of kind %s with %q", kind, words)
	}
	if got := charge.KindOf(err); got != kind {
		t.Errorf("kind %s, want %s: %v", got, kind, err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
	if strings.Contains(err.Error(), "0123456789") {
		t.Errorf("%q repeats a key", err)
	}
}
