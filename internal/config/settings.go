package config

import (
	"fmt"

	"github.com/chargectl/chargectl/internal/charge"
)

// The names of settings that code asks for.
const (
	settingConfig         = "config"
	settingProfile        = "profile"
	settingDefaultProfile = "default_profile"
	settingTimezone       = "timezone"
	settingBaseURL        = "base_url"
	settingRequireMode    = "require_mode"
	settingAPIKey         = "api_key"
	settingAPIKeyFile     = "api_key_file"
	settingAPIKeyCommand  = "api_key_command"
	settingKeyring        = "keyring"

	profilesName   = "profiles" // the mapping of profiles in the file
	defaultProfile = "default"

	accountVersion = "account" // as api_version: the account's own, so none is sent
)

type place int

const (
	inProfile place = iota // under profiles.NAME
	atTop                  // at the top of the file
	outside                // never in the file
)

// Setting is one row of the table that the file, the environment, the help topic and config list are made of.
type Setting struct {
	Name    string // in the file and for config get and set
	Env     string // the variable that sets it, empty when none does
	Default string
	Help    string // one sentence without a full stop
	Secret  bool   // its value is never shown

	place      place
	path       bool // a leading ~/ is the home directory
	besideFile bool // a relative path in a profile starts at the file's folder
	list       bool // a YAML list is as good as text
	check      func(text string) error
}

// Settings returns every setting in the order in which they are listed.
func Settings() []Setting {
	return []Setting{
		{Name: settingConfig, Env: "CHARGE_CONFIG", Help: "path of the configuration file", place: outside, check: plain},
		{Name: settingProfile, Env: "CHARGE_PROFILE", Default: defaultProfile, Help: "profile to use", place: outside, check: profileName},
		{Name: settingDefaultProfile, Default: defaultProfile, Help: "profile to use when none is named", place: atTop, check: profileName},
		{Name: "type", Env: "CHARGE_TYPE", Help: "type of the reports to create, such as charging_summary", check: plain},
		{Name: "fleet", Env: "CHARGE_FLEET", Help: "fleet that reports cover, by id or exact name; the whole account when empty", check: plain},
		{Name: settingTimezone, Env: "CHARGE_TIMEZONE", Default: "UTC", Help: "zone that periods are read in: an IANA name, local, or fleet", check: plain},
		{Name: "dir", Env: "CHARGE_DIR", Help: "folder that files are written to", path: true, check: plain},
		{Name: "timeout", Env: "CHARGE_TIMEOUT", Help: "how long to wait for reports: a duration such as 90m, 0 to ask once, or none", check: timeout},
		{Name: settingBaseURL, Env: "CHARGE_BASE_URL", Default: "https://api.chargeapi.co/v1", Help: "address of the API", check: baseURL},
		{Name: "api_version", Env: "CHARGE_API_VERSION", Default: "2026-03-01", Help: "API version to ask for: a date, or account for the account's own", check: apiVersion},
		{Name: "ca_file", Env: "CHARGE_CA_FILE", Help: "PEM file of certificate authorities to trust besides the system's", path: true, besideFile: true, check: plain},
		{Name: settingRequireMode, Help: "test or live: refuse a key of the other kind", check: oneOf("test", "live")},
		{Name: settingAPIKey, Env: "CHARGE_API_KEY", Help: "API key; better kept in a file, a command or the keyring", Secret: true, check: anything},
		{Name: settingAPIKeyFile, Env: "CHARGE_API_KEY_FILE", Help: "file that holds the API key in one line", path: true, besideFile: true, check: plain},
		{Name: settingAPIKeyCommand, Help: "command that prints the API key, run without a shell", list: true, check: command},
		{Name: settingKeyring, Help: "true when the API key is in the system's keyring, as auth login notes", check: oneOf("true", "false")},
	}
}

// Find returns a setting by its name in any case. The error of an unknown one is of KindUsage and names the nearest.
func Find(name string) (Setting, error) {
	var known []string
	for _, s := range Settings() {
		if s.Name == fold(name) {
			return s, nil
		}
		known = append(known, s.Name)
	}
	return Setting{}, &charge.Error{
		Kind:   charge.KindUsage,
		Reason: fmt.Sprintf("there is no setting %s%s", shown(name), didYouMean(name, known)),
		Hint:   "`chargectl config list` shows all settings",
	}
}

// names lists the settings that may stand at one place of the file.
func names(at place) []string {
	var out []string
	for _, s := range Settings() {
		if s.place == at {
			out = append(out, s.Name)
		}
	}
	return out
}

// value checks a text and resolves the path in it, a relative one of a key or CA file from the folder: cron starts
// anywhere.
func (s Setting) value(env Env, text, folder string) (any, error) {
	if err := s.check(text); err != nil {
		return nil, err
	}
	switch {
	case s.list:
		words, _ := splitCommand(text) // which the check has done
		return env.expandFirst(words)
	case s.besideFile:
		return env.expand(text, folder)
	case s.path:
		return env.expand(text, "")
	}
	return text, nil
}
