package cli

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/credential"
)

// TestKeySources: what the settings say about the key reaches whoever looks for it, with what the environment overrides.
func TestKeySources(t *testing.T) {
	folder := t.TempDir()
	path := write(t, filepath.Join(folder, "config.yaml"),
		"profiles:\n  Acme: {api_key: filed, api_key_file: key, api_key_command: [pass, a b], keyring: true, require_mode: test}\n")
	sources := func(vars map[string]string) credential.Sources {
		vars["CHARGE_CONFIG"], vars["CHARGE_PROFILE"] = path, "acme"
		cfg, err := config.Load(config.Env{
			Lookup: func(name string) (string, bool) { v, ok := vars[name]; return v, ok },
			Home:   func() (string, error) { return folder, nil },
			GOOS:   "linux",
		}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return keySources(cfg)
	}
	want := credential.Sources{
		Profile: "Acme", Origin: "profile Acme (" + path + ")", Command: []string{"pass", "a b"},
		File: filepath.Join(folder, "key"), Text: "filed", Keyring: true, RequireMode: "test",
	}
	if diff := cmp.Diff(want, sources(map[string]string{})); diff != "" {
		t.Error(diff)
	}
	want.Variable, want.FileVariable = "given", filepath.Join(folder, "other")
	if diff := cmp.Diff(want, sources(map[string]string{credential.Variable: "given", credential.FileVariable: "~/other"})); diff != "" {
		t.Error(diff)
	}
	var variables []string
	for _, s := range config.Settings() {
		variables = append(variables, s.Env)
	}
	if !slices.Contains(variables, credential.Variable) || !slices.Contains(variables, credential.FileVariable) {
		t.Errorf("the table of settings names other variables: %q", variables)
	}
}
