package cli

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/term"
)

// unread is a pipe whose other end writes nothing for hours.
type unread struct{ t *testing.T }

func (u unread) Read([]byte) (int, error) {
	u.t.Error("standard input was read")
	return 0, errors.ErrUnsupported
}

// A missing key is reported at once, not when whoever writes the ids is done.
func TestWithoutKeyNoIDsAreRead(t *testing.T) {
	for _, command := range []string{"wait", "download"} {
		app := &App{
			streams: term.Streams{In: unread{t}, Out: t.Output(), Err: t.Output()},
			env:     config.Env{Lookup: func(string) (string, bool) { return "", false }, Home: func() (string, error) { return t.TempDir(), nil }},
			args:    []string{"reports", command, "-"},
		}
		if code := app.run(t.Context()); code != 4 {
			t.Errorf("%s: exit %d", command, code)
		}
	}
}

func TestCheckIDs(t *testing.T) {
	got, err := checkIDs([]string{"rpt_b", "rpt_a", "rpt_b"})
	if diff := cmp.Diff([]string{"rpt_b", "rpt_a"}, got); err != nil || diff != "" {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
	for _, id := range []string{"", "rpt_", "flt_a", "rpt_../x", "rpt_a/b"} {
		if _, err := checkIDs([]string{"rpt_a", id}); charge.KindOf(err) != charge.KindUsage {
			t.Errorf("%q: %v", id, err)
		}
	}
}
