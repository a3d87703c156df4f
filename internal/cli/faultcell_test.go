package cli

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/disk"
	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/sandbox/inproc"
	"github.com/chargectl/chargectl/internal/term"
)

// column is a command of the fault table.
type column struct {
	name   string
	line   string   // ID is a report that exists, DIR the folder for files
	file   string   // the name its file gets in DIR, empty when it writes none
	result string   // stdout when all went well; ID is the report, DIR the folder
	among  []string // what is in DIR beside the file, then and later
}

// asks says that the command makes the report by itself.
func (c column) asks() bool { return !strings.Contains(c.line, "ID") }

func columns() []column {
	const create, sync = "reports create --type charging_summary --period 1999-12", "reports sync --type charging_summary --period 1999-12 --dir DIR --timeout 10m"
	const monthly = "charging_summary_1999-12.csv"
	return []column{
		{name: "create", line: create, result: "ID\n"},
		{name: "create --wait", line: create + " --wait --timeout 10m", result: "ID\tsucceeded\n"},
		{name: "create --download", line: create + " --download --dir DIR -o december.csv --timeout 10m", file: "december.csv", result: "DIR/december.csv\n"},
		{name: "wait", line: "reports wait ID --timeout 10m", result: "ID\tsucceeded\n"},
		{name: "download", line: "reports download ID --dir DIR --timeout 10m", file: "ID.csv", result: "DIR/ID.csv\n"},
		{name: "sync", line: sync, file: monthly, result: "DIR/" + monthly + "\n", among: []string{".chargectl.lock"}},
		{name: "sync --receipts", line: sync + " --receipts", file: monthly, result: "DIR/" + monthly + "\n", among: []string{".chargectl.lock", monthly + ".json"}},
	}
}

// cell is one of the table: a command line against a sandbox of its own, with one fault at one moment.
type cell struct {
	column

	t         *testing.T
	sandbox   *sandbox.Sandbox
	honest    http.RoundTripper
	dir       string
	given     string // the report that existed before
	reports   int    // as many may there be
	ctx       context.Context
	signal    context.CancelCauseFunc
	out       func(io.Writer) io.Writer // what becomes of stdout and stderr; nil is nothing
	err       func(io.Writer) io.Writer
	disk      disk.System
	mute      bool              // nothing can be read on stderr
	json      bool              // the command line asks for JSON
	variables map[string]string // of the environment, beside the key
	hinted    bool              // the command that runs is the one that a hint named

	mu     sync.Mutex
	act    act
	moment moment
	left   int // how often it happens yet
	files  int // requests to the file host so far
}

// inCell runs a test of its own, in virtual time and beside others, with a sandbox that has these faults.
func inCell(t *testing.T, name string, col column, faults []sandbox.Fault, check func(c *cell)) {
	t.Helper()
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			check(newCell(t, col, sandbox.New(sandbox.Options{Vehicles: 20, Faults: faults})))
		})
	})
}

func newCell(t *testing.T, col column, s *sandbox.Sandbox) *cell {
	t.Helper()
	c := &cell{column: col, t: t, sandbox: s, reports: 1, honest: inproc.Transport(s), dir: t.TempDir()}
	c.ctx, c.signal = context.WithCancelCause(t.Context())
	if !col.asks() {
		code, stdout, stderr := c.run(t.Context(), strings.Fields(columns()[0].line))
		if code != 0 {
			t.Fatalf("the report that there is to be: %d, %s", code, stderr)
		}
		c.given = strings.TrimSpace(stdout)
	}
	return c
}

// args is the command line, with what stands for the report and the folder filled in.
func (c *cell) args() []string {
	args := strings.Fields(c.line)
	if c.json {
		args = append(args, "--json")
	}
	for i, arg := range args {
		args[i] = strings.NewReplacer("ID", c.given, "DIR", c.dir).Replace(arg)
	}
	return args
}

// run is one invocation of the program.
func (c *cell) run(ctx context.Context, args []string) (code int, stdout, stderr string) {
	var out, err safeBuffer
	app := &App{
		streams: term.Streams{In: strings.NewReader(""), Out: wrapped(c.out, &out), Err: wrapped(c.err, &err), Width: 80},
		env: config.Env{
			Lookup: func(name string) (string, bool) {
				if name == "CHARGE_API_KEY" {
					return faultKey, true
				}
				value, ok := c.variables[name]
				return value, ok
			},
			Home: func() (string, error) { return "", os.ErrNotExist },
			GOOS: runtime.GOOS,
		},
		args: args, build: build{Version: "1.2.3"}, network: c, disk: c.disk,
	}
	code = app.run(ctx)
	return code, out.String(), err.String()
}

const faultKey = "ch_sk_test_FaultTable0123456789"

func wrapped(wrap func(io.Writer) io.Writer, w io.Writer) io.Writer {
	if wrap == nil {
		return w
	}
	return wrap(w)
}

