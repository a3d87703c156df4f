package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
)

var soakFor = flag.Duration("soak", 0, "how long TestSoak goes on; it needs a -timeout that is a minute longer")

// TestSoak has two syncs of two folders, creates, waits and downloads of others, and two listeners work at once, in
// processes of their own that are killed now and then, against a sandbox in which one request in five meets a fault. After
// every round each folder has what the server has: nothing is lost, wrong or doubled. The listener that is never killed
// does not grow. It goes on for as long as -soak says, two minutes in the long mode, and else for one small round.
func TestSoak(t *testing.T) {
	t.Parallel()
	lasts := *soakFor
	if lasts == 0 && os.Getenv("CHARGECTL_LONG") == "1" {
		lasts = 2 * time.Minute
	}
	s := newSoak(t, lasts > 0)
	began := time.Now()
	until := began.Add(lasts)
	if over, ok := t.Deadline(); ok && over.Add(-time.Minute).Before(until) {
		until = over.Add(-time.Minute)
		t.Logf("-timeout leaves %s", time.Until(until).Round(time.Second))
	}
	steady := s.listen(t, "steady")
	for !t.Failed() && (s.rounds == 0 || time.Now().Before(until)) {
		s.round(t, lasts > 0)
		s.measure(t, steady.Process.Pid)
		if s.rounds%20 == 0 {
			t.Logf("after %s: %s", time.Since(began).Round(time.Second), s)
		}
	}
	old, young := s.goroutines(t, steady, "steady"), s.goroutines(t, s.restless, "restless")
	t.Logf("%s:\n%s\n%s", time.Since(began).Round(time.Second), s, s.growth(t, old, young))
	if s.LeakedKeys() > 0 {
		t.Error("the file host saw the key")
	}
}

// soak is a sandbox, the real binary, and what has come of them.
type soak struct {
	*sandbox.Sandbox

	binary, root string // root has a folder for each of those who work
	env          []string
	secret       map[string]string      // the file with it, of each listener
	addr         map[string]string      // of each listener
	told, said   map[string]*safeBuffer // what each listener prints, on stdout and on stderr
	restless     *exec.Cmd              // the listener that is killed, as it lives at present

	catchUp               string
	rounds, asked         int // asked is how many reports there must be, beside those that fail
	own                   []string
	kills, runs           atomic.Int64
	again                 atomic.Int64 // runs after one that ended as temporary, or with a report that failed
	files                 int
	lost, wrong, doubled  int
	resident, fds, thread []int // of the steady listener, after each round
}

// newSoak has the real binary for a long one, where its build is a small part and its figures count.
func newSoak(t *testing.T, long bool) *soak {
	t.Helper()
	binary, err := exec.LookPath("chargectl")
	catchUp := "400ms"
	if err == nil && long {
		binary, catchUp = build(t), "4s"
	}
	if err != nil {
		t.Fatal(err)
	}
	s := &soak{
		Sandbox: sandbox.New(sandbox.Options{
			Vehicles: 100, MaxOpen: 1000, Faults: faults(t, "chaos=20", "new-fields", "new-status"),
			Fate: func(n int) (time.Duration, bool) { return time.Duration(n%5) * 200 * time.Millisecond, n%29 == 0 },
		}),
		binary: binary, root: t.TempDir(), catchUp: catchUp, secret: map[string]string{}, addr: map[string]string{}, told: map[string]*safeBuffer{}, said: map[string]*safeBuffer{},
	}
	t.Cleanup(s.Close)
	api, files := httptest.NewServer(s.API()), httptest.NewServer(s.Files())
	t.Cleanup(api.Close)
	t.Cleanup(files.Close)
	s.SetOrigins(api.URL+"/v1", files.URL)
	s.env = []string{
		"HOME=" + s.root, "PATH=/usr/bin:/bin", "TZ=UTC", "GORACE=" + atOnce, "CHARGE_API_KEY=ch_sk_test_soak", "CHARGE_BASE_URL=" + api.URL + "/v1",
	}
	for _, name := range []string{"steady", "restless"} {
		s.addr[name], s.secret[name], s.told[name] = freeAddr(t), filepath.Join(s.root, name+".secret"), new(safeBuffer)
		s.said[name] = new(safeBuffer)
		s.ends(t, 0, "webhooks", "register", "--url", "http://"+s.addr[name]+"/", "--secret-file", s.secret[name])
	}
	s.restless = s.listen(t, "restless")
	return s
}

// seen are the requests that reached the sandbox, and the faults that they met.
func (s *soak) seen() (total int, faults map[string]int) {
	r := httptest.NewRequest(http.MethodGet, "/_sandbox/requests?limit=0", nil)
	answer := httptest.NewRecorder()
	s.API().ServeHTTP(answer, r)
	var found struct {
		Total  int
		Faults map[string]int
	}
	_ = json.Unmarshal(answer.Body.Bytes(), &found)
	return found.Total, found.Faults
}

