package credential

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"github.com/zalando/go-keyring"
)

const (
	keyringService = "chargectl"
	keyringLimit   = 3 * time.Second
)

// ErrNotInKeyring is what a Keyring returns when it has no secret under the names asked for.
var ErrNotInKeyring = errors.New("the keyring has no such key")

// Keyring keeps secrets under the name of a service and a user. Its calls may hang: it is asked with a limit.
type Keyring interface {
	Get(service, user string) (string, error)
	Set(service, user, secret string) error
	Delete(service, user string) error
}

// osKeyring is the system's keyring.
type osKeyring struct{}

var _ Keyring = osKeyring{}

func (osKeyring) Get(service, user string) (string, error) {
	if err := reachable(); err != nil {
		return "", err
	}
	secret, err := keyring.Get(service, user)
	return secret, translate(err)
}

func (osKeyring) Set(service, user, secret string) error {
	if err := reachable(); err != nil {
		return err
	}
	return keyring.Set(service, user, secret)
}

func (osKeyring) Delete(service, user string) error {
	if err := reachable(); err != nil {
		return err
	}
	return translate(keyring.Delete(service, user))
}

func translate(err error) error {
	if errors.Is(err, keyring.ErrNotFound) {
		return ErrNotInKeyring
	}
	return err
}

// reachable keeps the D-Bus library from starting a session bus of its own (dbus-launch) on a machine without one.
func reachable() error {
	switch runtime.GOOS {
	case "darwin", "windows":
		return nil
	}
	if os.Getenv("DBUS_SESSION_BUS_ADDRESS") != "" {
		return nil
	}
	for _, socket := range []string{"bus", "dbus-session"} {
		if _, err := os.Stat(fmt.Sprintf("/run/user/%d/%s", os.Getuid(), socket)); err == nil {
			return nil
		}
	}
	return errors.New("there is no session bus, so no keyring")
}

// limited calls a keyring that has no context of its own; a call that hangs is left behind.
func limited[T any](ctx context.Context, call func() (T, error)) (T, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, keyringLimit, fmt.Errorf("the keyring did not answer within %s", keyringLimit))
	defer cancel()
	type answer struct {
		value T
		err   error
	}
	answers := make(chan answer, 1)
	go func() {
		value, err := call()
		answers <- answer{value, err}
	}()
	select {
	case a := <-answers:
		return a.value, a.err
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

func keyringGet(ctx context.Context, ring Keyring, user string) (string, error) {
	return limited(ctx, func() (string, error) { return ring.Get(keyringService, user) })
}

// keyringSet takes back a secret that the keyring accepts after we stopped waiting: by then it is stored elsewhere.
func keyringSet(ctx context.Context, ring Keyring, user, secret string) error {
	waiting, stop := context.WithCancel(context.Background())
	defer stop()
	_, err := limited(ctx, func() (struct{}, error) {
		err := ring.Set(keyringService, user, secret)
		if err == nil && waiting.Err() != nil {
			err = ring.Delete(keyringService, user)
		}
		return struct{}{}, err
	})
	return err
}

// keyringDelete reports whether there was something to remove.
func keyringDelete(ctx context.Context, ring Keyring, user string) (bool, error) {
	_, err := limited(ctx, func() (struct{}, error) { return struct{}{}, ring.Delete(keyringService, user) })
	if errors.Is(err, ErrNotInKeyring) {
		return false, nil
	}
	return err == nil, err
}
