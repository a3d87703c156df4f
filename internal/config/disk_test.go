package config

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
)

// failing is a test environment with a disk on which something fails.
func (w *testEnv) failing(change func(env *Env)) Env {
	env := w.env()
	change(&env)
	return env
}

// What is only not readable now must not be written over: every setting in it would be lost.
func TestAFileThatCannotBeReadIsNoEmptyOne(t *testing.T) {
	const file = "profiles:\n  default:\n    fleet: x\n"
	for _, cause := range []error{syscall.ESTALE, syscall.EIO, syscall.EACCES, syscall.ENOTDIR} {
		w := newTestEnv(t).file(file)
		env := w.failing(func(env *Env) {
			env.openFile = func(path string) (*os.File, error) {
				return nil, &fs.PathError{Op: "open", Path: path, Err: cause}
			}
		})
		_, err := Set(t.Context(), env, nil, "type", "charging_summary")
		wantError(t, err, charge.KindOutput, w.path(), cause.Error())
		wantError(t, StoreKey(t.Context(), env, nil, testKey, false), charge.KindOutput, w.path(), cause.Error())
		if diff := gocmp.Diff(file, w.text()); diff != "" {
			t.Errorf("%v: %s", cause, diff)
		}
	}
}

// A run that only reads goes on without a file that this user may not even look for, and not without one that is there
// and fails: it would work on another fleet, or another account.
func TestReadingAroundAFileThatFails(t *testing.T) {
	for cause, goesOn := range map[error]bool{syscall.EACCES: true, syscall.ENOTDIR: true, syscall.ESTALE: false, syscall.EIO: false} {
		w := newTestEnv(t).file("profiles: {}\n")
		fail := func(env *Env) {
			env.openFile = func(path string) (*os.File, error) {
				return nil, &fs.PathError{Op: "open", Path: path, Err: cause}
			}
		}
		c, err := Load(w.failing(fail), nil)
		if goesOn {
			if err != nil || len(c.Notices) != 1 || !strings.HasPrefix(c.Notices[0], "profiles are off: ") {
				t.Errorf("%v: %v, %+v", cause, err, c)
			}
		} else {
			wantError(t, err, charge.KindUsage, w.path(), cause.Error())
		}
		_, err = Load(w.failing(fail), given("config", w.path()))
		wantError(t, err, charge.KindUsage, "flag --config", cause.Error())
	}
}

