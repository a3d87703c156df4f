package credential

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/chargectl/chargectl/internal/charge"
)

// The variables that give a key, or the path of a file that holds one.
const (
	Variable     = "CHARGE_API_KEY"
	FileVariable = "CHARGE_API_KEY_FILE"
)

const maxKeyFile = 64 << 10

// Sources is what the environment and the profile in use say about the key, in the order in which it counts. Empty
// fields are not set.
type Sources struct {
	Variable     string // the text of CHARGE_API_KEY
	FileVariable string // the path in CHARGE_API_KEY_FILE

	Profile string   // the profile's name; in the keyring case does not count
	Origin  string   // where the profile stands, such as "profile acme (/home/a/.config/chargectl/config.yaml)"
	Command []string // its api_key_command: a program that prints the key, and its arguments
	File    string   // the path in its api_key_file
	Text    string   // its api_key
	Keyring bool     // whether it says that the key is in the system's keyring

	RequireMode string // test or live: a key of the other kind is refused
}

// System is what this package asks outside the program. Its calls may hang: both are asked with a limit.
type System struct {
	// Run runs a program without a shell until it ends or ctx does; err carries how it failed.
	Run     func(ctx context.Context, argv []string) (stdout, stderr []byte, err error)
	Keyring Keyring
}

// RealSystem runs real programs and asks the system's keyring.
func RealSystem() System { return System{Run: run, Keyring: osKeyring{}} }

// source is one place that says it has a key. Reading may run a command or ask the keyring.
type source struct {
	name string
	read func(ctx context.Context) (string, error)
}

// Find returns the key of the first source that is set: CHARGE_API_KEY, CHARGE_API_KEY_FILE, then the profile's
// api_key_command (at most 30 s), api_key_file, api_key, and the keyring (at most 3 s). Errors are of KindAuth, or
// KindInterrupted when ctx ended, and never repeat the key.
func Find(ctx context.Context, system System, s Sources) (Key, error) {
	all := s.set(system)
	if len(all) == 0 {
		return Key{}, &charge.Error{
			Kind:   charge.KindAuth,
			Reason: fmt.Sprintf("there is no API key: neither %s nor %s is set, and profile %s has none", Variable, FileVariable, s.Profile),
			Hint:   fmt.Sprintf("set %s or %s, or run `chargectl auth login`", Variable, FileVariable),
		}
	}
	first := all[0]
	text, err := first.read(ctx)
	if ctx.Err() != nil {
		return Key{}, charge.Ended(ctx).About("read the key", "")
	}
	var key Key
	if err == nil {
		key, err = ParseKey(text)
	}
	if err != nil {
		// Masked, because people put the key where its file or command belongs.
		return Key{}, charge.Errorf(charge.KindAuth, "no key from %s: %s", first.name, charge.HideKeys(err.Error()))
	}
	key.source = first.name
	if s.RequireMode != "" && string(key.Mode()) != s.RequireMode {
		return Key{}, charge.Errorf(charge.KindAuth, "profile %s requires a %s key, and the mode of the key from %s is %s",
			s.Profile, s.RequireMode, first.name, key.Mode())
	}
	return key, nil
}

// Overridden names the variable whose key is used although the profile has one too; empty when there is no such thing.
func (s Sources) Overridden() string {
	profile := s
	profile.Variable, profile.FileVariable = "", ""
	switch {
	case len(profile.set(System{})) == 0:
		return ""
	case s.Variable != "":
		return Variable
	case s.FileVariable != "":
		return FileVariable
	}
	return ""
}

// set lists the sources that are set, in the order in which they count.
func (s Sources) set(system System) (all []source) {
	given := func(text string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) { return text, nil }
	}
	file := func(path string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) { return readFile(path) }
	}
	command := func(ctx context.Context) (string, error) { return system.fromCommand(ctx, s.Command) }
	ring := func(ctx context.Context) (string, error) {
		secret, err := keyringGet(ctx, system.Keyring, s.user())
		if errors.Is(err, ErrNotInKeyring) {
			err = fmt.Errorf("%w: store it with `chargectl auth login`", err)
		}
		return secret, err
	}
	for _, candidate := range []struct {
		set bool
		source
	}{
		{s.Variable != "", source{"environment " + Variable, given(s.Variable)}},
		{s.FileVariable != "", source{"environment " + FileVariable, file(s.FileVariable)}},
		{len(s.Command) > 0, source{"api_key_command of " + s.Origin, command}},
		{s.File != "", source{"api_key_file of " + s.Origin, file(s.File)}},
		{s.Text != "", source{"api_key of " + s.Origin, given(s.Text)}},
		{s.Keyring, source{"keyring of " + s.Origin, ring}},
	} {
		if candidate.set {
			all = append(all, candidate.source)
		}
	}
	return all
}

func readFile(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFile))
	return string(text), err
}
