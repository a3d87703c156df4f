//go:build unix

package main

import (
	"flag"
	"fmt"
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
	"testing"
	"time"
	"unicode/utf8"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/sandbox"
)

var update = flag.Bool("update", false, "write docs/screens.md instead of comparing it")

const generationTime = 4 * time.Second

const (
	screensPage = "../../docs/screens.md"
	keepingPage = "../../docs/keeping.md"
)

// TestScreens holds docs/screens.md, and the picture in docs/keeping.md, to what the program shows at terminals of 40, 80 and 120 columns:
//
//	go test ./cmd/chargectl -run TestScreens -update
//
// writes both anew. What differs from run to run (instants of today, rates, ports) is replaced by one of its kind.
func TestScreens(t *testing.T) {
	t.Parallel()
	binary := build(t)
	scenes := scenes()
	shots := make([][]string, len(scenes))
	t.Run("at", func(t *testing.T) {
		for n, s := range scenes {
			shots[n] = make([]string, len(widths))
			for w, width := range widths {
				t.Run(fmt.Sprintf("%s/%d", s.title, width), func(t *testing.T) {
					t.Parallel()
					shots[n][w] = newScreenTest(t, binary, width).play(s)
				})
			}
		}
	})
	page := &strings.Builder{}
	page.WriteString("# Screens\n\nWhat the program shows at a terminal. This page is made by the program: " +
		"`go test ./cmd/chargectl -run TestScreens -update`.\n")
	for n, s := range scenes {
		fmt.Fprintf(page, "\n## %s\n\n%s\n", s.title, s.about)
		for w, width := range widths {
			fmt.Fprintf(page, "\n%d columns:\n\n```text\n%s```\n", width, shots[n][w])
		}
	}
	keepPage(t, screensPage, page.String())
	text, err := os.ReadFile(keepingPage)
	if err != nil {
		t.Fatal(err)
	}
	at := slices.IndexFunc(scenes, func(s scene) bool { return s.title == "reports check" })
	before, rest, _ := strings.Cut(string(text), "<!-- BEGIN grid -->\n")
	_, after, ok := strings.Cut(rest, "<!-- END grid -->\n")
	if !ok {
		t.Fatal("docs/keeping.md has no place for the grid")
	}
	grid, _, _ := strings.Cut(shots[at][1], "chargectl: ") // what follows is stderr
	keepPage(t, keepingPage, before+"<!-- BEGIN grid -->\n```text\n"+grid+"```\n<!-- END grid -->\n"+after)
}

// keepPage compares a page with what the program makes of it, or writes it.
func keepPage(t *testing.T, path, made string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(made), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	kept, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(kept), made); diff != "" {
		t.Errorf("%s is not what the program shows; see the comment of TestScreens (-page +program):\n%s", path, diff)
	}
}

var widths = []int{40, 80, 120}

// scene is a command line, what happens before it, and the moments at which its screen is kept. The last is its end.
type scene struct {
	title, about string
	faults       string
	env          []string
	before       [][]string // command lines whose screens are not kept
	flows        bool       // time passes with each request of them
	spoil        func(s *screenTest)
	unordered    bool // the order of results is another each time
	args         []string
	moments      []shown
	code         int
}

// shown is a moment: the last line of the screen matches. Then something goes on.
type shown struct {
	matches string
	then    func(s *screenTest)
}

// screenTest is a sandbox whose clock and files wait for the test, and a folder.
type screenTest struct {
	t      *testing.T
	binary string
	width  int
	dir    string
	env    []string

	addr string
	ids  []string
	keys *os.File

	created []int64 // how far ahead the clock was after each command before

	ahead atomic.Int64  // nanoseconds that the sandbox's clock was moved
	flows atomic.Bool   // whether it moves by a second with each request
	files chan struct{} // closed when files may go on after their first half
	once  sync.Once

	shots [][]string // what each moment showed, and the end, with its colours (drawn)
}

func newScreenTest(t *testing.T, binary string, width int) *screenTest {
	t.Helper()
	return &screenTest{t: t, binary: binary, width: width, dir: t.TempDir(), addr: freeAddr(t), files: make(chan struct{})}
}

