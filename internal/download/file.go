// Package download brings one report's file onto disk, or into a stream: whole, verified, and once.
//
// It is not for waiting for reports (poll), for deciding which files there should be or what they are called (reports,
// filename), nor for HTTP (api).
//
// # The protocol on disk
//
// While NAME is on its way there are, in its own folder:
//
//   - NAME.part, the bytes so far. Where NAME leaves no room for the suffixes, a shorter name with a hash stands for it.
//   - NAME.part.json, the sidecar: whose bytes they are (report, validator of the file host, size), and an offset with
//     the CRC-32C of the bytes before it, which it vouches for. A transfer of more than a second or 4 MiB has one; it is
//     brought up to date as often, and at every orderly end.
//   - for moments NAME.part-HEX, a private file with a random name that no other process knows.
//
// A process writes only to files that it has created itself under a name that was free (O_EXCL). What an earlier run left
// is replaced by a private file, into which the bytes that the sidecar vouches for are copied if they have the CRC. Before
// the end the bytes are flushed, the part is renamed to a private name, and if that file is still ours its bytes are read
// once more: they must have the CRC of what was received. Then the sidecar is removed and the file renamed to NAME. If it
// is not ours, all that is done with a private copy of our bytes. So a final name is only ever given to bytes that this
// process has written and checked, whatever other processes do to the names beside it.
//
// Locks (flock on NAME.part, on Windows on NAME.part.lock) save work and no more: a second process waits for the first.
// Where there are none, or where they lie as on some network drives, two processes may transfer the same file twice.
//
// Whoever holds the lock may remove part and sidecar; private files are removed by their process or, after a kill, by
// the next one that writes the same NAME.
package download

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
)

// Host opens a report's file, from an offset on where asked. It never sees the key. One call is one attempt.
type Host interface {
	OpenFile(ctx context.Context, url string, from charge.FileRange) (*charge.File, error)
}

// Observer is told of a file on its way. It may be called from several goroutines and must return quickly.
type Observer interface {
	// Receiving says that done of size bytes are at path.
	Receiving(id, path string, done, size int64)
	// Counted gives the records of a CSV that is complete, without the line that names its columns.
	Counted(id, path string, rows int64)
}

// Source is where files come from.
type Source struct {
	Host     Host
	Refresh  func(ctx context.Context, id string) (charge.Report, error) // gets the report again, for a fresh link
	Observer Observer
	Jitter   func() float64 // what a pause between two attempts is multiplied by, in [0.8, 1]; nil is random
}

// IfExists is what to do about a file that is there already.
type IfExists string

// What to do about a file that is there.
const (
	Skip      IfExists = "skip"      // take it when its size is right
	Overwrite IfExists = "overwrite" // replace it once the new one is verified
	Fail      IfExists = "fail"
)

// Options are how a file is written.
type Options struct {
	IfExists IfExists
	// LockUntil is how long to wait for another process that is writing the same file: zero for as long as it takes, a
	// time that has passed for not at all.
	LockUntil time.Time
	// Seal is called with the verified bytes before they get their name; nil is fine. ErrUnchanged from it leaves the
	// file that is there as it is.
	Seal func(file *os.File) error
}

// ErrUnchanged says that the file which is there has the very bytes that arrived.
var ErrUnchanged = errors.New("the file has not changed")

