package cli

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/api"
	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/reports"
	"github.com/chargectl/chargectl/internal/sandbox"
	"github.com/chargectl/chargectl/internal/sandbox/inproc"
)

// world is one cell of the table: the program against a sandbox, with one fault in one phase.
type world struct {
	t       *testing.T
	sandbox *sandbox.Sandbox
	honest  http.RoundTripper
	dir     string
	ctx     context.Context
	stop    context.CancelCauseFunc

	mu    sync.Mutex
	fault fault
	phase phase
	left  int // how often it happens yet
	files int // requests to the file host so far
}

func newWorld(t *testing.T, f fault, p phase, times int) *world {
	t.Helper()
	s := sandbox.New(sandbox.Options{Vehicles: 20})
	w := &world{t: t, sandbox: s, honest: inproc.Transport(s), dir: t.TempDir(), fault: f, phase: p, left: times}
	w.ctx, w.stop = context.WithCancelCause(t.Context())
	return w
}

// RoundTrip decides whether this is the moment.
func (w *world) RoundTrip(req *http.Request) (*http.Response, error) {
	if w.strikes(req) {
		return w.fault.happen(w, req)
	}
	resp, err := w.honest.RoundTrip(req)
	if err != nil || req.URL.Host != "files.chargeapi.co" {
		return resp, err
	}
	return w.lead(resp), nil
}

func (w *world) strikes(req *http.Request) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	file := req.URL.Host == "files.chargeapi.co"
	if file {
		w.files++
	}
	var now bool
	switch w.phase {
	case creating:
		now = req.Method == http.MethodPost
	case polling:
		now = !file && req.Method == http.MethodGet
	case linking:
		now = !file && req.Method == http.MethodGet && w.files > 0
	case firstByte, renaming:
		now = file
	case midway, lastByte:
		now = file && w.files > 1
	}
	if !now || w.left == 0 {
		return false
	}
	w.left--
	return true
}

// lead makes the first answer of the file host one that leads to the phase.
func (w *world) lead(resp *http.Response) *http.Response {
	w.mu.Lock()
	defer w.mu.Unlock()
	expired := w.phase == linking && w.left > 0 // no link works as long as no fresh one comes
	if w.files > 1 && !expired {
		return resp
	}
	switch w.phase {
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

func (w *world) target() string { return filepath.Join(w.dir, "april.csv") }

// run is `reports create --idempotency-key K --download -o april.csv --timeout 10m`; it returns the exit code.
func (w *world) run(ctx context.Context) (int, error) {
	client, err := api.New(api.Options{
		BaseURL: "https://api.chargeapi.co/v1", Key: "ch_sk_test_faults", UserAgent: "chargectl/test", Transport: w,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	body, err := charge.Request{
		Type: "charging_summary", Start: time.Date(2026, 4, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC),
	}.Body()
	if err != nil {
		w.t.Fatal(err)
	}
	service := &reports.Service{
		Create: client, Look: client, Watch: client.Once(), Files: client, Fleets: client, Observer: reports.Silent{},
	}
	landed, err := service.CreateAndDownload(ctx, reports.Order{Body: body, Key: "K", Repeat: true}, reports.DownloadOptions{
		WaitOptions: reports.WaitOptions{Timeout: reports.Timeout{Limit: 10 * time.Minute}},
		Target:      reports.Target{Dir: w.dir, File: "april.csv", IfExists: reports.Overwrite},
		Jobs:        1,
	})
	if err = cmp.Or(err, landed.Err); err != nil {
		return exit.Code(err), err
	}
	return 0, nil
}

// wantState checks what is on disk: the whole file alone, or nothing but what the next run continues.
func (w *world) wantState(code int) {
	w.t.Helper()
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		w.t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		if !entry.IsDir() {
			names = append(names, entry.Name())
		}
	}
	switch {
	case code == 0:
		w.wantFile(names)
	case len(names) > 0 && !slices.Equal(names, []string{"april.csv.part", "april.csv.part.json"}):
		w.t.Errorf("after %d there is %v", code, names)
	}
	if n := len(w.sandbox.Created()); n > 1 {
		w.t.Errorf("%d reports", n)
	}
	if w.sandbox.LeakedKeys() > 0 {
		w.t.Error("the file host saw the key")
	}
}

func (w *world) wantFile(names []string) {
	w.t.Helper()
	created := w.sandbox.Created()
	if len(created) != 1 {
		w.t.Fatalf("%d reports, want one", len(created))
	}
	want, _ := w.sandbox.File(created[0].ID)
	got, err := os.ReadFile(w.target())
	if err != nil || !bytes.Equal(got, want) || !slices.Equal(names, []string{"april.csv"}) {
		w.t.Errorf("%d bytes of %d (%v), and in the folder %v", len(got), len(want), err, names)
	}
}

// again lifts the fault and runs the same command: what is promised of every code that is right to repeat, and of an
// output that has been mended.
func (w *world) again() {
	w.t.Helper()
	w.mu.Lock()
	w.left, w.files = 0, 2 // nothing leads to a phase any more
	w.mu.Unlock()
	if info, err := os.Lstat(w.target()); err == nil && info.IsDir() {
		_ = os.Remove(w.target())
	}
	code, err := w.run(w.t.Context())
	if code != 0 {
		w.t.Errorf("run again: %d, %v", code, err)
	}
	w.wantState(code)
}
