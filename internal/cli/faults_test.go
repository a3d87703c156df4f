package cli

import (
	"crypto/tls"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"github.com/chargectl/chargectl/internal/cli/exit"
)

// moment is where in the life of a report a fault strikes.
type moment int

const (
	creating moment = iota
	polling
	linking   // a fresh link is asked for because the first has expired
	firstByte // of the file
	midway
	lastByte
	renaming // all bytes are here
	onDisk   // the network is honest

	ofFile // in an outcome: the three before renaming alike
)

func (m moment) String() string {
	return []string{"create", "poll", "link", "first byte", "midway", "last byte", "rename"}[m]
}

// codes are the exit codes that must come out, a word for each column of the table; "-" is where the command has no
// such moment.
type codes string

// outcome is what must come out of a fault at each moment: when it happens once, and when it happens again and again.
// A moment that is not there is one in which it cannot happen.
type outcome map[moment]struct{ once, lasting codes }

func (o outcome) with(m moment, once, lasting codes) outcome {
	o = maps.Clone(o)
	o[m] = struct{ once, lasting codes }{once, lasting}
	return o
}

const none codes = "- - -  - -  - -"

// The columns are create, create --wait, create --download; wait, download; sync, sync --receipts.
var (
	temporary = outcome{
		creating: {"0 0 0  - -  0 0", "5 5 5  - -  5 5"},
		polling:  {"- 0 0  0 0  0 0", "- 8 8  8 8  8 8"}, // no fault of network or server ends a wait
		linking:  {"- - 0  - 0  0 0", "- - 5  - 5  5 5"},
		ofFile:   {"- - 0  - 0  0 0", "- - 5  - 5  5 5"},
	}
	refusedKey = outcome{
		creating: {"4 4 4  - -  4 4", "4 4 4  - -  4 4"},
		polling:  {"- 4 4  4 4  4 4", "- 4 4  4 4  4 4"},
		linking:  {"- - 4  - 4  4 4", "- - 4  - 4  4 4"},
		ofFile:   {"- - 0  - 0  0 0", "- - 5  - 5  5 5"}, // the file host knows no key: the link has expired
	}
	gone = outcome{
		creating: {"3 3 3  - -  3 3", "3 3 3  - -  3 3"},
		polling:  {"- 0 0  3 3  0 0", "- 3 3  3 3  3 3"}, // a report of this run may be unknown for a moment
		linking:  {"- - 3  - 3  3 3", "- - 3  - 3  3 3"},
		ofFile:   {"- - 0  - 0  0 0", "- - 5  - 5  5 5"},
	}
	final = outcome{
		creating: {"2 2 2  - -  2 2", "2 2 2  - -  2 2"},
		polling:  {"- 2 2  2 2  2 2", "- 2 2  2 2  2 2"},
		linking:  {"- - 2  - 2  2 2", "- - 2  - 2  2 2"},
		ofFile:   {"- - 2  - 2  2 2", "- - 2  - 2  2 2"},
	}
	redirected = outcome{
		creating: {"1 1 1  - -  1 1", "1 1 1  - -  1 1"},
		polling:  {"- 1 1  1 1  1 1", "- 1 1  1 1  1 1"},
		linking:  {"- - 1  - 1  1 1", "- - 1  - 1  1 1"},
		ofFile:   {"- - 0  - 0  0 0", "- - 5  - 5  5 5"}, // to a host that cannot be reached
	}
	interrupted = outcome{
		creating: {"143 143 143  -   -    143 143", none},
		polling:  {"-   143 143  143 143  143 143", none},
		linking:  {"-   -   143  -   143  143 143", none},
		ofFile:   {"-   -   143  -   143  143 143", none},
	}
	nameTaken = outcome{
		creating: {"- - 7  - -  7 7", none},
		polling:  {"- - 7  - 7  7 7", none},
		linking:  {"- - 7  - 7  7 7", none},
		ofFile:   {"- - 7  - 7  7 7", none},
		renaming: {"- - 7  - 7  7 7", none},
	}
	noHarm   = outcome{ofFile: {"- - 0  - 0  0 0", "- - 0  - 0  0 0"}}
	mismatch = outcome{ofFile: {"- - 7  - 7  7 7", "- - 7  - 7  7 7"}}
	tooLate  = outcome{renaming: {"- - 0  - 0  0 0", none}}
	// One stall outlasts the 30 s in which a request that is no poll is tried again.
	stalled = temporary.with(creating, "5 5 5  - -  5 5", "5 5 5  - -  5 5")
	endless = outcome{polling: {none, "- 8 8  8 8  8 8"}}
	// sync waits for room at the server, as long as it may.
	limited = temporary.with(creating, "0 0 0  - -  0 0", "5 5 5  - -  8 8")
	// What the server asks for is more than a request may wait; a wait for a report waits for it up to the deadline.
	forAnHour = limited.with(creating, "5 5 5  - -  8 8", "5 5 5  - -  8 8").with(polling, "- 8 8  8 8  8 8", "- 8 8  8 8  8 8")
)

type fault struct {
	name string
	act  act
	want outcome
}