// File writes a report's file under a name in a folder. It is skipped when it is there already with the report's size
// and the options allow it, or when Seal says so. Errors are charge.KindOutput when the bytes do not match or cannot be written, KindLocked
// when another process is still writing the file at LockUntil, KindTemporary when five attempts brought nothing new,
// the end of ctx, or what the API says of the report. The deadline of LockUntil is for locks: it does not cut a transfer.
func (s Source) File(ctx context.Context, f *disk.Folder, name string, r charge.Report, o Options) (skipped bool, err error) {
	if skipped, err = settled(f, name, r, o.IfExists); skipped {
		Tidy(f, name)
	}
	if err == nil && !skipped {
		err = f.MakeParents(name)
	}
	if err != nil || skipped {
		return skipped, err
	}
	lockUntil, cancel := ctx, func() {}
	if !o.LockUntil.IsZero() {
		lockUntil, cancel = context.WithDeadline(ctx, o.LockUntil)
	}
	defer cancel()
	p, err := openPart(ctx, lockUntil, f, name, r)
	if err != nil {
		return false, charge.AsError(err).About("", r.ID)
	}
	// Another process that was waited for may have brought the very file.
	if skipped, err = settled(f, name, r, o.IfExists); err != nil || skipped {
		p.discard()
		return skipped, err
	}
	t := &transfer{Source: s, report: r, sink: p, path: f.Path(name)}
	if err = t.run(ctx); err == nil {
		if err = p.commit(ctx, o.Seal); err == nil {
			if r.Format == "csv" {
				s.Observer.Counted(r.ID, f.Path(name), p.records.rows())
			}
			return false, nil
		}
		if errors.Is(err, ErrUnchanged) {
			p.discard()
			return true, nil
		}
		err = disk.OutputError("write "+p.path(), err)
	}
	e := charge.AsError(err).About("", r.ID)
	switch kept := p.abandon(); {
	case kept && disk.Full(err):
		e.Hint = "make room on the disk: the bytes that are there are kept"
	case kept && e.Kind == charge.KindInterrupted:
		e.Reason += ", " + strings.TrimLeft(charge.FormatBytesOf(p.offset, p.whose.Size), " ") + " kept"
	}
	return false, e
}

// Stream writes a report's file into an output. Errors are those of File.
func (s Source) Stream(ctx context.Context, to *Output, r charge.Report) error {
	t := &transfer{Source: s, report: r, sink: to, path: to.name}
	err := t.run(ctx)
	if charge.KindOf(err) != charge.KindTemporary {
		return err
	}
	return charge.AsError(err).WithHint("what was written is not the whole file: start again with a new stream, or use -o FILE, which resumes")
}

// Precheck refuses a name that no report can be written under, before the report is known: a folder, or a file that is
// there under IfExists Fail. Errors are charge.KindOutput, and KindUsage for a name that is reserved.
func Precheck(f *disk.Folder, name string, policy IfExists) error {
	err := Reserved(name)
	if err == nil {
		_, err = settled(f, name, charge.Report{}, policy)
	}
	return err
}

// settled decides by what is at the final name: nothing to do, something to do, or a refusal. Of a report without an id
// the size is not known.
func settled(f *disk.Folder, name string, r charge.Report, policy IfExists) (skip bool, err error) {
	info, err := f.Stat(name)
	if err != nil || info == nil {
		return false, err
	}
	refused := &charge.Error{Kind: charge.KindOutput, Op: "write " + f.Path(name), Report: r.ID}
	switch {
	case info.IsDir():
		refused.Reason = "it is a folder"
	case policy == Fail:
		refused.Reason = "it exists"
		refused.Hint = "--if-exists overwrite replaces it, --if-exists skip takes it when its size is right"
	case policy == Overwrite, info.Mode()&fs.ModeSymlink != 0, r.ID == "":
		return false, nil
	case info.Size() == r.Size:
		return true, nil
	default:
		refused.Reason = fmt.Sprintf("it exists with %d bytes, but the report has %d", info.Size(), r.Size)
		refused.Hint = "--if-exists overwrite replaces it"
	}
	return false, refused
}

// Tidy removes what an earlier run left beside a file that is complete, unless another process is writing it.
func Tidy(f *disk.Folder, name string) {
	part := partOf(name)
	clearStrays(f, part)
	lockName, flags := lockOf(part)
	lock, err := f.TryLock(lockName, flags)
	if errors.Is(err, disk.ErrHeld) {
		return
	}
	_ = f.Remove(part + sidecarSuffix)
	_ = f.Remove(part)
	disk.Release(lock)
	if lockBeside {
		_ = f.Remove(lockName)
	}
}
