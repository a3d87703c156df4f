package credential

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/zalando/go-keyring"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	testKey = "ch_sk_test_0123456789abcdefWXYZ"
	liveKey = "ch_sk_live_0123456789abcdefQRST"
)

// fakeSystem has a keyring in memory and no programs but run.
func fakeSystem(ring *memoryRing, run func(ctx context.Context, argv []string) ([]byte, []byte, error)) System {
	if run == nil {
		run = func(context.Context, []string) ([]byte, []byte, error) {
			return nil, nil, errors.New("no programs here")
		}
	}
	reachable := func() error { return nil }
	return System{Run: run, Keyring: Keyring{reachable, ring.Get, ring.Set, ring.Delete}}
}

func newRing() *memoryRing { return &memoryRing{secrets: map[string]string{}} }

// sources are those of a profile that has none.
func sources(profile string) Sources {
	return Sources{Profile: profile, Origin: "profile " + profile + " (config.yaml)"}
}

// wantError checks the kind of an error, its words, and that no key is in it.
func wantError(t *testing.T, err error, kind charge.Kind, words ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one of kind %s with %q", kind, words)
	}
	if got := charge.KindOf(err); got != kind {
		t.Errorf("kind %s, want %s: %v", got, kind, err)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("%q does not say %q", err, word)
		}
	}
	if strings.Contains(err.Error(), "0123456789") {
		t.Errorf("%q repeats a key", err)
	}
}

// memoryRing is a keyring in memory; hold, when set, keeps every call from answering until it is closed.
type memoryRing struct {
	hold chan struct{}

	mu      sync.Mutex
	secrets map[string]string
	asked   int
	err     error
}

// with runs one call; there says whether the secret exists.
func (r *memoryRing) with(service, user string, call func(name string, there bool) error) error {
	if r.hold != nil {
		<-r.hold
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	if r.err != nil {
		return r.err
	}
	name := service + "/" + user
	_, there := r.secrets[name]
	return call(name, there)
}

func (r *memoryRing) Get(service, user string) (secret string, err error) {
	err = r.with(service, user, func(name string, there bool) error {
		if !there {
			return keyring.ErrNotFound
		}
		secret = r.secrets[name]
		return nil
	})
	return secret, err
}

func (r *memoryRing) Set(service, user, secret string) error {
	return r.with(service, user, func(name string, _ bool) error {
		r.secrets[name] = secret
		return nil
	})
}

func (r *memoryRing) Delete(service, user string) error {
	return r.with(service, user, func(name string, there bool) error {
		if !there {
			return keyring.ErrNotFound
		}
		delete(r.secrets, name)
		return nil
	})
}
