package cli

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/chargectl/chargectl/internal/sandbox"
)

// A panic is exit 1 and a line like every other error: it shows no key, even one that it was raised with, and where it
// happened only on request.
func TestPanics(t *testing.T) {
	for _, args := range []string{"reports wait rpt_1", "reports download rpt_1 rpt_2", "fleets list", "fleets list --debug", "fleets list --json --debug", "fleets list --log-format json --debug"} {
		p := newDoctorTest(t, sandbox.Options{})
		p.network = roundTripFunc(func(req *http.Request) (*http.Response, error) {
			panic(fmt.Sprintf("cannot send %v", req.Header))
		})
		code, stdout, stderr := p.run(t.Context(), strings.Fields(args)...)
		if code != 1 || stdout != "" || !strings.Contains(stderr, "internal error: cannot send map[") {
			t.Errorf("%s: %d, %q, %s", args, code, stdout, stderr)
		}
		if strings.Contains(stderr, doctorKey) {
			t.Errorf("%s: the key is in %s", args, stderr)
		}
		if got := strings.Contains(stderr, "goroutine"); got != strings.Contains(args, "--debug") {
			t.Errorf("%s: shows where it happened: %v\n%s", args, got, stderr)
		}
	}
}
