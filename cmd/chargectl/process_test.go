package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"
)

// patience is how long something that must happen may take: a hang fails.
const patience = time.Minute

// processCommands run programs:
//
//	exits CODE PROGRAM ARG…               as exec, with this exit code; no output shows the key
//	terminal CODE PROGRAM ARG…            the same on a terminal of $COLUMNS columns, else 100; what it shows is stdout
//	signal NAME CODE WHEN PROGRAM ARG…    as exits, with a signal when stderr matches WHEN, or file:WHEN has bytes
//	signal -tty NAME CODE WHEN PROGRAM…   the same on a terminal; the names ^C and ^D are keys, which reach children too, and
//	                                      type:TEXT is a line
//	continues CODE                        runs what the last program's stderr says to continue with, as it is printed there
//	capture VAR                           the last program's stdout, without the end of the line
func processCommands() map[string]command {
	return map[string]command{
		"exits": exits, "terminal": terminal, "signal": signalled, "continues": continues, "capture": capture,
	}
}

func exits(ts *testscript.TestScript, _ bool, args []string) {
	expectCode(ts, args[0], ts.Exec(args[1], args[2:]...))
	if key := ts.Getenv("CHARGE_API_KEY"); key != "" {
		for _, stream := range []string{"stdout", "stderr"} {
			if strings.Contains(ts.ReadFile(stream), key) {
				ts.Fatalf("%s shows the key", stream)
			}
		}
	}
}

// expectCode holds a program's end to a code; a signal that nobody caught counts as in a shell.
func expectCode(ts *testscript.TestScript, want string, err error) {
	code := 0
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		code = exit.ExitCode()
		if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
			code = 128 + int(status.Signal())
		}
	} else {
		ts.Check(err)
	}
	if code != number(ts, want) {
		ts.Fatalf("exit code %d, want %s", code, want)
	}
}

func capture(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.TrimRight(ts.ReadFile("stdout"), "\n"))
}

func terminal(ts *testscript.TestScript, _ bool, args []string) {
	cmd, cancel := program(ts, args[1:])
	defer cancel()
	_, shown, err := onTerminal(cmd, ts.Stdout())
	ts.Check(err)
	<-shown
	expectCode(ts, args[0], cmd.Wait())
}

// onTerminal starts a command on a terminal of its own; shown is closed when all it shows has been written.
func onTerminal(cmd *exec.Cmd, w io.Writer) (keys io.Writer, shown <-chan struct{}, err error) {
	cmd.Stdin = nil // or it would be kept, and keys would go nowhere
	columns := 100
	for _, variable := range cmd.Env {
		if text, ok := strings.CutPrefix(variable, "COLUMNS="); ok {
			columns, _ = strconv.Atoi(text)
		}
	}
	screen, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: uint16(columns)})
	if err != nil {
		return nil, nil, err
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(w, screen) // ends with an error once the program has gone
		_ = screen.Close()
	}()
	return screen, done, nil
}

func signalled(ts *testscript.TestScript, _ bool, args []string) {
	var stdout, stderr safeBuffer
	start := func(cmd *exec.Cmd) (io.Writer, <-chan struct{}, error) {
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		shown := make(chan struct{})
		close(shown)
		return nil, shown, cmd.Start()
	}
	if args[0] == "-tty" {
		args = args[1:]
		start = func(cmd *exec.Cmd) (io.Writer, <-chan struct{}, error) { return onTerminal(cmd, &stderr) }
	}
	cmd, cancel := program(ts, args[3:])
	defer cancel()
	keys, shown, err := start(cmd)
	ts.Check(err)
	happened := await(moment(ts, args[2], &stderr))
	if pressed, ok := keystrokes(args[0]); ok {
		_, err = io.WriteString(keys, pressed)
	} else {
		err = cmd.Process.Signal(signals()[args[0]])
	}
	ts.Check(err)
	<-shown
	err = cmd.Wait()
	_, _ = io.WriteString(ts.Stdout(), stdout.String())
	_, _ = io.WriteString(ts.Stderr(), stderr.String())
	if !happened {
		ts.Fatalf("%s did not happen; stderr was %q", args[2], stderr.String())
	}
	expectCode(ts, args[1], err)
}

// keystrokes are the keys that a name stands for.
func keystrokes(name string) (keys string, ok bool) {
	if text, ok := strings.CutPrefix(name, "type:"); ok {
		return text + "\r", true
	}
	keys, ok = map[string]string{"^C": "\x03", "^D": "\x04"}[name]
	return keys, ok
}

func signals() map[string]syscall.Signal {
	return map[string]syscall.Signal{"INT": syscall.SIGINT, "TERM": syscall.SIGTERM, "HUP": syscall.SIGHUP, "KILL": syscall.SIGKILL}
}

// moment says whether what the signal waits for is there.
func moment(ts *testscript.TestScript, when string, stderr *safeBuffer) func() bool {
	if name, ok := strings.CutPrefix(when, "file:"); ok {
		path := ts.MkAbs(name)
		return func() bool {
			info, err := os.Stat(path)
			return err == nil && info.Size() > 0
		}
	}
	pattern := regexp.MustCompile(when)
	return func() bool { return pattern.MatchString(stderr.String()) }
}

func await(done func() bool) bool {
	tick, limit := time.NewTicker(2*time.Millisecond), time.NewTimer(patience)
	defer tick.Stop()
	defer limit.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-limit.C:
			return false
		}
	}
	return true
}

// program is a command in the script's folder, with the whole of its environment and its standard input.
func program(ts *testscript.TestScript, argv []string) (*exec.Cmd, context.CancelFunc) {
	env, input := surroundings(ts)
	var path string
	for _, folder := range filepath.SplitList(ts.Getenv("PATH")) {
		if found, err := exec.LookPath(filepath.Join(folder, argv[0])); err == nil {
			path = found
			break
		}
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	cmd := exec.CommandContext(ctx, path, argv[1:]...)
	cmd.Dir, cmd.Env, cmd.Stdin = ts.MkAbs("."), env, input
	return cmd, cancel
}

// surroundings are what a program of the script is started with. A script tells them to programs only, so one is asked.
func surroundings(ts *testscript.TestScript) (env []string, input io.Reader) {
	folder := serversOf(ts).tb.TempDir()
	ts.Check(ts.Exec("surroundings", folder))
	names, err := os.ReadFile(filepath.Join(folder, "env"))
	ts.Check(err)
	text, err := os.ReadFile(filepath.Join(folder, "stdin"))
	ts.Check(err)
	return strings.Split(string(names), "\x00"), bytes.NewReader(text)
}

// writeSurroundings is the program that is asked.
func writeSurroundings() {
	folder, err := os.OpenRoot(os.Args[1])
	if err == nil {
		err = folder.WriteFile("env", []byte(strings.Join(os.Environ(), "\x00")), 0o600)
	}
	var text []byte
	if err == nil {
		text, err = io.ReadAll(os.Stdin)
	}
	if err == nil {
		err = folder.WriteFile("stdin", text, 0o600)
	}
	if err != nil {
		panic(err)
	}
}

// safeBuffer is a buffer that may be read while a program writes.
type safeBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}