func TestWritesThatFail(t *testing.T) {
	const before, after = "profiles:\n  default:\n    fleet: x\n", "profiles:\n  default:\n    fleet: y\n"
	// failOn fails the fsync of the new file, or of the folder.
	failOn := func(folder bool, cause error) func(env *Env) {
		return func(env *Env) {
			env.system.Sync = func(f *os.File) error {
				if info, err := f.Stat(); err != nil || info.IsDir() != folder {
					return err
				}
				return &fs.PathError{Op: "sync", Path: f.Name(), Err: cause}
			}
		}
	}
	tests := map[string]struct {
		change func(env *Env)
		text   string
		hint   string
		fails  bool
	}{
		"no fsync here":              {failOn(false, syscall.ENOTSUP), after, "", false},
		"no fsync of folders here":   {failOn(true, syscall.EINVAL), after, "", false},
		"nor here":                   {failOn(true, syscall.ENOTTY), after, "", false},
		"fsync of the file":          {failOn(false, syscall.EIO), before, "", true},
		"no room":                    {failOn(false, syscall.ENOSPC), before, "make room on its disk", true},
		"no quota":                   {failOn(false, syscall.EDQUOT), before, "make room on its disk", true},
		"fsync of the folder":        {failOn(true, syscall.EIO), after, "", true},
		"folder without room for it": {failOn(true, syscall.ENOSPC), after, "make room on its disk", true},
		"rename":                     {func(env *Env) { env.system.Rename = func(*os.Root, string, string) error { return syscall.EROFS } }, before, "make its folder writable, or name another file with --config or CHARGE_CONFIG", true},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newTestEnv(t).file(before)
			_, err := Set(t.Context(), w.failing(tt.change), nil, "fleet", "y")
			if tt.fails {
				wantError(t, err, charge.KindOutput, "the configuration file ")
				if written := strings.Contains(err.Error(), "was written, but may not outlast a power cut"); written != (tt.text == after) {
					t.Errorf("%v, and the file is\n%s", err, w.text())
				}
				if e, ok := errors.AsType[*charge.Error](err); !ok || e.Hint != tt.hint {
					t.Errorf("hint %q, want %q", e.Hint, tt.hint)
				}
			} else if err != nil {
				t.Error(err)
			}
			if diff := gocmp.Diff(tt.text, w.text()); diff != "" {
				t.Error(diff)
			}
			if diff := gocmp.Diff([]string{".config.yaml.lock", "config.yaml"}, w.folder()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// heldLock is a lock that somebody else has, or a file system that has none.
func heldLock(none error) func(env *Env) {
	return func(env *Env) {
		env.system.Lock = func(string, int) (disk.Lock, error) { return nil, none }
	}
}

func TestWaitingForTheLock(t *testing.T) {
	w := newTestEnv(t).file("")
	_, err := Set(t.Context(), w.failing(heldLock(disk.ErrNoLocks)), nil, "fleet", "x")
	if err != nil || !strings.Contains(w.text(), "fleet: x") {
		t.Errorf("without locks: %v, %q", err, w.text())
	}
	w = newTestEnv(t).file("")
	_, err = Set(t.Context(), w.failing(heldLock(syscall.EIO)), nil, "fleet", "x")
	wantError(t, err, charge.KindOutput, syscall.EIO.Error())
	synctest.Test(t, func(t *testing.T) {
		env, start := w.failing(heldLock(disk.ErrHeld)), time.Now()
		_, err := Set(t.Context(), env, nil, "fleet", "x")
		wantError(t, err, charge.KindLocked, ".config.yaml.lock", "10s")
		if took := time.Since(start); took != lockLimit {
			t.Errorf("waited %s, want %s", took, lockLimit)
		}
		ctx, cancel := context.WithCancelCause(t.Context())
		time.AfterFunc(time.Second, func() { cancel(charge.Errorf(charge.KindInterrupted, "interrupted by SIGTERM")) })
		_, err = Set(ctx, env, nil, "fleet", "x")
		wantError(t, err, charge.KindInterrupted, "SIGTERM")
	})
	if w.text() != "" {
		t.Errorf("written without the lock: %q", w.text())
	}
}

// Without locks two runs may use the one temporary name. Neither puts the other's half in place.
func TestAnotherRunWithoutLocks(t *testing.T) {
	const before = "profiles:\n  default:\n    fleet: x\n"
	w := newTestEnv(t).file(before)
	env := w.failing(func(env *Env) {
		heldLock(disk.ErrNoLocks)(env)
		env.system.Sync = func(f *os.File) error {
			return cmp.Or(os.Remove(f.Name()), os.WriteFile(f.Name(), []byte("profi"), 0o600))
		}
	})
	_, err := Set(t.Context(), env, nil, "fleet", "y")
	wantError(t, err, charge.KindOutput, "another run is changing it too")
	if w.text() != before {
		t.Errorf("the file is\n%s", w.text())
	}
}

const killedVariable = "CHARGECTL_TEST_EDITS"

// TestKilledEditsLeaveNothing kills processes that edit one file over and over.
func TestKilledEditsLeaveNothing(t *testing.T) {
	if path := os.Getenv(killedVariable); path != "" {
		for i := 0; ; i++ { // until it is killed
			if _, err := Set(t.Context(), RealEnv(), given("config", path), "fleet", strings.Repeat("x", 1+i%100)); err != nil {
				t.Fatal(err)
			}
		}
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := newTestEnv(t).file("# mine\nprofiles:\n  default: {type: t} # and this\n")
	for range 12 {
		ctx, cancel := context.WithTimeout(t.Context(), time.Duration(100+rand.IntN(150))*time.Millisecond)
		cmd := exec.CommandContext(ctx, self, "-test.run=^TestKilledEditsLeaveNothing$") // SIGKILL when ctx ends
		cmd.Env = append(os.Environ(), killedVariable+"="+w.path())
		out, err := cmd.CombinedOutput()
		if ctx.Err() == nil {
			t.Fatalf("it ended by itself: %v\n%s", err, out)
		}
		cancel()
		c := w.load(nil)
		if text := w.text(); c.Type != "t" || !strings.HasPrefix(text, "# mine\n") || !strings.Contains(text, "# and this") {
			t.Errorf("the file is\n%s", text)
		}
		left := slices.DeleteFunc(w.folder(), func(name string) bool {
			return slices.Contains([]string{"config.yaml", ".config.yaml.lock", ".config.yaml.tmp"}, name)
		})
		if len(left) > 0 {
			t.Errorf("left behind: %q", left)
		}
	}
	if _, err := Set(t.Context(), w.env(), nil, "fleet", "last"); err != nil {
		t.Fatal(err)
	}
	if diff := gocmp.Diff([]string{".config.yaml.lock", "config.yaml"}, w.folder()); diff != "" {
		t.Error(diff)
	}
}
