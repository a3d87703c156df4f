package main

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// What a start may cost, in counts, which are the same on every machine; docs/performance.md says what they come from.
const (
	mostBytes       = 12_500_000 // of the stripped binary
	mostAllocations = 3_900      // before main; a hello-world has 28
	mostOfPackage   = 300        // of them in one package: about a tenth of a millisecond
	mostSystemCalls = 155        // of version; a hello-world has 140
)

// excused are packages that make more than that before main, and cannot do so later: see docs/performance.md.
var excused = []string{"github.com/itchyny/gojq"}

// TestStartUp: the released binary is no larger, and does no more before it does what was asked, than it should.
func TestStartUp(t *testing.T) {
	t.Parallel()
	oncePerRun(t)
	binary := filepath.Join(t.TempDir(), "chargectl")
	build := exec.CommandContext(t.Context(), "go", "build", "-ldflags", "-s -w", "-o", binary, ".")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("go build: %v\n%s", err, out)
	}

	info, err := os.Stat(binary)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOARCH == "amd64" && info.Size() > mostBytes {
		t.Errorf("the stripped binary has %d bytes, more than %d", info.Size(), mostBytes)
	}
	checkInits(t, binary)
	t.Run("system calls", func(t *testing.T) { checkSystemCalls(t, binary) })
	t.Run("an empty machine", func(t *testing.T) { checkZones(t, binary) })
}

// checkZones runs the program where there is nothing else, as in an empty container: it has the zone data itself.
func checkZones(t *testing.T, binary string) {
	t.Helper()
	if os.Getuid() != 0 {
		t.Skip("only root may choose another root")
	}
	for zone, environment := range map[string]string{"Europe/Paris": "TZ=", "local": "TZ=Europe/Paris"} {
		cmd := exec.CommandContext(t.Context(), "/"+filepath.Base(binary),
			"reports", "create", "--type", "charging_summary", "--period", "2026-03", "--timezone", zone, "--dry-run")
		cmd.SysProcAttr = &syscall.SysProcAttr{Chroot: filepath.Dir(binary)}
		cmd.Dir, cmd.Env = "/", []string{environment, "CHARGE_API_KEY=ch_sk_test_1"}
		said, err := cmd.CombinedOutput()
		if errors.Is(err, fs.ErrPermission) {
			t.Skip(err)
		}
		if text := string(said); err != nil || !strings.Contains(text, "2026-02-28T23:00:00.000Z") || !strings.Contains(text, "2026-03-31T22:00:00.000Z") {
			t.Errorf("%s, %s: %v\n%s", zone, environment, err, said)
		}
	}
}

// checkInits reads what the runtime tells of the initialization of packages: name, time, bytes and allocations.
func checkInits(t *testing.T, binary string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), binary, "version")
	cmd.Env = []string{"GODEBUG=inittrace=1"}
	told, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("version: %v\n%s", err, told)
	}
	inits := regexp.MustCompile(`(?m)^init (\S+) .* (\d+) allocs$`).FindAllStringSubmatch(string(told), -1)
	if len(inits) < 20 {
		t.Fatalf("the runtime tells of %d packages:\n%s", len(inits), told)
	}
	all := 0
	for _, init := range inits {
		allocations, _ := strconv.Atoi(init[2])
		all += allocations
		switch name := init[1]; {
		case strings.HasPrefix(name, "github.com/chargectl/"):
			t.Errorf("%s does something before main: make it at its first use", name)
		case allocations > mostOfPackage && !slices.Contains(excused, name):
			t.Errorf("%s makes %d allocations before main, more than %d", name, allocations, mostOfPackage)
		}
	}
	if all > mostAllocations {
		t.Errorf("%d allocations before main, more than %d", all, mostAllocations)
	}
}

// checkSystemCalls counts those of version, but for what depends on which thread runs when.
func checkSystemCalls(t *testing.T, binary string) {
	t.Helper()
	strace, err := exec.LookPath("strace")
	if err != nil {
		t.Skip("there is no strace here")
	}
	trace := filepath.Join(t.TempDir(), "trace")
	if out, err := exec.CommandContext(t.Context(), strace, "-f", "-qq", "-o", trace, binary, "version").CombinedOutput(); err != nil {
		t.Skipf("strace does not work here: %v, %s", err, out)
	}
	text, err := os.ReadFile(trace)
	if err != nil {
		t.Fatal(err)
	}
	scheduling := regexp.MustCompile(`^(futex|nanosleep|sched_yield|epoll_.*|eventfd2|tgkill|getpid|gettid|rt_sigreturn|rt_sigprocmask|sigaltstack|clone3?|` +
		`mmap|munmap|madvise|set_robust_list|rseq|exit_group)$`)
	counts, all := map[string]int{}, 0
	for _, call := range regexp.MustCompile(`(?m)^\d+ +(\w+)\(`).FindAllStringSubmatch(string(text), -1) {
		if !scheduling.MatchString(call[1]) {
			counts[call[1]]++
			all++
		}
	}
	if all < 50 || all > mostSystemCalls {
		t.Errorf("version makes %d system calls, more than %d: %v", all, mostSystemCalls, counts)
	}
}
