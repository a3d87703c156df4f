package config

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	maxKeyFile    = 64 << 10
	maxStderrLine = 400
)

// keySource is one place that says it has a key. Reading may run a command or ask the keyring.
type keySource struct {
	name string
	read func(ctx context.Context) (string, error)
}

// Key returns the key of the first place that is set: CHARGE_API_KEY, CHARGE_API_KEY_FILE, then the profile's
// api_key_command (at most 30 s), api_key_file, api_key, and the keyring (at most 3 s) when the profile says so. A
// place that is set and fails is an error; the next one is not tried. Errors are of KindAuth, or KindInterrupted when
// ctx ended, and never repeat the key.
func (c *Config) Key(ctx context.Context) (Key, error) {
	source, ok := c.keySource()
	if !ok {
		return Key{}, c.noKey()
	}
	text, err := source.read(ctx)
	if ctx.Err() != nil {
		return Key{}, charge.Errorf(charge.KindInterrupted, "reading the key was interrupted: %w", context.Cause(ctx))
	}
	var key Key
	if err == nil {
		key, err = ParseKey(text)
	}
	if err != nil {
		// Masked, because people put the key where its file or command belongs.
		return Key{}, charge.Errorf(charge.KindAuth, "no key from %s: %s", source.name, mask(err.Error()))
	}
	key.source = source.name
	if err := c.checkMode(key); err != nil {
		return Key{}, err
	}
	return key, nil
}

func (c *Config) keySource() (keySource, bool) {
	if text := c.env.get(envKey); text != "" {
		return keySource{"environment " + envKey, given(text)}, true
	}
	if path := c.env.get(envKeyFile); path != "" {
		return keySource{"environment " + envKeyFile, c.keyFile}, true
	}
	readers := map[string]func(context.Context) (string, error){
		settingKeyCommand: c.keyCommand,
		settingKeyFile:    c.keyFile,
		settingKey:        given(c.profile.text(settingKey)),
		settingKeyring:    c.keyFromRing,
	}
	for _, name := range keySettings() {
		if c.profile.has(name) {
			return keySource{name + " of " + c.profile.source(), readers[name]}, true
		}
	}
	return keySource{}, false
}

func given(text string) func(context.Context) (string, error) {
	return func(context.Context) (string, error) { return text, nil }
}

func (c *Config) keyFile(context.Context) (string, error) {
	file, err := os.Open(c.values[settingKeyFile].Text)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	text, err := io.ReadAll(io.LimitReader(file, maxKeyFile))
	return string(text), err
}

// keyCommand takes the first line of what the command prints.
func (c *Config) keyCommand(ctx context.Context) (string, error) {
	argv, err := c.profile.command()
	if err != nil {
		return "", err
	}
	if argv[0], err = c.env.expand(argv[0], ""); err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, commandLimit, fmt.Errorf("it took longer than %s", commandLimit))
	defer cancel()
	stdout, stderr, err := c.env.Exec(ctx, argv)
	if err == nil {
		line, _, _ := strings.Cut(string(stdout), "\n")
		return line, nil
	}
	if ctx.Err() != nil {
		err = context.Cause(ctx)
	}
	return "", withStderr(err, stderr)
}

// withStderr adds what the command said, made safe to show in one line.
func withStderr(err error, stderr []byte) error {
	text := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(string(stderr), "�"))
	text = strings.Join(strings.Fields(text), " ")
	if text == "" {
		return err
	}
	return fmt.Errorf("%w: %s", err, charge.Clip(text, maxStderrLine))
}

func (c *Config) keyFromRing(ctx context.Context) (string, error) {
	secret, err := keyringGet(ctx, c.env.Keyring, c.profile.id)
	if errors.Is(err, ErrNotInKeyring) {
		err = fmt.Errorf("%w: store it with `chargectl auth login`", err)
	}
	return secret, err
}

func (c *Config) noKey() error {
	return &charge.Error{
		Kind:   charge.KindAuth,
		Reason: fmt.Sprintf("there is no API key: neither %s nor %s is set, and profile %s has none", envKey, envKeyFile, c.Profile.Text),
		Hint:   fmt.Sprintf("set %s or %s, or run `chargectl auth login`", envKey, envKeyFile),
	}
}

func (c *Config) checkMode(key Key) error {
	required := c.RequireMode.Text
	if required == "" || string(key.Mode()) == required {
		return nil
	}
	return charge.Errorf(charge.KindAuth, "profile %s requires a %s key, and the mode of the key from %s is %s",
		c.Profile.Text, required, key.source, key.Mode())
}
