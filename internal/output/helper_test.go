package output

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"
)

// buffer is a stream that several goroutines may write to.
type buffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *buffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *buffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

// place says where a run happens.
type place struct {
	outTTY, errTTY bool
	width          int
	env            map[string]string
}

var (
	pipes    = place{}
	terminal = place{outTTY: true, errTTY: true, width: 80}
)

// noon is the now of relative times.
func noon() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) }

// open makes an Output on buffers.
func open(t *testing.T, at place, o Options) (out *Output, stdout, stderr *buffer) {
	t.Helper()
	stdout, stderr = &buffer{}, &buffer{}
	out, err := attempt(at, o, stdout, stderr)
	if err != nil {
		t.Fatal(err)
	}
	return out, stdout, stderr
}

func attempt(at place, o Options, stdout, stderr *buffer) (*Output, error) {
	o.Env = func(name string) (string, bool) { v, ok := at.env[name]; return v, ok }
	o.Now = noon
	s := Streams{Out: stdout, Err: stderr, OutTTY: at.outTTY, ErrTTY: at.errTTY, Width: at.width}
	return New(s, o)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// lines splits text into its lines; the last must be ended too.
func lines(t *testing.T, text string) []string {
	t.Helper()
	if text == "" {
		return nil
	}
	if !strings.HasSuffix(text, "\n") {
		t.Errorf("the last line of %q is not ended", text)
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}

// records decodes log lines.
func records(t *testing.T, text string) []map[string]any {
	t.Helper()
	var out []map[string]any
	for _, l := range lines(t, text) {
		var r map[string]any
		if err := json.Unmarshal([]byte(l), &r); err != nil {
			t.Fatalf("%q is not a JSON line: %v", l, err)
		}
		out = append(out, r)
	}
	return out
}
