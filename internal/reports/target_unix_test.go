//go:build unix

package reports

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/poll"
)

func TestPipeIsWrittenStraight(t *testing.T) {
	p := newFakeBackend(t)
	if err := syscall.Mkfifo(p.path("pipe"), 0o600); err != nil {
		t.Skip(err)
	}
	read := make(chan []byte)
	go func() {
		data, err := os.ReadFile(p.path("pipe"))
		if err != nil {
			t.Error(err)
		}
		read <- data
	}()
	saved, err := p.download(Target{File: p.path("pipe")})
	if err != nil || saved[0].Err != nil {
		t.Fatalf("%+v, %v", saved, err)
	}
	if !bytes.Equal(<-read, content()) {
		t.Error("other bytes came out of the pipe")
	}
	p.wantOnly("pipe")
	if info, err := os.Lstat(p.path("pipe")); err != nil || info.Mode().Type() != fs.ModeNamedPipe {
		t.Errorf("%v, %v: it is no pipe any more", info, err)
	}
}

// TestPipeWithoutReader is waited for no longer than the deadline, and costs no report.
func TestPipeWithoutReader(t *testing.T) {
	for name, timeout := range map[string]poll.Timeout{"a deadline": poll.Timeout(3 * time.Second), "no waiting": poll.Once} {
		inBubble(t, name, func(t *testing.T) {
			p := newFakeBackend(t)
			if err := syscall.Mkfifo(p.path("pipe"), 0o600); err != nil {
				t.Skip(err)
			}
			began := time.Now()
			o := DownloadOptions{WaitOptions: WaitOptions{Timeout: timeout}, Target: Target{File: p.path("pipe")}, Jobs: 1}
			_, err := p.Download(t.Context(), []string{"rpt_1"}, o, func(Saved) {})
			if e := wantKind(t, err, charge.KindOutput); !strings.Contains(e.Reason, "nobody reads") {
				t.Error(e)
			}
			if took := time.Since(began); took > 4*time.Second {
				t.Errorf("it took %v", took)
			}
			p.wantAsked()
		})
	}
}

func TestFullDevice(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("there is no /dev/full")
	}
	p := newFakeBackend(t)
	saved, err := p.download(Target{File: "/dev/full"})
	if err != nil {
		t.Fatal(err)
	}
	if e := wantKind(t, saved[0].Err, charge.KindOutput); !errors.Is(e, syscall.ENOSPC) || e.Op != "write /dev/full" || e.Hint != "" {
		t.Error(e, e.Hint)
	}
	p.wantAsked(charge.FileRange{})
}

// TestNoPermissionCostsNoReport needs a user whom permissions bind.
func TestNoPermissionCostsNoReport(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	p := newFakeBackend(t)
	if err := os.Chmod(p.dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(p.dir, 0o700) })
	// Nothing can be asked: a service without an API would panic.
	s := &Service{Observer: silent{}}
	_, err := s.CreateAndDownload(t.Context(), Order{}, DownloadOptions{Target: Target{File: p.path("a.csv")}})
	if e := wantKind(t, err, charge.KindOutput); !errors.Is(e, fs.ErrPermission) {
		t.Error(e)
	}
}
