package cli

import (
	"io"
	"io/fs"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/sandbox"
)

// streamFault is a fault of stdout or stderr, for as long as a command runs.
type streamFault struct {
	name    string
	arrange func(c *cell)
	want    codes // a word per column, as in the fault table
}

func streamFaults() []streamFault {
	return []streamFault{
		{"stdout closed", func(c *cell) { c.out = failing(syscall.EPIPE) }, "141 141 141  141 141  141 141"},
		{"stdout full", func(c *cell) { c.out = failing(syscall.ENOSPC) }, "7 7 7  7 7  7 7"},
		{"stdout broken", func(c *cell) { c.out = failing(syscall.EIO) }, "7 7 7  7 7  7 7"},
		{"stderr closed", func(c *cell) { c.err, c.mute = failing(syscall.EPIPE), true }, "0 0 0  0 0  0 0"},
		{"stderr full", func(c *cell) { c.err, c.mute = failing(syscall.ENOSPC), true }, "0 0 0  0 0  0 0"},
	}
}

// failing is a stream that every write to fails, as a file's does.
func failing(number syscall.Errno) func(io.Writer) io.Writer {
	return func(io.Writer) io.Writer {
		return writeFunc(func([]byte) (int, error) { return 0, &fs.PathError{Op: "write", Path: "/dev/stdout", Err: number} })
	}
}

type writeFunc func([]byte) (int, error)

func (f writeFunc) Write(p []byte) (int, error) { return f(p) }

// TestStreamFaults runs every command of the fault table with something wrong with its streams.
func TestStreamFaults(t *testing.T) {
	cells := 0
	for _, f := range streamFaults() {
		eachColumn(t, f.want, func(col column, code int) {
			cells++
			inCell(t, f.name+"/"+col.name, col, nil, func(c *cell) {
				f.arrange(c)
				began := time.Now()
				stderr := c.runWithFault(code)
				if took := time.Since(began); took > 6*time.Second+unwinding {
					c.t.Errorf("it ended %s after it began", took)
				}
				if code == exit.ClosedPipe && strings.Contains(stderr, "chargectl:") {
					c.t.Errorf("it is not quiet: %s", stderr)
				}
				c.continueAfter(code, stderr)
			})
		})
	}
	t.Logf("%d cells", cells)
}

// TestNobodyReadsStderr fills the pipe on stderr and then sends a signal: every command ends within a second all the same,
// and leaves what the next run continues. It runs in real time: a mutex that somebody holds stops the clock of a bubble.
func TestNobodyReadsStderr(t *testing.T) {
	for _, col := range columns() {
		t.Run(col.name, func(t *testing.T) {
			t.Parallel()
			c := newCell(t, col, sandbox.New(sandbox.Options{Vehicles: 20, GenerationTime: time.Millisecond}))
			full := make(chan struct{})
			c.mute, c.err = true, func(io.Writer) io.Writer {
				return writeFunc(func(p []byte) (int, error) {
					c.signal(sigterm())
					<-full
					return len(p), nil
				})
			}
			began := time.Now()
			code, stdout, stderr := c.run(c.ctx, c.args())
			took := time.Since(began)
			close(full)
			c.wantCode(143, code, c.args(), stderr)
			if took > time.Second+slack {
				t.Errorf("it took %s", took)
			}
			c.wantState(code, stdout, stderr)
			c.continueAfter(code, stderr)
		})
	}
}

// slack is what a busy machine may add to a second.
const slack = 3 * time.Second
