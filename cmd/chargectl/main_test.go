package main

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	_ = flag.Set("test.parallel", "8") // scripts mostly wait, on whatever machine
	testscript.Main(m, map[string]func(){"chargectl": main, "surroundings": writeSurroundings})
}

// atOnce has a program under the race detector end when it ends: by default it lingers for a second.
const atOnce = "atexit_sleep_ms=0"

type command = func(ts *testscript.TestScript, neg bool, args []string)

// TestScripts runs the real program, in a process of its own, as a shell would.
func TestScripts(t *testing.T) {
	t.Parallel()
	catchHangups()
	commands := map[string]command{}
	for _, some := range []map[string]command{serverCommands(), processCommands(), terminalCommands(), assertCommands()} {
		maps.Copy(commands, some)
	}
	testscript.Run(t, testscript.Params{
		Dir: "testdata", Setup: setup, Cmds: commands, RequireExplicitExec: true, RequireUniqueNames: true,
		Condition: func(name string) (bool, error) {
			if name == "superuser" { // whom no mode of a file binds
				return os.Geteuid() == 0, nil
			}
			return false, fmt.Errorf("there is no condition %q", name)
		},
	})
}

// catchHangups for the programs that a test starts: where hangups are ignored (nohup, some runners of CI jobs) they
// would inherit that. One that is caught is not inherited.
func catchHangups() { signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP) }

// TestScriptsSayWhatTheyKeep holds each script to a first line that is a sentence: the promise that its name stands for.
func TestScriptsSayWhatTheyKeep(t *testing.T) {
	t.Parallel()
	scripts, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("%d scripts, error %v", len(scripts), err)
	}
	sentence, numbered := regexp.MustCompile(`^# \S.{20,}\.\n`), regexp.MustCompile(`^[a-z]+[0-9]`)
	for _, script := range scripts {
		text, err := os.ReadFile(script)
		if err != nil {
			t.Fatal(err)
		}
		if !sentence.Match(text) {
			t.Errorf("%s: the first line is no sentence that says the promise", script)
		}
		if numbered.MatchString(filepath.Base(script)) {
			t.Errorf("%s has a number in place of a promise", script)
		}
	}
}

// setup gives a script a home and servers of its own. Nothing of this machine's settings is left.
func setup(env *testscript.Env) error {
	home := filepath.Join(env.WorkDir, ".home")
	for name, value := range map[string]string{"HOME": home, "USERPROFILE": home, "TZ": "UTC", "GORACE": atOnce} {
		env.Setenv(name, value)
	}
	env.Values[serversKey{}] = &scriptServers{tb: env.T().(testing.TB)}
	return os.Mkdir(home, 0o700)
}
