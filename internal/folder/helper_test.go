package folder

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/filename"
)

// onDiskTest is a folder on disk.
type onDiskTest struct {
	t   *testing.T
	dir string
}

func newOnDiskTest(t *testing.T) onDiskTest {
	t.Helper()
	return onDiskTest{t: t, dir: t.TempDir()}
}

func (d onDiskTest) path(name string) string { return filepath.Join(d.dir, filepath.FromSlash(name)) }

func (d onDiskTest) write(name string, data []byte) {
	d.t.Helper()
	if err := os.WriteFile(d.path(name), data, 0o600); err != nil {
		d.t.Fatal(err)
	}
}

func (d onDiskTest) link(name, to string) {
	d.t.Helper()
	if err := os.Symlink(to, d.path(name)); err != nil {
		d.t.Skip(err)
	}
}

func (d onDiskTest) mkdir(name string) {
	d.t.Helper()
	if err := os.Mkdir(d.path(name), 0o755); err != nil {
		d.t.Fatal(err)
	}
}

func template(t *testing.T, text string) filename.Template {
	t.Helper()
	parsed, err := filename.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func wantKind(t *testing.T, err error, kind charge.Kind) *charge.Error {
	t.Helper()
	e, ok := errors.AsType[*charge.Error](err)
	if !ok || e.Kind != kind {
		t.Fatalf("%v (%T), want kind %s", err, err, kind)
	}
	return e
}

func numbers(t *testing.T, text string) (out map[string]any) {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader([]byte(text)))
	dec.UseNumber()
	if err := dec.Decode(&out); err != nil {
		t.Fatal(err)
	}
	return out
}