// serve begins a sandbox that was two minutes and a little behind when it began: so reports are two minutes old.
func (s *screenTest) serve(c scene) {
	o := sandbox.Options{GenerationTime: generationTime}
	if c.faults != "" {
		fault, err := sandbox.ParseFault(c.faults)
		if err != nil {
			s.t.Fatal(err)
		}
		o.Faults = append(o.Faults, fault)
	}
	begun := time.Now().Add(-130 * time.Second).Truncate(time.Second)
	o.Clock = func() time.Time { return begun.Add(time.Duration(s.ahead.Load())) }
	server := sandbox.New(o)
	s.t.Cleanup(server.Close)
	origin := func(h http.Handler) string {
		listener := httptest.NewServer(h)
		s.t.Cleanup(listener.Close)
		return listener.URL
	}
	api := origin(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.flows.Load() {
			s.ahead.Add(int64(time.Second))
		}
		server.API().ServeHTTP(w, r)
	}))
	server.SetOrigins(api+"/v1", origin(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		server.Files().ServeHTTP(&halved{ResponseWriter: w, goOn: s.files}, r)
	})))
	s.t.Cleanup(s.release) // or the servers would wait for ever
	home := s.t.TempDir()
	s.env = []string{
		"HOME=" + home, "PATH=/usr/bin:/bin", "TZ=UTC", "TERM=xterm-256color", "LANG=C.UTF-8",
		"CHARGE_API_KEY=ch_sk_test_screens", "CHARGE_BASE_URL=" + api + "/v1",
	}
	for _, e := range c.env {
		s.env = append(s.env, strings.ReplaceAll(e, "@ADDR", s.addr))
	}
}

// halved is a response that all but stops after 10,000 bytes.
type halved struct {
	http.ResponseWriter

	goOn <-chan struct{}
	sent int
}

func (h *halved) Write(p []byte) (int, error) {
	const half = 10_000
	written, trickle := 0, time.NewTicker(50*time.Millisecond)
	defer trickle.Stop()
	for written < len(p) {
		n := len(p) - written
		select {
		case <-h.goOn:
		default:
			if n = min(n, half-h.sent); n <= 0 {
				n = 1
				select {
				case <-h.goOn:
				case <-trickle.C:
				}
			}
		}
		n, err := h.ResponseWriter.Write(p[written : written+n])
		written, h.sent = written+n, h.sent+n
		if err != nil {
			return written, err
		}
		if h.sent >= half {
			_ = http.NewResponseController(h.ResponseWriter).Flush()
		}
	}
	return written, nil
}

// finish has every report succeed, finishNext the oldest that has not, and release has files go on.
func (s *screenTest) finish() { s.ahead.Add(int64(10 * time.Second)) }

func (s *screenTest) finishNext() {
	s.ahead.Store(s.created[0] + int64(generationTime))
	s.created = s.created[1:]
}

func (s *screenTest) release() { s.once.Do(func() { close(s.files) }) }

// spoil does to a folder what disks and people do.
func (s *screenTest) spoil() {
	file := func(period string, fleet int) string {
		files, err := filepath.Glob(filepath.Join(s.dir, "reports", "*_"+period+".csv"))
		if err != nil || len(files) <= fleet {
			s.t.Fatalf("there is no file %d of %s: %v", fleet, period, err)
		}
		return files[fleet]
	}
	text, err := os.ReadFile(file("2025-03", 0))
	if err == nil {
		text[40] ^= 1
		err = os.WriteFile(file("2025-03", 0), text, 0o600)
	}
	other, readErr := os.ReadFile(file("2025-08", 1) + ".json")
	for _, err := range []error{
		err, readErr, os.Truncate(file("2025-11", 0), 1000), os.Remove(file("2026-02", 2)), os.WriteFile(file("2025-09", 1)+".json", other, 0o600),
	} {
		if err != nil {
			s.t.Fatal(err)
		}
	}
}

// interrupt presses Ctrl-C.
func (s *screenTest) interrupt() { _, _ = s.keys.WriteString("\x03") }

// words are a command line with what it stands for.
func (s *screenTest) words(args []string) []string {
	var all []string
	for _, arg := range args {
		if n, err := strconv.Atoi(strings.TrimPrefix(arg, "@")); err == nil && n <= len(s.ids) && strings.HasPrefix(arg, "@") {
			arg = s.ids[n-1]
		}
		all = append(all, strings.ReplaceAll(arg, "@ADDR", s.addr))
	}
	return all
}

