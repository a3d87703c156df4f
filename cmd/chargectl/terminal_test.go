//go:build unix

package main

import (
	"io"
	"math"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// A signal ends a run within a second, whatever its streams do.
const second = time.Second

// terminalCommands check what a terminal shows, and runs whose stderr is blocked:
//
//	screen STREAM                     what is on the screen after the stream was played, into the file screen
//	held NAME CODE WHEN PROGRAM…      on a terminal, with a signal once it matches WHEN and Ctrl-S was pressed; ends within a second
//	unread NAME CODE PROGRAM…         stderr is a full pipe; a signal once it hangs or asks the API; ends within a second
//	suspended WHEN PROGRAM…           in a shell on a terminal, with Ctrl-Z once it matches WHEN, and fg
func terminalCommands() map[string]command {
	return map[string]command{"screen": screen, "held": held, "unread": unread, "suspended": suspended}
}

func screen(ts *testscript.TestScript, _ bool, args []string) {
	ts.Check(os.WriteFile(ts.MkAbs("screen"), []byte(strings.Join(wrapped(ts.ReadFile(args[0]), math.MaxInt), "\n")+"\n"), 0o600))
}

// held and unread try three times: on a machine that is busy with other tests a second may pass without a program having
// had its share of it, but not three times.
func held(ts *testscript.TestScript, _ bool, args []string) {
	inTime(ts, args[0], func() time.Duration { return endOfHeld(ts, args) })
}

func unread(ts *testscript.TestScript, _ bool, args []string) {
	inTime(ts, args[0], func() time.Duration { return endOfUnread(ts, args) })
}

func inTime(ts *testscript.TestScript, name string, end func() time.Duration) {
	var took []time.Duration
	for range 3 {
		took = append(took, end())
		if took[len(took)-1] <= second {
			return
		}
	}
	ts.Fatalf("it ended so long after SIG%s: %v", name, took)
}

func endOfHeld(ts *testscript.TestScript, args []string) time.Duration {
	cmd, cancel := program(ts, args[3:])
	defer cancel()
	var seen safeBuffer
	keys, shown, err := onTerminal(cmd, &seen)
	ts.Check(err)
	if !await(moment(ts, args[2], &seen)) {
		ts.Fatalf("%s did not come; the terminal got %q", args[2], seen.String())
	}
	_, err = io.WriteString(keys, "\x13")
	ts.Check(err)
	for before, quiet := -1, 0; quiet < 5; { // nothing moves any more for five redraws
		if now := len(seen.String()); now != before {
			before, quiet = now, 0
		}
		pause := time.NewTimer(100 * time.Millisecond)
		<-pause.C
		quiet++
	}
	took := signalAndWait(ts, cmd, args[0], args[1])
	<-shown
	return took
}

func endOfUnread(ts *testscript.TestScript, args []string) time.Duration {
	cmd, cancel := program(ts, args[2:])
	defer cancel()
	r, w, err := os.Pipe()
	ts.Check(err)
	defer func() { _, _ = r.Close(), w.Close() }()
	ts.Check(fill(w))
	cmd.Stderr = w
	serversOf(ts).api.Store(0)
	ts.Check(cmd.Start())
	began := time.Now() // what speaks before it asks never comes to that
	await(func() bool { return serversOf(ts).api.Load() > 0 || time.Since(began) > second })
	return signalAndWait(ts, cmd, args[0], args[1])
}

// fill writes into a pipe until it takes no more.
func fill(w *os.File) error {
	conn, err := w.SyscallConn()
	if err != nil {
		return err
	}
	var failed error
	err = conn.Write(func(fd uintptr) bool {
		if failed = syscall.SetNonblock(int(fd), true); failed != nil {
			return true
		}
		for block := make([]byte, 4096); len(block) > 0; {
			if _, failed = syscall.Write(int(fd), block); failed == syscall.EAGAIN {
				block = block[:len(block)/2] // down to the last byte
			}
		}
		failed = syscall.SetNonblock(int(fd), false)
		return true
	})
	if err != nil {
		return err
	}
	return failed
}

// signalAndWait signals a program, which must end with a code, and says how long that took.
func signalAndWait(ts *testscript.TestScript, cmd *exec.Cmd, name, code string) time.Duration {
	began := time.Now()
	ts.Check(cmd.Process.Signal(signals()[name]))
	err := cmd.Wait()
	took := time.Since(began)
	expectCode(ts, code, err)
	return took
}

// suspended types a command at a shell's prompt, stops it with Ctrl-Z once what it shows matches, and takes it up again
// with fg, as a person would.
func suspended(ts *testscript.TestScript, _ bool, args []string) {
	cmd, cancel := program(ts, []string{"bash", "--norc", "--noprofile", "-i"})
	defer cancel()
	cmd.Env = append(cmd.Env, "PS1=prompt> ")
	var seen safeBuffer
	keys, shown, err := onTerminal(cmd, &seen)
	ts.Check(err)
	from := 0
	for _, step := range []struct{ pattern, keys string }{
		{"prompt> ", strings.Join(args[1:], " ") + "\n"}, {args[0], "\x1a"}, {"Stopped(?s:.*)prompt> ", "fg\n"}, {args[0], ""},
		{"prompt> ", "exit\n"},
	} {
		pattern := regexp.MustCompile(step.pattern)
		if !await(func() bool { return pattern.MatchString(seen.String()[from:]) }) {
			ts.Fatalf("%s did not come; the terminal got %q", step.pattern, seen.String()[from:])
		}
		from = len(seen.String())
		_, err = io.WriteString(keys, step.keys)
		ts.Check(err)
	}
	<-shown
	ts.Check(cmd.Wait())
	_, err = io.WriteString(ts.Stdout(), seen.String())
	ts.Check(err)
}