func networkFaults() []fault {
	const html, json = "Content-Type: text/html", "Content-Type: application/json"
	return []fault{
		{"connection refused", breaks(socketError("dial", syscall.ECONNREFUSED)), temporary},
		{"network unreachable", breaks(socketError("dial", syscall.ENETUNREACH)), temporary},
		{"too many open files", breaks(&net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("socket", syscall.EMFILE)}), temporary},
		{"connection reset", breaks(socketError("read", syscall.ECONNRESET)), temporary},
		{"broken pipe of the network", breaks(socketError("write", syscall.EPIPE)), temporary},
		{"no such host", breaks(&net.DNSError{Err: "no such host", Name: "api.chargeapi.co", IsNotFound: true}), temporary},
		{"TLS handshake", breaks(tls.AlertError(40)), temporary},
		{"408", answers(408), temporary},
		{"425", answers(425), temporary},
		{"429", answers(429), limited},
		{"429 with Retry-After", answers(429, "Retry-After: 7"), limited},
		{"429 for an hour", answers(429, "Retry-After: 3600"), forAnHour},
		{"500", answers(500), temporary},
		{"503", answers(503), temporary},
		{"HTML with 200", says(200, "<!DOCTYPE html><html><body>Please sign in</body></html>", html), temporary},
		{"HTML with 502", says(502, "<html><body>Bad Gateway</body></html>", html), temporary},
		{"empty body", says(200, ""), temporary},
		{"truncated JSON", says(200, `{"id":"rpt_1","sta`, json), temporary},
		{"2xx without its object", says(200, `{}`, json), temporary},
		{"answer lost", loses, temporary},
		{"answer cut", cuts, temporary},
		{"stall", hangs, stalled},
		{"untrusted certificate", distrusts, final},
		{"key revoked (401)", answers(401), refusedKey},
		{"not allowed (403)", answers(403), refusedKey},
		{"gone (404)", answers(404), gone},
		{"gone (410)", answers(410), gone},
		{"refused (400)", answers(400), final.with(ofFile, "- - 0  - 0  0 0", "- - 5  - 5  5 5")},
		{"redirect", says(302, "", "Location: https://elsewhere.example/x"), redirected},
		{"another size", resizes, mismatch},
		{"no range", ignoresRange, noHarm},
		{"SIGTERM", terminates, interrupted},
		{"no answer until the deadline", outlasts, endless},
		{"folder at the target", takesTheName, nameTaken},
		{"reset after the last byte", ends(syscall.ECONNRESET), tooLate},
		{"cut after the last byte", ends(io.ErrUnexpectedEOF), tooLate},
		{"SIGTERM after the last byte", terminatesLate, tooLate},
	}
}

func socketError(op string, number syscall.Errno) error {
	return &net.OpError{Op: op, Net: "tcp", Err: os.NewSyscallError(op, number)}
}

// TestFaults runs every command of the table with every fault at every moment, once and lastingly: from the command line
// to exit code, both streams, disk and API, and then what the hint says.
func TestFaults(t *testing.T) {
	var cells, hints atomic.Int64
	t.Cleanup(func() { t.Logf("%d cells, and %d hints that run", cells.Load(), hints.Load()) })
	eachCell(t, networkFaults(), func(c *cell, code int) {
		cells.Add(1)
		c.continueAfter(code, c.runWithFault(code))
		if c.hinted {
			hints.Add(1)
		}
	})
}

// TestFaultsAsJSON does the same for faults of each kind where JSON is asked for: stderr is JSON to its last line, which
// says the code, whether to repeat, and what to run.
func TestFaultsAsJSON(t *testing.T) {
	var cells atomic.Int64
	t.Cleanup(func() { t.Logf("%d cells", cells.Load()) })
	kinds := []string{
		"connection refused", "429 for an hour", "untrusted certificate", "key revoked (401)", "gone (404)", "redirect",
		"another size", "SIGTERM", "folder at the target",
	}
	some := slices.DeleteFunc(networkFaults(), func(f fault) bool { return !slices.Contains(kinds, f.name) })
	if len(some) != len(kinds) {
		t.Errorf("%d faults are called like %d names", len(some), len(kinds))
	}
	eachCell(t, some, func(c *cell, code int) {
		cells.Add(1)
		c.json = true
		stderr := c.runWithFault(code)
		if code != 0 {
			e := c.errorObject(stderr)
			again := repeats(code)
			if e.ExitCode != code || e.Retryable != again || again && e.Resume == "" {
				c.t.Errorf("the error object says %+v after %d:\n%s", e, code, stderr)
			}
		}
		c.continueAfter(code, stderr)
	})
}

// eachCell runs a test for every fault, moment, number of times and column for which there is a code.
func eachCell(t *testing.T, faults []fault, check func(c *cell, code int)) {
	t.Helper()
	for _, f := range faults {
		for m := creating; m <= renaming; m++ {
			want, possible := f.want[m]
			if m >= firstByte && m <= lastByte && !possible {
				want, possible = f.want[ofFile]
			}
			if !possible {
				continue
			}
			for times, all := range map[int]codes{1: want.once, lasting: want.lasting} {
				eachColumn(t, all, func(col column, code int) {
					inCell(t, fmt.Sprintf("%s/%s/%s/%s", f.name, m, often(times), col.name), col, nil, func(c *cell) {
						c.act, c.moment, c.left = f.act, m, times
						check(c, code)
					})
				})
			}
		}
	}
}

// repeats says of which codes the table of exit codes promises that the same command is safe to re-run.
func repeats(code int) bool {
	return code == 5 || code == 8 || code == 9 || code > 128 && code != exit.ClosedPipe
}

// lasting is more often than any command tries.
const lasting = 1_000_000

func often(times int) string {
	if times == lasting {
		return "lasting"
	}
	return "once"
}

// eachColumn goes through the columns that have a code.
func eachColumn(t *testing.T, all codes, do func(col column, code int)) {
	t.Helper()
	words := strings.Fields(string(all))
	if len(words) != len(columns()) {
		t.Fatalf("%q has %d codes for %d columns", all, len(words), len(columns()))
	}
	for i, word := range words {
		if word == "-" {
			continue
		}
		code, err := strconv.Atoi(word)
		if err != nil {
			t.Fatal(err)
		}
		do(columns()[i], code)
	}
}