func (s *screenTest) play(c scene) string {
	s.serve(c)
	if len(c.moments) == 0 || len(c.before) > 0 {
		s.release()
	}
	s.flows.Store(c.flows)
	for _, args := range c.before {
		cmd := exec.CommandContext(s.t.Context(), s.binary, s.words(args)...)
		cmd.Dir, cmd.Env = s.dir, s.env
		out, err := cmd.Output()
		if err != nil {
			s.t.Fatalf("%q: %v\n%s", args, err, out)
		}
		s.created = append(s.created, s.ahead.Load())
		s.ids = append(s.ids, strings.Fields(string(out))...)
		s.ids = slices.DeleteFunc(s.ids, func(id string) bool { return !strings.HasPrefix(id, "rpt_") })
	}
	s.flows.Store(false)
	if c.spoil != nil {
		c.spoil(s)
	}
	args := s.words(c.args)
	cmd := exec.CommandContext(s.t.Context(), s.binary, args...)
	cmd.Dir, cmd.Env = s.dir, s.env
	screen, err := pty.StartWithSize(cmd, &pty.Winsize{Rows: 24, Cols: uint16(s.width)})
	if err != nil {
		s.t.Skipf("no pseudo terminal here: %v", err)
	}
	s.keys = screen
	var seen safeBuffer
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		buffer := make([]byte, 4096)
		for {
			n, err := screen.Read(buffer)
			_, _ = seen.Write(buffer[:n])
			if err != nil {
				return
			}
		}
	}()
	// How long the folder's name is, and so where lines end, is another on each machine.
	said := func() string { return strings.ReplaceAll(seen.String(), s.dir, "/srv/chargectl") }
	var page strings.Builder
	fmt.Fprintf(&page, "$ chargectl %s\n", s.stable([]string{commandLine(args)}))
	for _, m := range c.moments {
		matches := regexp.MustCompile(m.matches)
		var lines []string
		if !await(func() bool {
			lines = wrapped(said(), s.width)
			return len(lines) > 0 && matches.MatchString(lines[len(lines)-1])
		}) {
			s.t.Fatalf("%s did not come; the screen is\n%s", m.matches, strings.Join(lines, "\n"))
		}
		fmt.Fprintf(&page, "%s\n\n", s.stable(lines))
		s.keep(said())
		m.then(s)
	}
	<-ended
	_ = cmd.Wait()
	if code := cmd.ProcessState.ExitCode(); code != c.code {
		s.t.Errorf("exit code %d, want %d; the screen is\n%s", code, c.code, seen.String())
	}
	s.keep(said())
	lines := wrapped(said(), s.width)
	if c.unordered {
		lines = slices.Concat([]string{"…"}, lines[len(lines)-1:])
	}
	fmt.Fprintf(&page, "%s\n", s.stable(lines))
	return page.String()
}

func (s *screenTest) keep(text string) {
	s.shots = append(s.shots, strings.Split(s.stable(drawn(text, s.width)), "\n"))
}

func commandLine(args []string) string {
	if len(args) > 20 {
		args = slices.Concat(args[:4], []string{"…"})
	}
	quoted := make([]string, len(args))
	for n, arg := range args {
		if quoted[n] = arg; strings.ContainsAny(arg, " {") {
			quoted[n] = "'" + arg + "'"
		}
	}
	return strings.Join(quoted, " ")
}

