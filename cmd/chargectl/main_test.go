package main

import (
	"flag"
	"fmt"
	"log"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	_ = flag.Set("test.parallel", "8") // scripts mostly wait, on whatever machine
	testscript.Main(withProgram{m}, map[string]func(){"surroundings": writeSurroundings})
}

// withProgram puts chargectl itself on PATH, under the race detector where the tests are. The test binary could stand in
// for it, but brings so much along that a start, of which there are thousands, takes two to three times as long.
type withProgram struct{ *testing.M }

// Run builds the program and runs the tests.
func (m withProgram) Run() int {
	dir, err := os.MkdirTemp("", "chargectl-program")
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	var flags []string
	if underRace() {
		flags = []string{"-race"}
	}
	program := "chargectl"
	if runtime.GOOS == "windows" {
		program += ".exe"
	}
	if err := buildProgram(filepath.Join(dir, program), flags...); err != nil {
		log.Fatal(err)
	}
	if err := os.Setenv("PATH", dir+string(filepath.ListSeparator)+os.Getenv("PATH")); err != nil {
		log.Fatal(err)
	}
	return m.M.Run()
}

// underRace says that the race detector is in this test.
func underRace() bool {
	info, ok := debug.ReadBuildInfo()
	return ok && slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// oncePerRun skips a test under the race detector where .ci/run has just run it without: it measures the program as users
// have it, the same in both, and nothing beside it is ours.
func oncePerRun(t *testing.T) {
	t.Helper()
	if underRace() && os.Getenv("CHARGECTL_RAN_WITHOUT_RACE") == "1" {
		t.Skip("it has run without the race detector")
	}
}

// buildProgram builds the program of this folder. Without the state of the repository it says the same version everywhere.
func buildProgram(target string, flags ...string) error {
	args := append([]string{"build", "-buildvcs=false", "-o", target}, flags...)
	if out, err := exec.Command("go", append(args, ".")...).CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	return nil
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