// command is the program in the root folder.
func (s *soak) command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), s.binary, args...)
	cmd.Env, cmd.Dir = s.env, s.root
	return cmd
}

// ends runs a command until it ends well: again where it was killed, so many times, where
// it ended as temporary, and a sync where a report failed.
func (s *soak) ends(t *testing.T, kills int, args ...string) (stdout string) {
	t.Helper()
	for tries := 0; tries < 20; {
		var out, said bytes.Buffer
		cmd := s.command(t, args...)
		cmd.Stdout, cmd.Stderr = &out, &said
		if err := cmd.Start(); err != nil {
			t.Error(err)
			return ""
		}
		s.runs.Add(1)
		late := time.AfterFunc(time.Duration(rand.IntN(1500))*time.Millisecond, func() {
			if kills > 0 {
				_ = cmd.Process.Kill()
			}
		})
		err := cmd.Wait()
		late.Stop()
		switch code := cmd.ProcessState.ExitCode(); {
		case err == nil:
			return out.String()
		case code < 0 && kills > 0:
			kills--
			s.kills.Add(1)
		case code == 5, code == 6 && args[1] == "sync", code == 8, code == 9:
			tries++
			s.again.Add(1)
		default:
			t.Errorf("chargectl %v: %v\n%s", args, err, said.Bytes())
			return ""
		}
	}
	t.Errorf("chargectl %v never ended well", args)
	return ""
}

// listen starts a listener that reads the list every few seconds, for what no event tells of.
func (s *soak) listen(t *testing.T, name string) *exec.Cmd {
	t.Helper()
	cmd := s.command(t, "webhooks", "listen", "--dir", name, "--secret-file", s.secret[name], "--addr", s.addr[name], "--catch-up", s.catchUp, "--quiet")
	cmd.Stdout, cmd.Stderr = s.told[name], s.said[name]
	if err := cmd.Start(); err != nil {
		t.Error(err)
	}
	return cmd
}

// round has all work at once and holds the folders to the server; a small one kills nobody.
func (s *soak) round(t *testing.T, kill bool) {
	t.Helper()
	kills := func(most int) int {
		if !kill {
			return 0
		}
		return rand.IntN(most + 1)
	}
	s.rounds++
	const days, fleets = 2, 3
	var all sync.WaitGroup
	for _, dir := range []string{"here", "there"} {
		all.Go(func() {
			s.ends(t, kills(3), append(s.scope("sync", dir), "--interval", "1s", "--receipts")...)
		})
	}
	ids := make([]string, 5)
	all.Go(func() {
		for i := range ids {
			for tries := 0; ids[i] == "" || s.failed(ids[i]); tries++ {
				key := fmt.Sprintf("soak-%d-%d-%d", s.rounds, i, tries)
				ids[i] = strings.TrimSpace(s.ends(t, kills(1), "reports", "create", "--type", "charging_summary", "--period", "2026-04", "--idempotency-key", key))
				if t.Failed() {
					return
				}
			}
		}
		s.ends(t, kills(2), append([]string{"reports", "wait", "--interval", "1s"}, ids...)...)
		s.ends(t, kills(2), append([]string{"reports", "download", "--dir", "own"}, ids...)...)
	})
	all.Go(func() {
		for range kills(2) {
			<-time.After(time.Duration(rand.IntN(1500)) * time.Millisecond)
			_ = s.restless.Process.Kill()
			_ = s.restless.Wait()
			s.kills.Add(1)
			s.restless = s.listen(t, "restless")
		}
	})
	all.Wait()
	s.own, s.asked = append(s.own, ids...), s.asked+days*fleets+len(ids)
	s.check(t)
}

// failed tells whether a report ends as failed.
func (s *soak) failed(id string) bool {
	return slices.ContainsFunc(s.Created(), func(r sandbox.Creation) bool { return r.ID == id && r.Status == "failed" })
}

// scope is a command about the days of all rounds until now, two more with each.
func (s *soak) scope(verb, dir string) []string {
	first := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	return []string{
		"reports", verb, "--type", "charging_summary", "--all-fleets", "--every", "day", "--since", first.Format(time.DateOnly),
		"--until", first.AddDate(0, 0, 2*s.rounds-1).Format(time.DateOnly), "--dir", dir,
	}
}