// safeBuffer may be written by a command that was left behind while it is read.
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

// RoundTrip decides whether this is the moment.
func (c *cell) RoundTrip(req *http.Request) (*http.Response, error) {
	if c.isMoment(req) {
		return c.act(c, req)
	}
	resp, err := c.honest.RoundTrip(req)
	if err != nil || !ofFileHost(req) {
		return resp, err
	}
	return c.lead(resp), nil
}

func ofFileHost(req *http.Request) bool { return req.URL.Host == "files.chargeapi.co" }

func (c *cell) isMoment(req *http.Request) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	file := ofFileHost(req)
	if file {
		c.files++
	}
	var now bool
	switch c.moment {
	case creating:
		now = req.Method == http.MethodPost
	case polling:
		now = !file && req.Method == http.MethodGet
	case linking:
		now = !file && req.Method == http.MethodGet && c.files > 0
	case firstByte, renaming:
		now = file
	case midway, lastByte:
		now = file && c.files > 1
	}
	if !now || c.left == 0 {
		return false
	}
	c.left--
	return true
}

// lead makes the first answer of the file host one that leads to the moment.
func (c *cell) lead(resp *http.Response) *http.Response {
	c.mu.Lock()
	defer c.mu.Unlock()
	expired := c.moment == linking && c.left > 0 // no link works as long as no fresh one comes
	if c.files > 1 && !expired {
		return resp
	}
	switch c.moment {
	case linking:
		_ = resp.Body.Close()
		return reply(resp.Request, 403, "this link has expired")
	case midway:
		return short(resp, resp.ContentLength/2, io.ErrUnexpectedEOF)
	case lastByte:
		return short(resp, resp.ContentLength-1, io.ErrUnexpectedEOF)
	}
	return resp
}

// target is where the file is to be. Before the report is known, its name is known only where it is not the report's.
func (c *cell) target() string { return filepath.Join(c.dir, c.fill(c.file)) }

// fill puts the report and the folder into a text.
func (c *cell) fill(text string) string {
	id := c.given
	if made := c.sandbox.Created(); id == "" && len(made) > 0 {
		id = made[len(made)-1].ID
	}
	return strings.NewReplacer("ID", id, "DIR/", c.dir+string(filepath.Separator)).Replace(text)
}

// runWithFault runs the command while the fault is there.
func (c *cell) runWithFault(want int) (stderr string) {
	c.t.Helper()
	code, stdout, stderr := c.run(c.ctx, c.args())
	time.Sleep(unwinding) // what a signal left behind comes to its end
	c.wantCode(want, code, c.args(), stderr)
	c.wantState(code, stdout, stderr)
	return stderr
}

// wantEnd runs another command, which no signal reaches.
func (c *cell) wantEnd(want int, args []string) {
	c.t.Helper()
	code, stdout, stderr := c.run(c.t.Context(), args)
	c.wantCode(want, code, args, stderr)
	c.wantState(code, stdout, stderr)
}

func (c *cell) wantCode(want, code int, args []string, stderr string) {
	c.t.Helper()
	if code != want {
		c.t.Fatalf("%q: exit %d, want %d; stderr:\n%s", args, code, want, stderr)
	}
}

// removeFault takes the fault away.
func (c *cell) removeFault() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.left, c.files = 0, 2 // nothing leads to a moment any more
	c.out, c.err, c.mute, c.disk = nil, nil, false, disk.System{}
	if info, err := os.Lstat(c.target()); c.file != "" && err == nil && info.IsDir() {
		_ = os.Remove(c.target())
	}
}

// continueAfter does what a person or a scheduler does next, once the fault is gone: what the hint says, and where there is none
// the same again; then all must be well.
func (c *cell) continueAfter(code int, stderr string) {
	c.t.Helper()
	args, hinted := c.hint(stderr)
	if !hinted && !c.mute && repeats(code) {
		c.t.Errorf("after %d nothing says how to continue:\n%s", code, stderr)
	}
	if !hinted {
		args = c.again()
	}
	c.hinted = hinted
	c.removeFault()
	c.wantEnd(0, args)
}

// again is the same command, under the key that it used where it made a report.
func (c *cell) again() []string {
	args := c.args()
	if made := c.sandbox.Created(); strings.HasPrefix(c.name, "create") && len(made) > 0 {
		args = append(args, "--idempotency-key", made[0].IdempotencyKey)
	}
	return args
}

// hint is the command that stderr says to continue with.
func (c *cell) hint(stderr string) (args []string, ok bool) {
	c.t.Helper()
	if c.json {
		args = shellWords(c.errorObject(stderr).Resume)
		return args[min(1, len(args)):], len(args) > 0
	}
	lines := regexp.MustCompile(`(?m)^hint: continue with: (.*)$`).FindAllStringSubmatch(stderr, -1)
	if len(lines) == 0 {
		return nil, false
	}
	if len(lines) > 1 {
		c.t.Errorf("more than one hint says how to continue:\n%s", stderr)
	}
	args = shellWords(lines[0][1])
	if args[0] != "chargectl" {
		c.t.Errorf("the hint runs %q", args[0])
	}
	return args[1:], true
}

