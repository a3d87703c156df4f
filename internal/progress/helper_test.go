package progress

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/term"
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

// noon is an instant.
func noon() time.Time { return time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC) }

// open makes a log on buffers.
func open(t *testing.T, o Options) (log *Log, stdout, stderr *buffer) {
	t.Helper()
	stdout, stderr = &buffer{}, &buffer{}
	return NewLog(term.NewScreen(term.Streams{Out: stdout, Err: stderr}, nil), o), stdout, stderr
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
