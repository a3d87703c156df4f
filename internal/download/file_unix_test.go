//go:build unix

package download

import (
	"errors"
	"io/fs"
	"os"
	"testing"

	"github.com/chargectl/chargectl/internal/charge"
)

// TestNoPermission needs a user whom permissions bind.
func TestNoPermission(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	w := newFileTest(t)
	if err := os.Chmod(w.dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(w.dir, 0o700) })
	if err := w.folder().Writable(); charge.KindOf(err) != charge.KindOutput || err == nil {
		t.Errorf("writable: %v", err)
	}
	_, err := w.toFile("a.csv", Skip)
	if e := wantKind(t, err, charge.KindOutput); !errors.Is(e, fs.ErrPermission) {
		t.Error(e)
	}
	w.wantOnly()
	w.wantAsked()
}

// TestModeFollowsUmask writes a file and compares it with one made the plain way.
func TestModeFollowsUmask(t *testing.T) {
	w := newFileTest(t)
	if _, err := w.toFile("a.csv", Skip); err != nil {
		t.Fatal(err)
	}
	plain, err := os.OpenFile(w.path("plain"), os.O_CREATE|os.O_WRONLY, 0o666)
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	want, err := plain.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if got, err := os.Stat(w.path("a.csv")); err != nil || got.Mode() != want.Mode() {
		t.Errorf("mode %v (%v), a plain file has %v", got.Mode(), err, want.Mode())
	}
}
