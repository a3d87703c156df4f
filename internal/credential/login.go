package credential

import (
	"context"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// Keep writes what a profile says of its key: its api_key, which is removed when empty, and whether the keyring has
// one. The profile is made when it is missing.
type Keep func(ctx context.Context, text string, keyring bool) error

// Stored says where Login put a key.
type Stored struct {
	Keyring bool   // in the keyring, else in the profile
	Reason  string // why the keyring was not used; empty when it was
	Shadow  string // what is asked before this key, such as "environment CHARGE_API_KEY"; empty when nothing is
}

// Login keeps a key for the profile in use: in the keyring, and where that does not answer within 3 s, in the profile
// itself. Errors are keep's own, and KindInterrupted when ctx ended; nothing is stored then.
func Login(ctx context.Context, system System, s Sources, key Key, keep Keep) (Stored, error) {
	out := Stored{Shadow: s.before()}
	err := keyringSet(ctx, system.Keyring, s.user(), key.Secret())
	if ctx.Err() != nil {
		return Stored{}, charge.Ended(ctx).About("store the key", "")
	}
	if err != nil {
		out.Reason = charge.HideKeys(err.Error())
		// An earlier key may still be in the keyring: as long as the profile says so, Logout removes that one too.
		return out, keep(ctx, key.Secret(), s.Keyring)
	}
	out.Keyring = true
	if err := keep(ctx, "", true); err != nil {
		_, _ = keyringDelete(ctx, system.Keyring, s.user())
		return Stored{}, err
	}
	return out, nil
}

// Logout removes what Login stored for the profile in use and says from where; nothing when nothing was stored. The
// environment, key files and commands are not ours to change.
func Logout(ctx context.Context, system System, s Sources, keep Keep) (removed []string, err error) {
	if s.Text == "" && !s.Keyring {
		return nil, nil
	}
	var ringErr error
	if s.Keyring {
		was, err := keyringDelete(ctx, system.Keyring, s.user())
		switch {
		case err != nil:
			// The profile goes on saying that its key is there.
			ringErr = charge.Errorf(charge.KindOutput, "the key of profile %s is still in the keyring: %w", s.Profile, err)
		case was:
			removed = append(removed, "the system's keyring")
		}
	}
	if err := keep(ctx, "", ringErr != nil); err != nil {
		return removed, err
	}
	if s.Text != "" || ringErr == nil {
		removed = append(removed, s.Origin)
	}
	return removed, ringErr
}

// user is the profile's name in the keyring, the same however its case is written.
func (s Sources) user() string { return strings.ToLower(s.Profile) }

// before names the first source that Find would ask before the one that Login writes.
func (s Sources) before() string {
	s.Text, s.Keyring = "", false
	if all := s.set(System{}); len(all) > 0 {
		return all[0].name
	}
	return ""
}