// stable is a screen with one of its kind for each thing that is another in each run.
func (s *screenTest) stable(lines []string) string {
	const first, last = 8, 4
	if left := len(lines) - first - last; left > 1 {
		lines = slices.Concat(lines[:first], []string{fmt.Sprintf("… %d lines …", left)}, lines[len(lines)-last:])
	}
	text := strings.Join(lines, "\n")
	for _, r := range []struct{ pattern, with string }{
		{`[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]`, "⠋"},
		{`127\.0\.0\.1:\d+(\n?)\d*`, "127.0.0.1:4010$1"},
		{regexp.QuoteMeta(time.Now().UTC().Format(time.DateOnly)) + `T[0-9:]+(\.[0-9]+)?Z`, "2026-05-02T06:00:00Z"},
		{`req_[A-Za-z0-9]+`, "req_Pc2VSTrVYCU6Ag7e"},
		{`\b10\.\d of`, "10.0 of"},
		{` *\b[0-9.]+ [kM]?B/s`, "   20 kB/s"},
		{`\b[0-9hms]+ to go`, "2s to go"},
		{`\b(waiting|waited) for [0-9]+s`, "$1 for 2s"},
		{`(?m)\bin (under )?[0-9]+s$`, "in 3s"},
	} {
		text = regexp.MustCompile(r.pattern).ReplaceAllString(text, r.with)
	}
	return text
}

// wrapped is what a terminal of so many columns shows after it got this text.
func wrapped(text string, width int) []string {
	lines := drawn(text, width)
	for n, line := range lines {
		lines[n] = strings.Map(func(r rune) rune {
			if r >= plain && r < plain+100 {
				return -1
			}
			return r
		}, line)
	}
	return lines
}

// plain begins text without a style; plain+N begins text in the style that ECMA-48 numbers N, such as 31 for red.
const plain = '\ue000'

type cell struct{ r, style rune }

