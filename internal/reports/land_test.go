package reports

import (
	"bytes"
	"context"
	"io"
	"os"
	"strings"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/poll"
)

// TestLeftBehind is about what an earlier run left: this run continues it or throws it away, and leaves only the file.
func TestLeftBehind(t *testing.T) {
	sidecar := func(text string) func(*port) {
		return func(p *port) {
			p.kept(half)
			p.write("a.csv.part.json", []byte(text))
		}
	}
	for name, tt := range map[string]struct {
		left func(*port)
		want []charge.FileRange
	}{
		"half of it":          {func(p *port) { p.kept(half) }, []charge.FileRange{fromHalf}},
		"all of it":           {func(p *port) { p.kept(2 * half) }, nil},
		"nothing yet":         {func(p *port) { p.kept(0) }, []charge.FileRange{start}},
		"more than all":       {func(p *port) { p.kept(2 * half); p.append("a.csv.part", "x") }, []charge.FileRange{start}},
		"no sidecar":          {func(p *port) { p.write("a.csv.part", content()[:half]) }, []charge.FileRange{start}},
		"a sidecar alone":     {func(p *port) { p.kept(0); p.remove("a.csv.part") }, []charge.FileRange{start}},
		"a torn sidecar":      {sidecar(`{"report":"rpt_1","validator":"\"v1\"","si`), []charge.FileRange{start}},
		"an empty sidecar":    {sidecar(""), []charge.FileRange{start}},
		"another report's":    {sidecar(`{"report":"rpt_2","validator":"\"v1\"","size":150000}`), []charge.FileRange{start}},
		"of another size":     {sidecar(`{"report":"rpt_1","validator":"\"v1\"","size":150001}`), []charge.FileRange{start}},
		"without a validator": {sidecar(`{"report":"rpt_1","validator":"","size":150000}`), []charge.FileRange{start}},
		"another version's":   {sidecar(`{"report":"rpt_1","validator":"\"v0\"","size":150000}`), []charge.FileRange{{Offset: half, Validator: `"v0"`}}},
		"a sidecar of 1 MB":   {sidecar(`{"report":"rpt_1","validator":"\"v1\"","size":150000}` + strings.Repeat(" ", 1<<20)), []charge.FileRange{start}},
		"a link as sidecar":   {func(p *port) { p.kept(half); p.outside("a.csv.part.json") }, []charge.FileRange{start}},
		"a link as part":      {func(p *port) { p.kept(half); p.outside("a.csv.part") }, []charge.FileRange{start}},
		"a link to nothing":   {func(p *port) { p.link("a.csv.part", "nothing") }, []charge.FileRange{start}},
		"a folder as part":    {func(p *port) { p.mkdir("a.csv.part") }, []charge.FileRange{start}},
	} {
		t.Run(name, func(t *testing.T) {
			p := newPort(t)
			tt.left(p)
			if _, err := p.toFile("a.csv", Skip); err != nil {
				t.Fatal(err)
			}
			p.wantFile("a.csv", content())
			p.wantOnly("a.csv")
			p.wantAsked(tt.want...)
		})
	}
}

func (p *port) append(name, text string) {
	p.t.Helper()
	data, err := os.ReadFile(p.path(name))
	if err != nil {
		p.t.Fatal(err)
	}
	p.write(name, append(data, text...))
}

func (p *port) remove(name string) {
	p.t.Helper()
	if err := os.Remove(p.path(name)); err != nil {
		p.t.Fatal(err)
	}
}

func (p *port) link(name, to string) {
	p.t.Helper()
	_ = os.Remove(p.path(name))
	if err := os.Symlink(to, p.path(name)); err != nil {
		p.t.Skip(err)
	}
}

func (p *port) mkdir(name string) {
	p.t.Helper()
	if err := os.Mkdir(p.path(name), 0o755); err != nil {
		p.t.Fatal(err)
	}
}

