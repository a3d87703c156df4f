package webhook

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/download"
)

// inBubble runs each test under a clock of its own, one that goes only while all wait.
func inBubble(t *testing.T, name string, test func(t *testing.T)) {
	t.Helper()
	t.Run(name, func(t *testing.T) { synctest.Test(t, test) })
}

// world is an API with its file host in memory, a folder, and a listener for it.
type world struct {
	*testing.T

	dir     string
	offset  time.Duration // of the API's clock
	disk    faultyDisk
	options Options
	change  func(*Service)

	mu      sync.Mutex // guards what follows
	reports []charge.Report
	fail    func(op, id string) error // of a request; nil is none
	asked   map[string]int            // by op and id
	notes   []string
	written []string
	ended   []string
	failed  []string

	pipe   *pipes
	cancel context.CancelFunc
	over   chan error
}

func newWorld(t *testing.T) *world {
	w := &world{T: t, dir: t.TempDir(), asked: map[string]int{}}
	w.options = Options{
		Dir: w.dir, Secrets: []string{secret}, Tolerance: 5 * time.Minute, CatchUp: time.Hour, Jobs: 2, IfExists: download.Skip,
		Name: func(_ context.Context, r charge.Report) (string, error) {
			return r.ID + ".csv", download.Reserved(r.ID + ".csv")
		},
		Written: func(path string, _ charge.Report) {
			w.locked(func() { w.written = append(w.written, filepath.Base(path)) })
		},
	}
	return w
}

func (w *world) locked(f func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	f()
}

// service is the listener's side of the world.
func (w *world) service() Service {
	s := Service{Poll: w, Reports: w, Files: w, Observer: w, Disk: w.disk.system()}
	if w.change != nil {
		w.change(&s)
	}
	return s
}

// start opens and serves; stop ends that as a signal does.
func (w *world) start() {
	w.Helper()
	l, err := w.service().Open(w.Context(), w.options)
	if err != nil {
		w.Fatal(err)
	}
	ctx, cancel := context.WithCancel(w.Context())
	w.pipe, w.cancel, w.over = newPipes(), cancel, make(chan error, 1)
	go func() {
		err := l.Serve(ctx, []net.Listener{w.pipe})
		l.Close()
		w.over <- err
	}()
	w.Cleanup(cancel)
	synctest.Wait()
}

func (w *world) stop() {
	w.Helper()
	began := time.Now()
	w.cancel()
	if err := <-w.over; charge.KindOf(err) != charge.KindInterrupted {
		w.Errorf("it ended with %v", err)
	}
	if took := time.Since(began); took > time.Second {
		w.Errorf("it took %s to end", took)
	}
	time.Sleep(time.Second) // net/http lets a client that was refused read that
}

// add puts a report into the API: the n-th, which has succeeded now unless change says otherwise.
func (w *world) add(n int, change ...func(*charge.Report)) charge.Report {
	r := charge.Report{
		ID: id(n), Status: charge.Succeeded, Format: "csv", Size: int64(len(content(id(n)))), URL: "https://files.test/" + id(n), Created: time.Now(), Finished: time.Now(),
		Parameters: charge.Parameters{Type: "charging_summary"},
	}
	for _, f := range change {
		f(&r)
	}
	w.locked(func() { w.reports = append(w.reports, r) })
	return r
}

func (w *world) update(n int, change func(*charge.Report)) {
	w.locked(func() {
		i := slices.IndexFunc(w.reports, func(r charge.Report) bool { return r.ID == id(n) })
		change(&w.reports[i])
	})
}

func content(id string) string { return strings.Repeat("file of "+id+"\n", 3) }

func (w *world) request(op, id string) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked[op+" "+id]++
	w.asked[op]++
	if w.fail != nil {
		return w.fail(op, id)
	}
	return nil
}

