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

// Keyring keeps secrets under the name of a service and a user. Get and Delete fail with keyring.ErrNotFound where there
// is none. Calls may hang.
type Keyring struct {
	Reachable func() error // asked before each call
	Get       func(service, user string) (string, error)
	Set       func(service, user, secret string) error
	Delete    func(service, user string) error
}

// sessionBus keeps the D-Bus library from starting a session bus of its own (dbus-launch) on a machine without one.
func sessionBus() error {
	if runtime.GOOS == "darwin" || runtime.GOOS == "windows" || os.Getenv("DBUS_SESSION_BUS_ADDRESS") != "" {
		return nil
	}
	for _, socket := range []string{"bus", "dbus-session"} {
		if _, err := os.Stat(fmt.Sprintf("/run/user/%d/%s", os.Getuid(), socket)); err == nil {
			return nil
		}
	}
	return errors.New("there is no session bus, so no keyring")
}

// ask calls the keyring, which has no context of its own, within 3 s; a call that hangs is left behind.
func (k Keyring) ask(ctx context.Context, call func(context.Context) error) error {
	if err := k.Reachable(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, keyringLimit, fmt.Errorf("the keyring did not answer within %s", keyringLimit))
	defer cancel()
	answer := make(chan error, 1)
	go func() { answer <- call(ctx) }()
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (k Keyring) get(ctx context.Context, user string) (string, error) {
	var secret string
	err := k.ask(ctx, func(context.Context) (err error) {
		secret, err = k.Get(keyringService, user)
		return err
	})
	switch {
	case errors.Is(err, keyring.ErrNotFound):
		return "", errors.New("the keyring has no such key: store it with `chargectl auth login`")
	case err != nil:
		return "", err // a call that was left behind may still write secret
	}
	return secret, nil
}

// set takes back a secret that the keyring accepts after we stopped waiting: by then it is stored elsewhere.
func (k Keyring) set(ctx context.Context, user, secret string) error {
	return k.ask(ctx, func(ctx context.Context) error {
		err := k.Set(keyringService, user, secret)
		if err == nil && ctx.Err() != nil {
			return errors.Join(context.Cause(ctx), k.Delete(keyringService, user))
		}
		return err
	})
}

func (k Keyring) remove(ctx context.Context, user string) error {
	return k.ask(ctx, func(context.Context) error { return k.Delete(keyringService, user) })
}