// outside puts a link to a stranger's file at a name, and checks at the end that the file is untouched.
func (p *port) outside(name string) {
	p.t.Helper()
	stranger := newPort(p.t)
	stranger.write("stranger", []byte("not yours"))
	p.link(name, stranger.path("stranger"))
	p.t.Cleanup(func() { stranger.wantFile("stranger", []byte("not yours")) })
}

func TestResumeInALaterRun(t *testing.T) {
	p := newPort(t)
	ctx, interrupt := context.WithCancelCause(t.Context())
	p.host = func(_ int, r charge.FileRange) (*charge.File, error) {
		interrupt(charge.Errorf(charge.KindInterrupted, "interrupted by SIGTERM"))
		return cutAfter(half, context.Canceled)(r)
	}
	_, err := p.landIn(ctx, "a.csv", Skip)
	wantKind(t, err, charge.KindInterrupted)
	p.wantOnly(leftovers...)
	p.wantFile("a.csv.part", content()[:half])

	p.script()
	if _, err := p.toFile("a.csv", Skip); err != nil {
		t.Fatal(err)
	}
	p.wantFile("a.csv", content())
	p.wantOnly("a.csv")
	p.wantAsked(start, fromHalf)
}

// TestTargets is about what is at the final name before.
func TestTargets(t *testing.T) {
	right := func(p *port) { p.write("a.csv", bytes.Repeat([]byte("o"), 2*half)) }
	wrong := func(p *port) { p.write("a.csv", []byte("old")) }
	folder := func(p *port) { p.mkdir("a.csv") }
	const arrives, skips, refused = "arrives", "skips", "refused"
	for _, tt := range []struct {
		name   string
		before func(*port)
		policy IfExists
		want   string
	}{
		{"right size", right, Skip, skips},
		{"right size", right, Overwrite, arrives},
		{"right size", right, Fail, refused},
		{"wrong size", wrong, Skip, refused},
		{"wrong size", wrong, Overwrite, arrives},
		{"wrong size", wrong, Fail, refused},
		{"folder", folder, Skip, refused},
		{"folder", folder, Overwrite, refused},
		{"folder", folder, Fail, refused},
		{"link", func(p *port) { p.outside("a.csv") }, Skip, arrives},
		{"link", func(p *port) { p.outside("a.csv") }, Overwrite, arrives},
		{"link", func(p *port) { p.outside("a.csv") }, Fail, refused},
		{"link to nothing", func(p *port) { p.link("a.csv", "nothing") }, Skip, arrives},
		{"right size and leftovers", func(p *port) { right(p); p.kept(half) }, Skip, skips},
		{"right size and a foreign sidecar", func(p *port) { right(p); p.write("a.csv.part.json", []byte("{}")) }, Skip, skips},
	} {
		t.Run(tt.name+"/"+string(tt.policy), func(t *testing.T) {
			p := newPort(t)
			tt.before(p)
			skipped, err := p.toFile("a.csv", tt.policy)
			p.wantOnly("a.csv")
			if tt.want == arrives {
				p.wantFile("a.csv", content())
			} else if len(p.asked) > 0 {
				t.Errorf("%d requests for a file that is not wanted", len(p.asked))
			}
			if tt.want == refused {
				e := wantKind(t, err, charge.KindOutput)
				if !strings.Contains(e.Op, p.path("a.csv")) {
					t.Errorf("%v does not name the path", e)
				}
				return
			}
			if err != nil || skipped != (tt.want == skips) {
				t.Errorf("skipped %v, %v; want %s", skipped, err, tt.want)
			}
		})
	}
}

// TestOldFileStaysUntilTheNewOneIsVerified replaces a file by one that turns out to be wrong.
func TestOldFileStaysUntilTheNewOneIsVerified(t *testing.T) {
	p := newPort(t)
	p.write("a.csv", []byte("old"))
	p.script(change(func(f *charge.File) { unsized(f); f.Body = body(append(content(), 'x'), io.EOF) }))
	_, err := p.toFile("a.csv", Overwrite)
	wantKind(t, err, charge.KindOutput)
	p.wantFile("a.csv", []byte("old"))
	p.wantOnly("a.csv")
}

