package cli

import (
	"path/filepath"
	"slices"
	"strings"
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

func TestEnvironmentKeyOverAProfileIsNoticed(t *testing.T) {
	const withKey = "profiles: {acme: {keyring: true}}\ndefault_profile: acme\n"
	tests := map[string]struct {
		file, line string
		key        string
		want       bool
	}{
		"overridden":           {withKey, "config list --profile acme", doctorKey, true},
		"nothing to override":  {"profiles: {acme: {fleet: a}}\n", "config list --profile acme", doctorKey, false},
		"profile not explicit": {withKey, "config list", doctorKey, false},
		"no key around":        {withKey, "config list --profile acme", "", false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			v := newCommandTest(t)
			v.vars["CHARGE_API_KEY"], v.vars["CHARGE_CONFIG"] = tt.key, write(t, filepath.Join(t.TempDir(), "config.yaml"), tt.file)
			code, _, stderr := v.run(t, tt.line)
			if got := stderr == "the key of CHARGE_API_KEY is used, not the one of profile acme\n"; code != 0 || got != tt.want || !got && stderr != "" {
				t.Errorf("exit %d, %q", code, stderr)
			}
		})
	}
}

func TestConfigListShowsNoSecret(t *testing.T) {
	v := newCommandTest(t)
	const live = "ch_sk_live_0123456789abcdefQRST"
	path := write(t, filepath.Join(t.TempDir(), "config.yaml"),
		"profiles:\n  acme:\n    api_key: ch_sk_test_0123456789abcdefWXYZ\n    fleet: "+live+"\n    api_key_command: [echo, "+live+"]\n")
	v.vars["CHARGE_API_KEY"] = ""
	code, stdout, stderr := v.run(t, "config list --profile acme --config "+path)
	if code != 0 || stderr != "" || strings.Contains(stdout, "0123456789") {
		t.Errorf("exit %d, %q\n%s", code, stderr, stdout)
	}
	from := "\tprofile acme (" + path + ")\n"
	for _, line := range []string{
		"profile\tacme\tflag --profile\n", "config\t" + path + "\tflag --config\n", "api_key\tset, ends in WXYZ" + from,
		"fleet\t[API key]" + from, "api_key_command\techo [API key]" + from, "timezone\tUTC\tdefault\n",
	} {
		if !strings.Contains("\n"+stdout, "\n"+line) {
			t.Errorf("no line %q in\n%s", line, stdout)
		}
	}
	if lines := strings.Count(stdout, "\n"); lines != len(config.Settings()) {
		t.Errorf("%d lines, want one for each of %d settings", lines, len(config.Settings()))
	}
}
