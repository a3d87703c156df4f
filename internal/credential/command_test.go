package credential

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestRun runs this test binary as the command.
func TestRun(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	stdout, _, err := run(t.Context(), []string{self, "-test.list", "^TestRun$"})
	if err != nil || !bytes.HasPrefix(stdout, []byte("TestRun")) {
		t.Errorf("%q, %v", stdout, err)
	}
	_, stderr, err := run(t.Context(), []string{self, "-no-such-flag"})
	if _, ok := errors.AsType[*exec.ExitError](err); !ok || len(stderr) == 0 {
		t.Errorf("%q, %v", stderr, err)
	}
	if _, _, err := run(t.Context(), []string{filepath.Join(t.TempDir(), "none")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a missing program: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := run(ctx, []string{self}); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled run: %v", err)
	}
}

func TestOutputIsBounded(t *testing.T) {
	var c capped
	for range 3 {
		if n, err := c.Write(make([]byte, maxOutput-1)); n != maxOutput-1 || err != nil {
			t.Fatalf("Write = %d, %v", n, err)
		}
	}
	if c.Len() != maxOutput {
		t.Errorf("%d bytes kept, want %d", c.Len(), maxOutput)
	}
}