// TestRenameRefused keeps what was transferred when the name cannot be given, and gives it in the next run.
func TestRenameRefused(t *testing.T) {
	p := newPort(t)
	p.host = func(_ int, r charge.FileRange) (*charge.File, error) {
		p.mkdir("a.csv")
		return honest(content(), r), nil
	}
	_, err := p.toFile("a.csv", Overwrite)
	if e := wantKind(t, err, charge.KindOutput); !strings.Contains(e.Op, "rename") {
		t.Error(e)
	}
	p.wantOnly("a.csv", "a.csv.part", "a.csv.part.json")
	p.remove("a.csv")
	if _, err := p.toFile("a.csv", Overwrite); err != nil {
		t.Fatal(err)
	}
	p.wantFile("a.csv", content())
	p.wantOnly("a.csv")
	p.wantAsked(start)
}

func TestEmptyFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPort(t)
		p.report.Size = 0
		p.script(
			func(charge.FileRange) (*charge.File, error) {
				return &charge.File{HTTPStatus: 200, End: -1, Total: -1, Body: body(nil, io.ErrUnexpectedEOF)}, nil
			},
			func(r charge.FileRange) (*charge.File, error) { return honest(nil, r), nil },
		)
		if _, err := p.toFile("a.csv", Skip); err != nil {
			t.Fatal(err)
		}
		p.wantFile("a.csv", []byte{})
		p.wantOnly("a.csv")
	})
}

func TestFolderOfAName(t *testing.T) {
	p := newPort(t)
	if _, err := p.toFile("flt_1/2026/a.csv", Skip); err != nil {
		t.Fatal(err)
	}
	p.wantFile("flt_1/2026/a.csv", content())
	p.link("aside", t.TempDir())
	for _, name := range []string{"aside/a.csv", "../a.csv", "flt_1/../../a.csv", "flt_1/2026/a.csv/b.csv"} {
		_, err := p.toFile(name, Overwrite)
		wantKind(t, err, charge.KindOutput)
	}
	if len(p.asked) != 1 {
		t.Errorf("%d requests, want one", len(p.asked))
	}
	p.wantOnly("aside", "flt_1")
}

// TestWaitForTheOther lands the same file twice at once: the second waits for the first, and finds the file there.
func TestWaitForTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPort(t)
		second := make(chan error, 1)
		p.host = func(n int, r charge.FileRange) (*charge.File, error) {
			if n == 1 {
				go func() {
					skipped, err := p.landIn(context.Background(), "a.csv", Skip)
					if !skipped {
						t.Error("the second landed the file too")
					}
					second <- err
				}()
			}
			pause(t.Context(), lockPoll*10)
			return honest(content(), r), nil
		}
		if _, err := p.toFile("a.csv", Skip); err != nil {
			t.Error(err)
		}
		if err := <-second; err != nil {
			t.Error(err)
		}
		p.wantFile("a.csv", content())
		p.wantOnly("a.csv")
		p.wantAsked(start)
	})
}

// TestManyAtOnce has several landings renew, cut and replace the same part under each other's eyes. Whoever ends well
// has left the whole file under the name at that moment.
func TestManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPort(t)
		p.host = func(n int, r charge.FileRange) (*charge.File, error) {
			pause(t.Context(), lockPoll/3)
			switch n % 4 {
			case 1:
				return cutAfter(half, io.ErrUnexpectedEOF)(r)
			case 2:
				return honest(content(), start), nil // a restart, so that the part is made anew
			case 3:
				return change(func(f *charge.File) { f.Validator = `"v2"` })(r)
			}
			return honest(content(), r), nil
		}
		var all sync.WaitGroup
		for range 8 {
			all.Go(func() {
				if _, err := p.landIn(t.Context(), "a.csv", Overwrite); err != nil {
					t.Error(err)
				}
				p.wantFile("a.csv", content())
			})
		}
		all.Wait()
		p.wantOnly("a.csv")
	})
}