func (w *world) Report(_ context.Context, id string) (charge.Report, error) {
	if err := w.request("get", id); err != nil {
		return charge.Report{}, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, r := range w.reports {
		if r.ID == id {
			r.Seen = time.Now().Add(w.offset)
			return r, nil
		}
	}
	return charge.Report{}, &charge.Error{Kind: charge.KindNotFound, Op: "get report " + id, Reason: "no such report", HTTPStatus: 404}
}

// ReportPages has two reports a page.
func (w *world) ReportPages(_ context.Context, f charge.ReportFilter) iter.Seq2[[]charge.Report, error] {
	return func(yield func([]charge.Report, error) bool) {
		w.mu.Lock()
		all := slices.Clone(w.reports)
		w.mu.Unlock()
		slices.Reverse(all)
		for page := range slices.Chunk(all, 2) {
			if err := w.request("page", f.Fleet); err != nil {
				yield(nil, err)
				return
			}
			for i := range page {
				page[i].Seen = time.Now().Add(w.offset)
			}
			if !yield(page, nil) {
				return
			}
		}
	}
}

func (w *world) OpenFile(_ context.Context, url string, _ charge.FileRange) (*charge.File, error) {
	id := strings.TrimPrefix(url, "https://files.test/")
	if err := w.request("file", id); err != nil {
		return nil, err
	}
	text := content(id)
	return &charge.File{HTTPStatus: 200, End: int64(len(text)), Total: int64(len(text)), Body: io.NopCloser(strings.NewReader(text))}, nil
}

func (w *world) Receiving(string, string, int64, int64) {}
func (w *world) Counted(string, string, int64)          {}

func (w *world) PollFailed(id string, err error, again time.Duration) {
	w.locked(func() { w.failed = append(w.failed, fmt.Sprintf("%s: %v", id, err)) })
}

func (w *world) Ended(id, path string, skipped bool, err error) {
	w.locked(func() { w.ended = append(w.ended, fmt.Sprintf("%s %v %v", id, skipped, err)) })
}

func (w *world) Notice(text string) { w.locked(func() { w.notes = append(w.notes, text) }) }

// failUntil has requests of one kind fail for so long.
func (w *world) failUntil(d time.Duration, op string, err error) {
	until := time.Now().Add(d)
	w.locked(func() {
		w.fail = func(asked, _ string) error {
			if asked == op && time.Now().Before(until) {
				return err
			}
			return nil
		}
	})
}

// occupy puts a file at the first report's name.
func (w *world) occupy(text string) {
	if err := os.WriteFile(filepath.Join(w.dir, id(1)+".csv"), []byte(text), 0o600); err != nil {
		w.Fatal(err)
	}
}

// done are the reports that the journal on disk says so of.
func (w *world) done() (ids []string) {
	text, err := os.ReadFile(filepath.Join(w.dir, journalName))
	if err != nil {
		w.Fatal(err)
	}
	return slices.Sorted(maps.Keys(read(w.T, text).done))
}

// said are the notices, told the files that were.
func (w *world) said() (notes []string) {
	w.locked(func() { notes = slices.Clone(w.notes) })
	return notes
}

func (w *world) told() (files []string) {
	w.locked(func() { files = slices.Clone(w.written) })
	return files
}

// whys is all that was said of what cannot be.
func (w *world) whys() (text string) {
	w.locked(func() { text = strings.Join(w.ended, "\n") })
	return text
}

// count is how often something was asked of the API.
func (w *world) count(op string) (n int) {
	w.locked(func() { n = w.asked[op] })
	return n
}

// wantFiles holds the folder to files of reports, whole, and nothing else but the journal and the lock.
func (w *world) wantFiles(reports ...int) {
	w.Helper()
	want := []string{journalName, ".chargectl.listen.lock"}
	for _, n := range reports {
		want = append(want, id(n)+".csv")
		text, err := os.ReadFile(filepath.Join(w.dir, id(n)+".csv"))
		if err != nil || string(text) != content(id(n)) {
			w.Errorf("report %d: %q, %v", n, text, err)
		}
	}
	entries, err := os.ReadDir(w.dir)
	if err != nil {
		w.Fatal(err)
	}
	for _, e := range entries {
		if !slices.Contains(want, e.Name()) {
			w.Errorf("%s is left", e.Name())
		}
	}
}

// told is what an event's body is, of the n-th report.
func told(n int) string {
	return `{"id":"evt_1","object":"event","type":"report.succeeded","data":{"object":{"id":"` + id(n) + `","status":"succeeded"}}}`
}

// post sends a body, signed now, and returns the answer's status and text.
func (w *world) post(body string) (status int, text string) {
	w.Helper()
	return w.send("POST", "/", body, signed(body, time.Now()))
}

func signed(body string, at time.Time) string {
	stamp := charge.FormatInstant(at)
	return "t=" + stamp + ",v1=" + sign(secret, stamp, body)
}

// send makes one request on a connection of its own.
func (w *world) send(method, path, body, signature string) (status int, text string) {
	w.Helper()
	client := &http.Client{Transport: &http.Transport{DialContext: w.pipe.dial, DisableKeepAlives: true}}
	r, err := http.NewRequestWithContext(w.Context(), method, "http://listener.test"+path, strings.NewReader(body))
	if err != nil {
		w.Fatal(err)
	}
	if signature != "" {
		r.Header.Set(SignatureHeader, signature)
	}
	resp, err := client.Do(r)
	if err != nil {
		w.Error(err)
		return 0, ""
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		w.Error(err)
	}
	return resp.StatusCode, string(answer)
}

func (w *world) wantStatus(want int, body string) {
	w.Helper()
	if got, text := w.post(body); got != want {
		w.Errorf("%d %s, want %d", got, text, want)
	}
}

// pipes is a listener in memory, whose connections live in the bubble of the test.
type pipes struct {
	conns chan net.Conn
	shut  chan struct{}
	once  sync.Once
}

func newPipes() *pipes { return &pipes{conns: make(chan net.Conn), shut: make(chan struct{})} }

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.shut:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error {
	p.once.Do(func() { close(p.shut) })
	return nil
}

func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 4242} }

func (p *pipes) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.shut:
		return nil, net.ErrClosed
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// raw sends the head of a request at once and the rest a byte each pause, and returns all that comes back.
func (w *world) raw(head, request string, pause time.Duration) (answer string, took time.Duration) {
	w.Helper()
	began := time.Now()
	conn, err := w.pipe.dial(w.Context(), "", "")
	if err != nil {
		w.Fatal(err)
	}
	var sender sync.WaitGroup
	sender.Go(func() {
		_, _ = conn.Write([]byte(head))
		for i := range len(request) {
			if _, err := conn.Write([]byte{request[i]}); err != nil {
				return
			}
			if pause > 0 {
				time.Sleep(pause)
			}
		}
	})
	var all bytes.Buffer
	_, _ = io.Copy(&all, conn)
	took = time.Since(began)
	_ = conn.Close()
	sender.Wait()
	return all.String(), took
}
