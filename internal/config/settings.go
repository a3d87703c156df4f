package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/pattern"
)

// The names of settings that code asks for.
const (
	settingConfig         = "config"
	settingProfile        = "profile"
	settingDefaultProfile = "default_profile"
	settingTimezone       = "timezone"
	settingAPIKey         = "api_key"
	settingAPIKeyFile     = "api_key_file"
	settingAPIKeyCommand  = "api_key_command"
	settingKeyring        = "keyring"

	profilesName   = "profiles" // the mapping of profiles in the file
	defaultProfile = "default"

	accountVersion = "account" // as api_version: the account's own, so none is sent

	maxShown       = 80 // bytes of a wrong value that an error repeats
	maxProfileName = 100
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
	Help    string   // one sentence without a full stop
	Secret  bool     // its value is never shown
	Words   []string // the only values there are; nil for any text

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
		{Name: "timeout", Env: "CHARGE_TIMEOUT", Help: "how long to wait for reports: a duration such as 90m or 2d, 0 to ask once, or none", check: timeout},
		{Name: "base_url", Env: "CHARGE_BASE_URL", Default: "https://api.chargeapi.co/v1", Help: "address of the API", check: parsed(charge.ParseBaseURL)},
		{Name: "api_version", Env: "CHARGE_API_VERSION", Default: "2026-03-01", Help: "API version to ask for: a date, or account for the account's own", check: apiVersion},
		{Name: "ca_file", Env: "CHARGE_CA_FILE", Help: "PEM file of certificate authorities to trust besides the system's", path: true, besideFile: true, check: plain},
		{Name: "require_mode", Help: "test or live: refuse a key of the other kind", Words: []string{"test", "live"}, check: oneOf("test", "live")},
		{Name: settingAPIKey, Env: "CHARGE_API_KEY", Help: "API key; better kept in a file, a command or the keyring", Secret: true, check: anything},
		{Name: settingAPIKeyFile, Env: "CHARGE_API_KEY_FILE", Help: "file that holds the API key in one line", path: true, besideFile: true, check: plain},
		{Name: settingAPIKeyCommand, Help: "command that prints the API key, run without a shell", list: true, check: parsed(splitCommand)},
		{Name: settingKeyring, Help: "true when the API key is in the system's keyring, as auth login notes", Words: []string{"true", "false"}, check: oneOf("true", "false")},
	}
}

// Settable is nil where Set would take the setting, else an error of KindUsage.
func (s Setting) Settable() error {
	switch {
	case s.Secret:
		return charge.Usagef("%s is not set on a command line, which others can read", s.Name).
			WithHint("run `chargectl auth login`, or set " + settingAPIKeyFile + " or " + settingAPIKeyCommand)
	case s.Name == settingProfile:
		return charge.Usagef("profile is chosen with --profile or CHARGE_PROFILE; the file has %s", settingDefaultProfile)
	case s.place == outside:
		return charge.Usagef("%s is not kept in the file", s.Name)
	}
	return nil
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
	return Setting{}, charge.Usagef("there is no setting %s%s", shown(name), didYouMean(name, known)).
		WithHint("`chargectl config list` shows all settings")
}

// names lists the settings that may stand at one place of the file.
func names(at place) (names []string) {
	for _, s := range Settings() {
		if s.place == at {
			names = append(names, s.Name)
		}
	}
	return names
}

// plain accepts any text that is one line: control characters could end up in headers, names and logs.
func plain(text string) error {
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) {
		return errors.New("it holds control characters")
	}
	return nil
}

func apiVersion(text string) error {
	if _, err := time.Parse(time.DateOnly, text); err != nil && text != accountVersion {
		return fmt.Errorf("%s is not an API version: write a date such as 2026-03-01, or account", shown(text))
	}
	return nil
}

func profileName(text string) error {
	switch {
	case text == "" || len(text) > maxProfileName:
		return fmt.Errorf("a profile's name has 1 to %d bytes", maxProfileName)
	case !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return !unicode.IsPrint(r) }):
		return fmt.Errorf("%s cannot name a profile: it holds control characters", shown(text))
	case charge.HideKeys(text) != text:
		return errors.New("an API key cannot name a profile: names are shown")
	}
	return nil
}

func timeout(text string) error {
	if d, err := charge.ParseDuration(text); (err != nil || d < 0) && text != "none" {
		return fmt.Errorf("%s is not a time limit: write a duration such as 90m, 1h30m or 2d, 0, or none", shown(text))
	}
	return nil
}

// parsed is a check that a function can read the text.
func parsed[T any](parse func(text string) (T, error)) func(string) error {
	return func(text string) error {
		_, err := parse(text)
		return err
	}
}

func oneOf(words ...string) func(string) error {
	return func(text string) error {
		if slices.Contains(words, text) {
			return nil
		}
		return fmt.Errorf("%s is not %s", shown(text), strings.Join(words, " or "))
	}
}

// anything leaves a key to package credential: a bad one must not keep commands that need none from working.
func anything(string) error { return nil }

// A word of a command is made of pieces: bare, '…', or "…" in which a backslash keeps the next " or backslash.
const (
	singleQuoted = `'[^']*'`
	doubleQuoted = `"(?:[^"\\]|\\(?s:.))*"`
)

var (
	commandWord = pattern.New(`(?:[^ \t\r\n'"]+|` + singleQuoted + `|` + doubleQuoted + `)+`)
	quotedPiece = pattern.New(singleQuoted + `|` + doubleQuoted)
)

// splitCommand cuts text at white space and takes quotes away. Nothing else means anything: no shell sees the text, and
// the backslashes of Windows paths stay.
func splitCommand(text string) (words []string, err error) {
	for _, word := range commandWord.Get().FindAllString(text, -1) {
		words = append(words, quotedPiece.Get().ReplaceAllStringFunc(word, func(piece string) string {
			inside := piece[1 : len(piece)-1]
			if piece[0] == '"' {
				return strings.NewReplacer(`\\`, `\`, `\"`, `"`).Replace(inside)
			}
			return inside
		}))
	}
	switch {
	case strings.Trim(commandWord.Get().ReplaceAllString(text, ""), " \t\r\n") != "":
		return nil, errors.New("the command has a quote that does not end")
	case len(words) == 0 || words[0] == "":
		return nil, errors.New("the command is empty")
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return nil, errors.New("the command holds bytes that are no text")
	}
	return words, nil
}

// shown is what an error repeats of a text, without keys, which people put everywhere by mistake.
func shown(text string) string {
	return fmt.Sprintf("%q", charge.HideKeys(charge.Clip(text, maxShown)))
}

// didYouMean is the end of a sentence about an unknown name; empty when nothing is near.
func didYouMean(name string, known []string) string {
	if nearest := charge.Nearest(name, known); nearest != "" {
		return " (did you mean " + shown(nearest) + "?)"
	}
	return ""
}
