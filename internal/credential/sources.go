package credential

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/zalando/go-keyring"

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

// System is what this package asks outside the program, with a limit.
type System struct {
	// Run runs a program without a shell until it ends or ctx does; err carries how it failed.
	Run     func(ctx context.Context, argv []string) (stdout, stderr []byte, err error)
	Keyring Keyring
}

// RealSystem runs real programs and asks the system's keyring.
func RealSystem() System {
	return System{Run: run, Keyring: Keyring{sessionBus, keyring.Get, keyring.Set, keyring.Delete}}
}

// Find returns the key of the first source that is set: CHARGE_API_KEY, CHARGE_API_KEY_FILE, then the profile's
// api_key_command (at most 30 s), api_key_file, api_key, and the keyring (at most 3 s). Errors are of KindAuth, or
// KindInterrupted when ctx ended, and never repeat the key.
func Find(ctx context.Context, system System, s Sources) (Key, error) {
	source, read := s.first(system)
	if read == nil {
		return Key{}, &charge.Error{
			Kind:   charge.KindAuth,
			Reason: fmt.Sprintf("there is no API key: neither %s nor %s is set, and profile %s has none", Variable, FileVariable, s.Profile),
			Hint:   fmt.Sprintf("set %s or %s, or run `chargectl auth login`", Variable, FileVariable),
		}
	}
	text, err := read(ctx)
	if ctx.Err() != nil {
		return Key{}, charge.Ended(ctx).About("read the key", "")
	}
	var key Key
	if err == nil {
		key, err = ParseKey(text)
	}
	if err != nil {
		// Masked, because people put the key where its file or command belongs.
		return Key{}, charge.Errorf(charge.KindAuth, "no key from %s: %s", source, charge.HideKeys(err.Error()))
	}
	key.source = source
	if s.RequireMode != "" && string(key.Mode()) != s.RequireMode {
		return Key{}, charge.Errorf(charge.KindAuth, "profile %s requires a %s key, and the mode of the key from %s is %s",
			s.Profile, s.RequireMode, source, key.Mode())
	}
	return key, nil
}

// Overridden names the variable whose key is used although the profile has one too; empty when there is no such thing.
func (s Sources) Overridden() string {
	switch {
	case len(s.Command) == 0 && s.File == "" && s.Text == "" && !s.Keyring:
		return ""
	case s.Variable != "":
		return Variable
	case s.FileVariable != "":
		return FileVariable
	}
	return ""
}

// first names the first source that says it has a key, and gives the way to read it, which may run a command or ask the
// keyring; nothing where none says so.
func (s Sources) first(system System) (name string, read func(context.Context) (string, error)) {
	given := func(text string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) { return text, nil }
	}
	file := func(path string) func(context.Context) (string, error) {
		return func(context.Context) (string, error) { return readFile(path) }
	}
	switch {
	case s.Variable != "":
		return "environment " + Variable, given(s.Variable)
	case s.FileVariable != "":
		return "environment " + FileVariable, file(s.FileVariable)
	case len(s.Command) > 0:
		return "api_key_command of " + s.Origin, func(ctx context.Context) (string, error) { return system.fromCommand(ctx, s.Command) }
	case s.File != "":
		return "api_key_file of " + s.Origin, file(s.File)
	case s.Text != "":
		return "api_key of " + s.Origin, given(s.Text)
	case s.Keyring:
		return "keyring of " + s.Origin, func(ctx context.Context) (string, error) { return system.Keyring.get(ctx, s.user()) }
	}
	return "", nil
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
