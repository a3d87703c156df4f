package credential

import (
	"context"
	"errors"
	"strings"

	"github.com/zalando/go-keyring"

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
	others := s
	others.Text, others.Keyring = "", false
	shadow, _ := others.first(system)
	err := system.Keyring.set(ctx, s.user(), key.Secret())
	switch {
	case ctx.Err() != nil:
		return Stored{}, charge.Ended(ctx).About("store the key", "")
	case err != nil:
		// An earlier key may still be in the keyring: as long as the profile says so, Logout removes that one too.
		return Stored{Reason: charge.HideKeys(err.Error()), Shadow: shadow}, keep(ctx, key.Secret(), s.Keyring)
	}
	if err := keep(ctx, "", true); err != nil {
		_ = system.Keyring.remove(ctx, s.user())
		return Stored{}, err
	}
	return Stored{Keyring: true, Shadow: shadow}, nil
}

// Logout removes what Login stored for the profile in use and says from where; nothing when nothing was stored. The
// environment, key files and commands are not ours to change.
func Logout(ctx context.Context, system System, s Sources, keep Keep) (removed []string, err error) {
	if s.Text == "" && !s.Keyring {
		return nil, nil
	}
	var ringErr error
	if s.Keyring {
		switch err := system.Keyring.remove(ctx, s.user()); {
		case err == nil:
			removed = append(removed, "the system's keyring")
		case !errors.Is(err, keyring.ErrNotFound):
			// The profile goes on saying that its key is there.
			ringErr = charge.Errorf(charge.KindOutput, "the key of profile %s is still in the keyring: %w", s.Profile, err)
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
