package config

import (
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// Set writes one setting to the configuration file and returns the file's path. The name is a setting of the profile
// in use, profiles.NAME.SETTING, or default_profile; an empty value removes it. The file is made when missing, and so
// is the profile. Errors are of KindUsage for a wrong name or value, of KindOutput when the file cannot be written.
func Set(env Env, flags Flags, name, value string) (path string, err error) {
	e, err := edit(env, flags)
	if err != nil {
		return "", err
	}
	profile, name := splitName(name)
	s, err := settable(name)
	if err != nil {
		return "", err
	}
	if err := e.accept(s, value); err != nil {
		return "", err
	}
	if err := e.set(env, flags, s, profile, value); err != nil {
		return "", err
	}
	return e.path, e.save()
}

// splitName cuts profiles.NAME.SETTING at its last dot: profiles may have dots, settings have none.
func splitName(name string) (profile, setting string) {
	top, rest, _ := strings.Cut(name, ".")
	dot := strings.LastIndexByte(rest, '.')
	if fold(top) != profilesKey || dot <= 0 {
		return "", fold(name)
	}
	return rest[:dot], fold(rest[dot+1:])
}

// Settable reports whether Set would take a setting of this name.
func Settable(name string) bool {
	_, err := settable(name)
	return err == nil
}

func settable(name string) (Setting, error) {
	s, ok := findSetting(name)
	switch {
	case !ok:
		return s, unknownSetting(name)
	case s.Secret:
		return s, &charge.Error{
			Kind:   charge.KindUsage,
			Reason: s.Name + " is not set on a command line, which others can read",
			Hint:   "run `chargectl auth login`, or set " + settingKeyFile + " or " + settingKeyCommand,
		}
	case s.Name == settingProfile:
		return s, charge.Usagef("profile is chosen with --profile or CHARGE_PROFILE; the file has %s", settingDefaultProfile)
	case s.place == outside:
		return s, charge.Usagef("%s is not kept in the file", s.Name)
	}
	return s, nil
}

func (e *editor) accept(s Setting, value string) error {
	if value == "" {
		return nil
	}
	if err := s.check(value); err != nil {
		return charge.Usagef("%s: %w", s.Name, err)
	}
	if s.Name == settingTimezone {
		if err := zone(value); err != nil {
			return charge.Usagef("%s: %w", s.Name, err)
		}
	}
	if s.Name == settingDefaultProfile && e.doc.profile(value) == nil {
		return e.doc.noProfile(Value{value, settingDefaultProfile})
	}
	return nil
}

func (e *editor) set(env Env, flags Flags, s Setting, profile, value string) error {
	if s.place == atTop {
		if profile != "" {
			return charge.Usagef("%s is not a setting of a profile", s.Name)
		}
		return e.put(value, s.Name)
	}
	if profile != "" {
		flags.Profile = &profile
	}
	chosen, err := chooseProfile(env, flags, e.doc)
	if err != nil {
		return err
	}
	return e.put(value, profilesKey, chosen.Text, s.Name)
}

// StoreKey writes what the profile in use says of its API key: api_key, removed when empty, and keyring, removed when
// false. The profile and the file are made when missing. Errors are those of Set.
func StoreKey(env Env, flags Flags, text string, keyring bool) error {
	e, err := edit(env, flags)
	if err != nil {
		return err
	}
	chosen, err := chooseProfile(env, flags, e.doc)
	if err != nil {
		return err
	}
	ring := ""
	if keyring {
		ring = "true"
	}
	if err := e.put(text, profilesKey, chosen.Text, settingKey); err != nil {
		return err
	}
	if err := e.put(ring, profilesKey, chosen.Text, settingKeyring); err != nil {
		return err
	}
	return e.save()
}
