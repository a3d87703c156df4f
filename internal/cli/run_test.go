package cli

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
)

// TestABrokenNetworkIsNoClosedPipe: what breaks a connection has the number of a reader that went away, and is exit 5.
func TestABrokenNetworkIsNoClosedPipe(t *testing.T) {
	for _, line := range []string{
		"reports list", "reports get rpt_1", "reports wait rpt_1 --timeout 0", "reports download rpt_1 --timeout 0", "fleets list --json",
		"reports create --type charging_summary", "reports create --type charging_summary --wait", "reports sync --type charging_summary --period 1999-12",
	} {
		synctest.Test(t, func(t *testing.T) {
			v := newCommandTest(t)
			v.network = roundTripFunc(func(*http.Request) (*http.Response, error) {
				return nil, &net.OpError{Op: "write", Net: "tcp", Err: os.NewSyscallError("write", syscall.EPIPE)}
			})
			code, stdout, stderr := v.run(t, line)
			if code != 5 || strings.Contains(stdout, "succeeded") || !strings.Contains(stderr, "broke: broken pipe") {
				t.Errorf("%s: %d, %q, %q", line, code, stdout, stderr)
			}
		})
	}
}

// TestACommandThatDoesNotEndIsLeftBehind: a signal ends the run within a second, with what stderr has to say, and nothing
// that the command still does is in its way.
func TestACommandThatDoesNotEndIsLeftBehind(t *testing.T) {
	for _, line := range []string{"reports get rpt_1", "reports list --json", "reports wait rpt_1 --timeout none --log-format json", "doctor"} {
		synctest.Test(t, func(t *testing.T) {
			until := make(chan struct{})
			v := newCommandTest(t)
			v.network = roundTripFunc(func(req *http.Request) (*http.Response, error) {
				<-until // deaf to its context
				return nil, context.Cause(req.Context())
			})
			ctx, cancel := context.WithCancelCause(t.Context())
			var stdout, stderr bytes.Buffer
			app := v.app(line, &stdout, &stderr)
			codes := make(chan int)
			go func() { codes <- app.run(ctx) }()
			synctest.Wait()
			began := time.Now()
			signal := exit.Signal{Name: "SIGTERM", Number: 15}
			cancel(&charge.Error{Kind: charge.KindInterrupted, Reason: signal.Error(), Err: signal})
			if code, took := <-codes, time.Since(began); code != 143 || took > unwinding+lastWords {
				t.Errorf("%s: exit %d after %s", line, code, took)
			}
			if stdout.String() != "" || !strings.Contains(stderr.String(), "interrupted by SIGTERM") {
				t.Errorf("%s: %q, %q", line, stdout.String(), stderr.String())
			}
			close(until)
			synctest.Wait()
		})
	}
}
