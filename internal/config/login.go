package config

import (
	"context"
	"fmt"

	"github.com/chargectl/chargectl/internal/charge"
)

// Stored says where Login put a key.
type Stored struct {
	Profile string // the profile that has it now
	Path    string // the configuration file, which names the keyring or holds the key
	Keyring bool   // whether the key itself is in the keyring
	Reason  string // why the keyring was not used; empty when it was
	Shadow  string // what is asked before this key, such as "environment CHARGE_API_KEY"; empty when nothing is
}

// Place says where the key is, for a person.
func (s Stored) Place() string {
	if s.Keyring {
		return "the system's keyring"
	}
	return s.Path
}

// Login keeps a key for the profile in use, which is made when missing: in the keyring, and where that does not answer
// within 3 s, in the configuration file (0600). Errors are of KindUsage for a configuration that cannot be read, of
// KindOutput when the file cannot be written; nothing is stored then.
func Login(ctx context.Context, env Env, flags Flags, key Key) (Stored, error) {
	e, chosen, err := editProfile(env, flags)
	if err != nil {
		return Stored{}, err
	}
	out := Stored{Profile: chosen, Path: e.path, Shadow: e.shadow(env, chosen)}
	ringErr := keyringSet(ctx, env.Keyring, fold(chosen), key.Secret())
	if ctx.Err() != nil {
		return Stored{}, charge.Errorf(charge.KindInterrupted, "storing the key was interrupted: %w", context.Cause(ctx))
	}
	if ringErr != nil {
		out.Reason = mask(ringErr.Error())
		// An earlier key may still be in the keyring: as long as the profile says so, Logout removes that one too.
		return out, e.keep(chosen, key.Secret(), e.doc.profile(chosen).text(settingKeyring))
	}
	out.Keyring = true
	if err := e.keep(chosen, "", "true"); err != nil {
		_, _ = keyringDelete(ctx, env.Keyring, fold(chosen))
		return Stored{}, err
	}
	return out, nil
}

// Logout removes what Login stored for the profile in use and says from where; nothing when nothing was stored. The
// environment, key files and commands are not ours to change.
func Logout(ctx context.Context, env Env, flags Flags) ([]string, error) {
	e, chosen, err := editProfile(env, flags)
	if err != nil {
		return nil, err
	}
	p := e.doc.profile(chosen)
	if !p.sets(settingKey) && !p.sets(settingKeyring) {
		return nil, nil
	}
	removed, left, ringErr := forget(ctx, env, p)
	if err := e.keep(chosen, "", left); err != nil {
		return removed, err
	}
	if p.sets(settingKey) || ringErr == nil {
		removed = append(removed, p.source())
	}
	return removed, ringErr
}

// forget removes a key from the keyring when the profile says that it is there. A profile whose key could not be
// removed goes on saying so.
func forget(ctx context.Context, env Env, p *profile) (removed []string, left string, err error) {
	if !p.has(settingKeyring) {
		return nil, "", nil
	}
	was, err := keyringDelete(ctx, env.Keyring, p.id)
	if err != nil {
		return nil, "true", charge.Errorf(charge.KindOutput, "the key of profile %s is still in the keyring: %w", p.name, err)
	}
	if was {
		removed = append(removed, "the system's keyring")
	}
	return removed, "", nil
}

func editProfile(env Env, flags Flags) (*editor, string, error) {
	e, err := edit(env, flags)
	if err != nil {
		return nil, "", err
	}
	chosen, err := chooseProfile(env, flags, e.doc)
	return e, chosen.Text, err
}

// keep writes both settings of a profile that Login owns; empty ones are removed.
func (e *editor) keep(profile, key, ring string) error {
	if err := e.put(key, profilesKey, profile, settingKey); err != nil {
		return err
	}
	if err := e.put(ring, profilesKey, profile, settingKeyring); err != nil {
		return err
	}
	return e.save()
}

// shadow names the first source that Key would ask before the one that Login writes.
func (e *editor) shadow(env Env, profile string) string {
	for _, name := range []string{envKey, envKeyFile} {
		if env.get(name) != "" {
			return "environment " + name
		}
	}
	p := e.doc.profile(profile)
	for _, name := range []string{settingKeyCommand, settingKeyFile} {
		if p.has(name) {
			return fmt.Sprintf("%s of %s", name, p.source())
		}
	}
	return ""
}