// problem is as much of the error object as the table checks.
type problem struct {
	ExitCode  int `json:"exit_code"`
	Retryable bool
	Resume    string
}

// errorObject is the last line of stderr of a command that was asked for JSON; every other line is JSON too.
func (c *cell) errorObject(stderr string) (last problem) {
	c.t.Helper()
	for line := range strings.Lines(stderr) {
		last = problem{}
		if err := json.Unmarshal([]byte(line), &last); err != nil {
			c.t.Errorf("stderr has a line that is no JSON: %q", line)
		}
	}
	return last
}

// shellWords splits a command line as a shell does that finds single quotes and backslashes in it.
func shellWords(line string) (all []string) {
	var word []rune
	quoted, escaped, open := false, false, false
	for _, r := range line + " " {
		switch {
		case escaped:
			word, escaped = append(word, r), false
		case r == '\'':
			quoted, open = !quoted, true
		case quoted:
			word = append(word, r)
		case r == '\\':
			escaped, open = true, true
		case r != ' ':
			word, open = append(word, r), true
		case open:
			all, word, open = append(all, string(word)), nil, false
		}
	}
	return all
}

// wantState checks what a run leaves: on stdout the result alone, on disk the whole file or nothing under its name, at
// the API one report, and nowhere the key.
func (c *cell) wantState(code int, stdout, stderr string) {
	c.t.Helper()
	if n := len(c.sandbox.Created()); n > c.reports {
		c.t.Errorf("%d reports, want %d at most", n, c.reports)
	}
	if strings.Contains(stdout+stderr, faultKey) || c.sandbox.LeakedKeys() > 0 {
		c.t.Errorf("the key was shown, %d times to the file host", c.sandbox.LeakedKeys())
	}
	c.wantResult(code, stdout)
	names := c.listed()
	if code == 0 || slices.Contains(names, c.fill(c.file)) {
		c.wantFile()
	}
	for _, name := range names {
		known := name == c.fill(c.file) || slices.Contains(c.among, name)
		if part := code != 0 && c.file != "" && strings.HasPrefix(name, c.fill(c.file)+".part"); !known && !part {
			c.t.Errorf("after %d there is %s", code, name)
		}
	}
}

// wantResult holds stdout to the result: whole after 0, otherwise nothing, or the last status of a report that was
// waited for.
func (c *cell) wantResult(code int, stdout string) {
	c.t.Helper()
	if c.json {
		// A file that is there needs no report.
		named := strings.Contains(stdout, c.fill("ID")) || c.file != "" && strings.Contains(stdout, c.fill(c.file))
		if code == 0 && !named || stdout != "" && !json.Valid([]byte(stdout)) && !c.hinted {
			c.t.Errorf("after %d stdout is %q", code, stdout)
		}
		return
	}
	if code == 0 && c.out == nil && !c.isResult(stdout) {
		c.t.Errorf("stdout is %q, want %q", stdout, c.fill(c.result))
	}
	status := regexp.MustCompile(`^(rpt_\w+\t[a-z]+\n)?$`)
	if code != 0 && stdout != c.fill(c.result) && !(strings.HasSuffix(c.name, "wait") && status.MatchString(stdout)) && stdout != "" {
		c.t.Errorf("after %d stdout is %q", code, stdout)
	}
}

// isResult takes the row of the report that a hint led to for the result of a bare create too.
func (c *cell) isResult(stdout string) bool {
	return stdout == c.fill(c.result) || c.hinted && c.name == "create" && strings.HasPrefix(stdout, c.fill("ID\t"))
}

func (c *cell) listed() (names []string) {
	c.t.Helper()
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		c.t.Fatal(err)
	}
	for _, entry := range entries {
		if !entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	return names
}

// wantFile checks that the file, where the command has one, is the report's to the last byte.
func (c *cell) wantFile() {
	c.t.Helper()
	created := c.sandbox.Created()
	if len(created) == 0 {
		c.t.Error("there is no report")
		return
	}
	if c.file == "" {
		return
	}
	want, _ := c.sandbox.File(created[len(created)-1].ID)
	got, err := os.ReadFile(c.target())
	if err != nil || !bytes.Equal(got, want) {
		c.t.Errorf("%d bytes of %d, error %v", len(got), len(want), err)
	}
	if receipt := c.file + ".json"; slices.Contains(c.among, receipt) {
		text, err := os.ReadFile(filepath.Join(c.dir, receipt))
		if sum := fmt.Sprintf("%x", sha256.Sum256(want)); err != nil || !bytes.Contains(text, []byte(sum)) {
			c.t.Errorf("the receipt does not have the SHA-256 %s, error %v: %s", sum, err, text)
		}
	}
}