// TestHeldToTheDeadline ends the wait for another run's lock with the deadline, and leaves its part alone.
func TestHeldToTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPort(t)
		folder, err := OpenFolder(p.dir)
		if err != nil {
			t.Fatal(err)
		}
		defer folder.Close()
		other, err := openPart(t.Context(), folder, "a.csv", p.report, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := poll.Timeout(3 * lockPoll).Bound(t.Context())
		defer cancel()
		_, err = p.landIn(ctx, "a.csv", Skip)
		wantKind(t, err, charge.KindLocked)
		p.wantOnly("a.csv.part")
		other.close()
		p.wantOnly()
	})
}

// TestStolenPart is the moment after a lock was waited for: the part under the name is another's by then, and must
// neither be removed nor renamed.
func TestStolenPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPort(t)
		folder, err := OpenFolder(p.dir)
		if err != nil {
			t.Fatal(err)
		}
		defer folder.Close()
		open := func(ctx context.Context) (*part, error) {
			return openPart(ctx, folder, "a.csv", p.report, func(string) {})
		}
		first, err := open(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		waited := make(chan error, 1)
		go func() {
			_, err := open(ctx)
			waited <- err
		}()
		synctest.Wait() // until it polls for the lock
		if err := first.Restart(ctx, tag); err != nil {
			t.Fatal(err)
		}
		if _, err := first.Write(content()[:half]); err != nil {
			t.Fatal(err)
		}
		if err := first.Restart(ctx, tag); err != nil { // another file under the name: the lock waited for comes free
			t.Fatal(err)
		}
		if _, err := first.Write(content()); err != nil {
			t.Fatal(err)
		}
		pause(t.Context(), 5*lockPoll)
		cancel()
		wantKind(t, <-waited, charge.KindInterrupted)
		p.wantFile("a.csv.part", content())
		if err := first.finish(); err != nil {
			t.Fatal(err)
		}
		first.close()
		p.wantFile("a.csv", content())
		p.wantOnly("a.csv")
	})
}

// TestTamperedPart is about file systems without locks: bytes that another process wrote do not get the name.
func TestTamperedPart(t *testing.T) {
	for name, tamper := range map[string]func(*port){
		"written to": func(p *port) { p.append("a.csv.part", "x") },
		"replaced":   func(p *port) { p.remove("a.csv.part"); p.write("a.csv.part", content()) },
		"removed":    func(p *port) { p.remove("a.csv.part") },
	} {
		t.Run(name, func(t *testing.T) {
			p := newPort(t)
			folder, err := OpenFolder(p.dir)
			if err != nil {
				t.Fatal(err)
			}
			defer folder.Close()
			own, err := openPart(t.Context(), folder, "a.csv", p.report, func(string) {})
			if err != nil {
				t.Fatal(err)
			}
			defer own.close()
			if _, err := own.Write(content()); err != nil {
				t.Fatal(err)
			}
			tamper(p)
			wantKind(t, own.finish(), charge.KindTemporary)
			if _, err := os.Lstat(p.path("a.csv")); err == nil {
				t.Error("it got the name")
			}
		})
	}
}

// TestFolderMovedAway must end, although the part's path leads nowhere any more.
func TestFolderMovedAway(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPort(t)
		folder, err := OpenFolder(p.path("old"))
		if err != nil {
			t.Fatal(err)
		}
		defer folder.Close()
		if err := os.Rename(p.path("old"), p.path("new")); err != nil {
			t.Skip(err)
		}
		_, err = openPart(t.Context(), folder, "a.csv", p.report, func(string) {})
		wantKind(t, err, charge.KindOutput)
	})
}

func TestParseIfExists(t *testing.T) {
	for _, policy := range []IfExists{Skip, Overwrite, Fail} {
		if got, err := ParseIfExists(string(policy)); err != nil || got != policy {
			t.Errorf("%s: %s, %v", policy, got, err)
		}
	}
	_, err := ParseIfExists("Skip")
	wantKind(t, err, charge.KindUsage)
}