// drawn is wrapped, and where a style begins there is a rune for it.
func drawn(text string, width int) []string {
	rows, row, col, style := [][]cell{nil}, 0, 0, plain
	down := func() {
		if row++; row == len(rows) {
			rows = append(rows, nil)
		}
	}
	sequence := regexp.MustCompile(`^\x1b\[[?0-9;]*[@-~]`)
	for text != "" {
		if found := sequence.FindString(text); found != "" {
			switch {
			case found == "\x1b[K":
				rows[row] = rows[row][:min(col, len(rows[row]))]
			case found == "\x1b[A":
				row = max(0, row-1)
			case strings.HasSuffix(found, "m"):
				n, _ := strconv.Atoi(found[2 : len(found)-1])
				style = plain + rune(n)
			}
			text = text[len(found):]
			continue
		}
		r, size := utf8.DecodeRuneInString(text)
		text = text[size:]
		switch r {
		case '\r':
			col = 0
		case '\n':
			down()
		case 0x1b: // the begin of a sequence whose end has not come
		default:
			if col == width {
				down()
				col = 0
			}
			rows[row] = append(rows[row][:min(col, len(rows[row]))], cell{r, style})
			col++
		}
	}
	lines := make([]string, 0, len(rows))
	for _, row := range rows {
		lines = append(lines, written(row))
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}

// written is a row as text, without the spaces at its end.
func written(row []cell) string {
	for len(row) > 0 && row[len(row)-1].r == ' ' {
		row = row[:len(row)-1]
	}
	var line strings.Builder
	style := plain
	for _, c := range row {
		if c.style != style {
			style = c.style
			line.WriteRune(style)
		}
		line.WriteRune(c.r)
	}
	return line.String()
}

// scenes are the main screens. A word @N is the id of the N-th report that was created before, a word @ADDR a free address.
func scenes() []scene {
	finish, release := (*screenTest).finish, (*screenTest).release
	create := []string{"reports", "create", "--type", "charging_summary", "--period"}
	sync := []string{"reports", "sync", "--type", "charging_summary", "--since", "2023-01", "--until", "2025-12", "--dir", "reports", "--jobs", "1"}
	folder := []string{"reports", "sync", "--type", "charging_summary", "--since", "2025-01", "--until", "2026-05", "--as-of", "2026-05-02", "--all-fleets", "--dir", "reports"}
	three := [][]string{append(create[:5:5], "2026-01"), append(create[:5:5], "2026-02"), append(create[:5:5], "2026-03", "--fleet", "Lord Howe Shuttles")}
	var thirty [][]string
	waitForThirty := []string{"reports", "wait"}
	for n := range 30 {
		thirty = append(thirty, append(create[:5:5], fmt.Sprintf("2026-03-%02d", n+1)))
		waitForThirty = append(waitForThirty, fmt.Sprintf("@%d", n+1))
	}
	download := append(create[:5:5], "2026-04", "--download")
	return []scene{
		{
			title: "reports create --download", about: "One report, from the request to its file.",
			args:    append(download[:7:7], "--fleet", "Lord Howe Shuttles", "--timezone", "fleet", "-o", "april.csv"),
			moments: []shown{{`waiting for 2s`, finish}, {`to go$`, release}},
		},
		{title: "reports create", about: "One report, and what comes next.", args: append(create[:5:5], "2026-04")},
		{
			title: "reports wait for 3", about: "Three reports, of which each ends by itself.", flows: true,
			before: three, args: []string{"reports", "wait", "@1", "@2", "@3"},
			moments: []shown{
				{`0 of 3 done, (2 processing, 1 pending|waiting)`, (*screenTest).finishNext},
				{`1 of 3 done, (1 processing, 1 pending|waiting)`, (*screenTest).finishNext},
				{`2 of 3 done, (1 processing|waiting)`, finish},
			},
		},
		{
			title: "reports wait for 30", about: "Thirty reports. They end in any order, so what is told of each is left out here.",
			before: thirty, args: waitForThirty, unordered: true,
			moments: []shown{{`waiting for 2s`, finish}},
		},
		{
			title: "reports sync of 36 months", about: "A folder of three years.", args: sync,
			moments: []shown{{`waiting for 2s`, func(s *screenTest) { s.release(); s.finish() }}},
		},
		{title: "reports sync again", about: "Nothing is missing.", flows: true, before: [][]string{sync}, args: sync},
		{title: "reports sync --dry-run", about: "What a sync would do.", args: append(sync[:len(sync):len(sync)], "--dry-run")},
		{
			title: "reports check", about: "A folder in which one file was cut, one changed and one removed, and one has the receipt of another.", flows: true,
			before: [][]string{append(folder[:len(folder):len(folder)], "--receipts")}, spoil: (*screenTest).spoil,
			args: append([]string{"reports", "check"}, folder[2:]...), code: 7,
		},
		{title: "reports list", about: "All reports, newest first.", flows: true, before: three, args: []string{"reports", "list"}},
		{title: "reports list --status", about: "Nothing matches.", before: three, args: []string{"reports", "list", "--status", "failed"}},
		{title: "reports get", about: "One report.", flows: true, before: three, args: []string{"reports", "get", "@3"}},
		{title: "fleets list", about: "Names, and where they are.", args: []string{"fleets", "list"}},
		{
			title: "webhooks listen", about: "A listener that is told of one report, and then ended with Ctrl-C.",
			before: [][]string{
				{"webhooks", "register", "--url", "http://@ADDR/", "--secret-file", "secret"}, append(create[:5:5], "2026-04"),
			},
			args:    []string{"webhooks", "listen", "--dir", "reports", "--secret-file", "secret", "--addr", "@ADDR"},
			moments: []shown{{`^listening|files go to|reports$`, finish}, {`kB|\(rpt_`, (*screenTest).interrupt}},
			code:    130,
		},
		{
			title: "no key", about: "The error names the variables to set.", env: []string{"CHARGE_API_KEY="}, args: []string{"reports", "list"}, code: 4,
		},
		{title: "a mistyped period", about: "What was meant is suggested.", args: append(create[:5:5], "lst-month"), code: 2},
		{title: "a mistyped command", about: "What was meant is a command that runs.", args: []string{"sync", "--period", "2026-04"}, code: 2},
		{
			title: "a failed report", about: "It is named, and so is what shows more.", faults: "fails", args: download, moments: []shown{{`waiting for 2s`, finish}}, code: 6,
		},
		{
			title: "a file of another size", about: "Nothing is written under the file's name.", faults: "wrong-size", args: download,
			moments: []shown{{`waiting for 2s`, func(s *screenTest) { s.release(); s.finish() }}}, code: 7,
		},
		{
			title: "no network", about: "One cause is one line, however many items it concerns.",
			env: []string{"CHARGE_BASE_URL=http://@ADDR/v1"}, args: append(sync[:len(sync):len(sync)], "--timeout", "2s", "--as-of", "2026-05-02"), code: 8,
		},
		{
			title: "Ctrl-C", about: "The command that continues is told.", args: download,
			moments: []shown{{`waiting for 2s`, (*screenTest).interrupt}}, code: 130,
		},
	}
}