// check counts what is lost, wrong and doubled. The listeners may take a while, for what they have to find in the list.
func (s *soak) check(t *testing.T) {
	t.Helper()
	reports := slices.DeleteFunc(s.Created(), func(r sandbox.Creation) bool { return r.Status == "failed" })
	s.doubled += max(0, len(reports)-s.asked)
	want := map[string]map[string][]byte{"here": {}, "there": {}, "own": {}, "steady": {}, "restless": {}}
	for _, r := range reports {
		file, _ := s.File(r.ID)
		for _, dir := range []string{"steady", "restless"} {
			want[dir][r.ID+".csv"] = file
		}
		if slices.Contains(s.own, r.ID) {
			want["own"][r.ID+".csv"] = file
			continue
		}
		for _, dir := range []string{"here", "there"} {
			want[dir]["charging_summary_"+r.Fleet+"_"+r.PeriodStart.Format(time.DateOnly)+".csv"] = file
		}
	}
	s.files = 0
	for dir, files := range want {
		complete := func() bool {
			return !slices.ContainsFunc(slices.Collect(maps.Keys(files)), func(name string) bool {
				_, err := os.Stat(filepath.Join(s.root, dir, name))
				return err != nil
			})
		}
		for tries := 0; tries < 4 && !await(complete); tries++ {
			continue
		}
		for name, file := range files {
			got, err := os.ReadFile(filepath.Join(s.root, dir, name))
			switch {
			case errors.Is(err, fs.ErrNotExist):
				s.lost++
				t.Errorf("round %d: %s/%s is lost", s.rounds, dir, name)
			case err != nil || !bytes.Equal(got, file):
				s.wrong++
				t.Errorf("round %d: %s/%s has %d bytes (%v), not the file's %d", s.rounds, dir, name, len(got), err, len(file))
			}
			s.files++
		}
		entries, _ := os.ReadDir(filepath.Join(s.root, dir))
		for _, entry := range entries {
			name := strings.TrimSuffix(entry.Name(), ".json") // a receipt
			if _, ok := files[name]; !ok && !strings.HasPrefix(name, ".chargectl.") {
				s.wrong++
				t.Errorf("round %d: %s/%s is left", s.rounds, dir, entry.Name())
			}
		}
	}
	if lines := strings.Count(s.told["steady"].String(), ".csv\n"); lines > len(reports) {
		s.doubled += lines - len(reports)
	}
	if s.doubled > 0 {
		t.Errorf("round %d: %d reports exist where %d were asked for, %d are doubled", s.rounds, len(reports), s.asked, s.doubled)
	}
}

// measure notes what the steady listener holds.
func (s *soak) measure(t *testing.T, pid int) {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatalf("the listener has ended: %s", s.said["steady"].String())
	}
	number := func(name string) int {
		found := regexp.MustCompile(name + `:\s+(\d+)`).FindSubmatch(status)
		if found == nil {
			return 0
		}
		n, _ := strconv.Atoi(string(found[1]))
		return n
	}
	open, _ := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	s.resident, s.thread, s.fds = append(s.resident, number("VmRSS")), append(s.thread, number("Threads")), append(s.fds, len(open))
}

// goroutines ends a listener and tells how many goroutines it had.
func (s *soak) goroutines(t *testing.T, listener *exec.Cmd, name string) int {
	t.Helper()
	_ = listener.Process.Signal(syscall.SIGQUIT)
	_ = listener.Wait()
	_, dump, _ := strings.Cut(s.said[name].String(), "SIGQUIT: quit")
	return len(regexp.MustCompile(`(?m)^goroutine \d+ .*\[`).FindAllString(dump, -1))
}

func (s *soak) String() string {
	requests, faults := s.seen()
	all, kinds := 0, ""
	for _, kind := range slices.Sorted(maps.Keys(faults)) {
		all += faults[kind]
		kinds += fmt.Sprintf(", %d %s", faults[kind], strings.TrimPrefix(kind, "chaos "))
	}
	return fmt.Sprintf("%d rounds, %d runs, %d of them again, %d kills, %d requests, %d faults (%s), %d reports, %d files; %d lost, %d wrong, %d doubled",
		s.rounds, s.runs.Load(), s.again.Load(), s.kills.Load(), requests, all, strings.TrimPrefix(kinds, ", "),
		len(s.Created()), s.files, s.lost, s.wrong, s.doubled)
}

// growth compares the halves of what was measured, and the goroutines of the listeners, one of which is young.
func (s *soak) growth(t *testing.T, old, young int) string {
	t.Helper()
	text := fmt.Sprintf("the listener has %d goroutines in the end, a young one %d", old, young)
	if old > young+40 { // connections are kept: some to the API, some of the server's

		t.Errorf("goroutines: %d where a young listener has %d", old, young)
	}
	for _, m := range []struct {
		name  string
		all   []int
		slack int
	}{{"kB resident", s.resident, 4000}, {"threads", s.thread, 4}, {"descriptors", s.fds, 4}} {
		half := len(m.all) / 2
		if half == 0 {
			return text
		}
		first, second := median(m.all[:half]), median(m.all[half:])
		text += fmt.Sprintf("; %s: %d in the first half, %d in the second", m.name, first, second)
		if second > first+m.slack {
			t.Errorf("%s: %d in the first half, %d in the second", m.name, first, second)
		}
	}
	return text
}

func median(of []int) int {
	sorted := slices.Sorted(slices.Values(of))
	return sorted[len(sorted)/2]
}
