package download

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
)

const (
	// vouchEvery and vouchAfter are how far and how long a part may grow before its sidecar is brought up to date;
	// firstVouch is when it is first written, which a file that arrives at once never is.
	vouchEvery = 4 << 20
	vouchAfter = time.Second
	firstVouch = 50 * time.Millisecond
	// maxSteals bounds how often a part may be replaced under our hands before something else must be wrong.
	maxSteals = 50
	// checkBuffer is how much is copied, or read to check it, at a time: larger ones miss the processor's cache.
	checkBuffer = 128 << 10
)

// sidecar records whose bytes a part holds, and vouches for them: Offset bytes whose CRC-32C is CRC.
type sidecar struct {
	Report    string `json:"report"`
	Validator string `json:"validator"`
	Size      int64  `json:"size"`
	Offset    int64  `json:"offset"`
	CRC       string `json:"crc32c"`
}

// part is a file on its way to its name. Its verbs are openPart, verify, Restart, commit and abandon; between them it
// is a sink that is only ever appended to.
type part struct {
	folder *disk.Folder
	name   string    // of the final file, slash-separated
	stem   string    // what the names beside it begin with
	whose  sidecar   // what the next sidecar will say, but for offset and CRC
	file   *os.File  // ours: created by this process under a name that was free
	record *os.File  // the sidecar on disk, where it is ours
	lock   disk.Lock // nil where there are none
	waited bool      // another process was writing it

	// growMu guards what follows, and record, while bytes arrive: the sidecar is also written when none do.
	growMu    sync.Mutex
	growing   *time.Timer // writes the sidecar; nil when none is due
	offset    int64
	crc       uint32 // of all bytes
	vouched   int64  // what the sidecar on disk vouches for
	lastWrite int64  // offset before the last write, and its CRC: what to go back to when the disk is full
	lastCRC   uint32
}

// errMoved means that another process has given the part's name to another file meanwhile.
var errMoved = errors.New("another process replaced it")

// openPart makes the part of a name, waiting until lockUntil ends for whoever is writing it. What an earlier run left
// of the same report is taken over, as far as its sidecar vouches for it.
func openPart(ctx, lockUntil context.Context, folder *disk.Folder, name string, r charge.Report) (*part, error) {
	p := &part{folder: folder, name: name, stem: stemOf(name), whose: sidecar{Report: r.ID, Size: r.Size}}
	clearStrays(ctx, folder, p.stem)
	for range maxSteals {
		err := p.open(ctx, lockUntil)
		if err == nil {
			return p, nil
		}
		p.close()
		if !errors.Is(err, errMoved) {
			return nil, err
		}
		if !charge.Sleep(lockUntil, disk.LockPoll) {
			return nil, disk.LockHeld(lockUntil, p.path())
		}
	}
	return nil, disk.OutputError("write "+p.path(), errMoved)
}

// open is one attempt: errMoved means that another process came between.
func (p *part) open(ctx, lockUntil context.Context) error {
	if lockSuffix != partSuffix {
		if err := p.acquire(lockUntil, os.O_RDWR|os.O_CREATE); err != nil {
			return err
		}
	}
	old, err := p.leftover()
	if err != nil {
		return err
	}
	if old == nil {
		return p.create()
	}
	defer old.Close()
	if lockSuffix == partSuffix {
		// The lock is on the earlier run's file: it is free once that run has ended. Ours comes with our own file.
		if err := p.acquire(lockUntil, os.O_RDWR); err != nil {
			return err
		}
		defer disk.Release(p.lock)
		p.lock = nil
	}
	if !p.named(old, p.stem+partSuffix) {
		return errMoved
	}
	if taken, err := p.verify(ctx, old); taken || err != nil {
		return err
	}
	if err := errors.Join(p.folder.Remove(p.stem+sidecarSuffix), p.folder.Remove(p.stem+partSuffix)); err != nil {
		return err
	}
	return p.create()
}

// acquire locks the name in lockSuffix. Where there are no locks it goes on without: locks save work, and safety does
// not rest on them.
func (p *part) acquire(lockUntil context.Context, flags int) error {
	if p.lock != nil {
		return nil
	}
	name := p.stem + lockSuffix
	lock, err := p.folder.LockFile(disk.Expired(lockUntil), name, flags)
	if charge.KindOf(err) == charge.KindLocked && lockUntil.Err() == nil {
		p.waited = true
		p.folder.Notice("another run is writing " + p.folder.Path(p.name) + ": waiting for it")
		lock, err = p.folder.LockFile(lockUntil, name, flags)
	}
	switch kind := charge.KindOf(err); {
	case err == nil:
		p.lock = lock
	case errors.Is(err, fs.ErrNotExist):
		return errMoved
	case kind == charge.KindLocked, kind == charge.KindDeadline, kind == charge.KindInterrupted:
		return err
	default:
		p.folder.NoLocks(err)
	}
	return nil
}

// leftover opens what has the part's name, for reading; nil when there is nothing. What is no file is removed.
func (p *part) leftover() (*os.File, error) {
	name := p.stem + partSuffix
	info, err := p.folder.Stat(name)
	if err != nil || info == nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, p.folder.Remove(name)
	}
	file, err := p.folder.Open(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil, errMoved
	case err != nil:
		return nil, disk.OutputError("read "+p.path(), err)
	}
	if opened, err := file.Stat(); err != nil || !os.SameFile(info, opened) {
		_ = file.Close()
		return nil, errMoved
	}
	return file, nil
}

// create makes the part's file under a name that is free.
func (p *part) create() error {
	file, err := p.folder.Create(p.stem + partSuffix)
	switch {
	case errors.Is(err, fs.ErrExist):
		return errMoved
	case err != nil:
		return disk.OutputError("write "+p.path(), err)
	}
	p.file = file
	return p.lockOwn(p.stem + partSuffix)
}

// lockOwn locks our own file under the name that it has just got. Another process may have come first: it will put its
// own file in this one's place.
func (p *part) lockOwn(name string) error {
	if lockSuffix != partSuffix {
		return nil
	}
	lock, err := p.folder.LockFile(disk.Expired(context.Background()), name, os.O_RDWR)
	if err == nil {
		p.lock = lock
		if info, err := p.file.Stat(); err == nil && disk.Holds(lock, info) {
			return nil
		}
		return errMoved
	}
	if charge.KindOf(err) == charge.KindLocked || errors.Is(err, fs.ErrNotExist) {
		return errMoved
	}
	return nil
}

// verify takes over what an earlier run left, if its sidecar vouches for bytes of the same report: they are copied into
// a file of our own, checked on the way, and that file takes the part's name.
func (p *part) verify(ctx context.Context, old *os.File) (taken bool, err error) {
	found := p.readSidecar()
	if found.Report != p.whose.Report || found.Size != p.whose.Size || found.Validator == "" || found.Offset <= 0 || found.Offset > found.Size {
		return false, nil
	}
	private := p.private()
	if p.file, err = p.folder.Create(private); err != nil {
		return false, disk.OutputError("write "+p.folder.Path(private), err)
	}
	if err = p.lockOwn(private); err == nil {
		err = p.copyVouched(ctx, old, found.Offset)
	}
	if err == nil && p.offset == found.Offset && crcText(p.crc) == found.CRC {
		err = p.folder.Rename(private, p.stem+partSuffix)
		if err == nil {
			p.whose.Validator, p.vouched = found.Validator, found.Offset
			return true, nil
		}
		if errors.Is(err, fs.ErrNotExist) {
			err = errMoved
		}
		err = disk.OutputError("rename "+p.folder.Path(private)+" to "+p.path(), err)
	}
	_ = p.file.Close()
	disk.Release(p.lock)
	p.file, p.lock, p.offset, p.crc = nil, nil, 0, 0
	return false, errors.Join(err, p.folder.Remove(private))
}

// copyVouched copies the first n bytes of old, or as many as it has, and computes their CRC on the way.
func (p *part) copyVouched(ctx context.Context, old *os.File, n int64) error {
	from, buf := io.LimitReader(old, n), make([]byte, min(n, checkBuffer))
	for ctx.Err() == nil {
		m, err := io.ReadFull(from, buf)
		if _, err := p.append(buf[:m]); err != nil {
			return err
		}
		switch {
		case err == io.EOF, err == io.ErrUnexpectedEOF:
			return nil
		case err != nil:
			return disk.OutputError("read "+p.path(), err)
		}
	}
	return charge.Ended(ctx)
}

// reread continues a CRC over the bytes of a file in [from, to); the end is before to where the file is shorter.
func reread(ctx context.Context, file *os.File, crc uint32, from, to int64) (end int64, sum uint32, err error) {
	table, buf := crc32.MakeTable(crc32.Castagnoli), make([]byte, min(checkBuffer, to-from))
	for from < to {
		if ctx.Err() != nil {
			return from, crc, charge.Ended(ctx)
		}
		n, err := file.ReadAt(buf[:min(int64(len(buf)), to-from)], from)
		crc = crc32.Update(crc, table, buf[:n])
		from += int64(n)
		if err == io.EOF {
			break
		}
		if err != nil {
			return from, crc, err
		}
	}
	return from, crc, nil
}

// private is a name that no other process has.
func (p *part) private() string {
	random := make([]byte, 8)
	_, _ = rand.Read(random) // never fails (crypto/rand)
	return p.stem + partSuffix + "-" + hex.EncodeToString(random)
}

// named reports whether a name leads to a file that is open.
func (p *part) named(file *os.File, name string) bool {
	open, err := file.Stat()
	if err != nil {
		return false
	}
	info, err := p.folder.Stat(name)
	return err == nil && info != nil && os.SameFile(open, info)
}

func (p *part) path() string { return p.folder.Path(p.stem + partSuffix) }

// Offset is how many bytes the part holds.
func (p *part) Offset() int64 { return p.offset }

// Validator tells the file's version that the bytes are of; empty when they cannot be resumed.
func (p *part) Validator() string { return p.whose.Validator }

// Restart empties the part, for bytes of the version that validator names, of a file of size bytes.
func (p *part) Restart(validator string, size int64) error {
	p.still()
	if p.offset > 0 {
		// The sidecar first: it must never speak of other bytes.
		err := errors.Join(p.forget(), p.file.Truncate(0))
		if _, unmoved := p.file.Seek(0, io.SeekStart); err != nil || unmoved != nil {
			return disk.OutputError("write "+p.path(), errors.Join(err, unmoved))
		}
		p.offset, p.crc, p.lastWrite, p.lastCRC = 0, 0, 0, 0
	}
	p.whose.Validator, p.whose.Size = validator, size
	return nil
}

// Write appends, and brings the sidecar up to date when there is something new worth resuming.
func (p *part) Write(b []byte) (int, error) {
	p.growMu.Lock()
	defer p.growMu.Unlock()
	n, err := p.append(b)
	switch {
	case err != nil || p.whose.Validator == "":
	case p.offset-p.vouched >= vouchEvery:
		_ = p.vouch() // without it a later run transfers more, no less correctly
	case p.growing == nil:
		after := vouchAfter
		if p.vouched == 0 {
			after = firstVouch
		}
		p.growing = time.AfterFunc(after, p.grown)
	}
	return n, err
}

// grown writes the sidecar a while after the first byte that it does not vouch for.
func (p *part) grown() {
	p.growMu.Lock()
	defer p.growMu.Unlock()
	if p.growing == nil {
		return
	}
	p.growing = nil
	if p.offset > p.vouched {
		_ = p.vouch()
	}
}

// still ends the writing of sidecars beside the transfer.
func (p *part) still() {
	p.growMu.Lock()
	defer p.growMu.Unlock()
	if p.growing != nil {
		p.growing.Stop()
		p.growing = nil
	}
}

func (p *part) append(b []byte) (int, error) {
	p.lastWrite, p.lastCRC = p.offset, p.crc
	n, err := p.folder.Write(p.file, b)
	p.crc = crc32.Update(p.crc, crc32.MakeTable(crc32.Castagnoli), b[:n])
	p.offset += int64(n)
	if err != nil {
		return n, disk.OutputError("write "+p.path(), err)
	}
	return n, nil
}

func crcText(crc uint32) string { return fmt.Sprintf("%08x", crc) }

// vouch writes the sidecar. Once it is there it is written over in place, in one call: its text only grows, and a torn
// one does not parse or does not fit the bytes.
func (p *part) vouch() error {
	whose := p.whose
	whose.Offset, whose.CRC = p.offset, crcText(p.crc)
	text, err := json.Marshal(whose)
	if err != nil {
		return err
	}
	if p.record == nil {
		if err := p.folder.Remove(p.stem + sidecarSuffix); err != nil {
			return err
		}
		if p.record, err = p.folder.Create(p.stem + sidecarSuffix); err != nil {
			p.record = nil
			return disk.OutputError("write "+p.folder.Path(p.stem+sidecarSuffix), err)
		}
	}
	if _, err := p.record.WriteAt(append(text, '\n'), 0); err != nil {
		return errors.Join(disk.OutputError("write "+p.folder.Path(p.stem+sidecarSuffix), err), p.forget())
	}
	p.vouched = p.offset
	return nil
}

// forget removes the sidecar, ours or one that was left.
func (p *part) forget() error {
	if p.record != nil {
		_ = p.record.Close()
	}
	p.record, p.vouched = nil, 0
	return p.folder.Remove(p.stem + sidecarSuffix)
}

// readSidecar returns what the sidecar records, or nothing for one that is missing, torn, or not a file.
func (p *part) readSidecar() (found sidecar) {
	name := p.stem + sidecarSuffix
	info, err := p.folder.Stat(name)
	if err != nil || info == nil || !info.Mode().IsRegular() || info.Size() > 64<<10 {
		return sidecar{}
	}
	data, err := p.folder.ReadFile(name)
	if err != nil || json.Unmarshal(data, &found) != nil {
		return sidecar{}
	}
	return found
}

// commit makes the bytes last, checks them once more, and gives them their final name. seal is called with the file
// before that; nil is fine.
func (p *part) commit(ctx context.Context, seal func(*os.File) error) error {
	p.still()
	if err := p.folder.SyncFile(p.file); err != nil {
		return disk.OutputError("write "+p.path(), err)
	}
	if seal != nil {
		if _, err := p.file.Seek(0, io.SeekStart); err != nil {
			return disk.OutputError("read "+p.path(), err)
		}
		if err := seal(p.file); err != nil {
			return err
		}
	}
	// Under a name that nobody else knows, what is checked is what gets the final name. The part's own name may have
	// been given to another process's file, which is put back.
	private := p.private()
	err := p.folder.Rename(p.stem+partSuffix, private)
	if err == nil && !p.named(p.file, private) {
		if err = p.folder.Rename(private, p.stem+partSuffix); err == nil {
			err = fs.ErrNotExist
		}
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return p.commitCopy(ctx)
	case err != nil:
		return disk.OutputError("rename "+p.path()+" to "+p.folder.Path(p.name), err)
	}
	// All bytes are here, so a signal does not keep them from their name.
	if err = p.intact(context.WithoutCancel(ctx)); err == nil {
		// The sidecar goes first: a crash from here on costs a second transfer, and leaves nothing beside a finished file.
		err = p.forget()
	}
	if err == nil {
		err = p.folder.Publish(private, p.name)
	}
	switch info, _ := p.folder.Stat(private); {
	case info != nil:
		return errors.Join(err, p.folder.Rename(private, p.stem+partSuffix))
	case errors.Is(err, fs.ErrNotExist):
		return p.commitCopy(ctx)
	}
	p.close()
	return err
}

// intact reads the bytes again: what another program cut or changed in the part while it was written must not get the
// final name.
func (p *part) intact(ctx context.Context) error {
	end, crc, err := reread(ctx, p.file, 0, 0, p.offset+1)
	if err != nil {
		return disk.OutputError("read "+p.path(), err)
	}
	if end != p.offset || crc != p.crc {
		p.whose.Validator = "" // nothing of it is worth keeping
		return &charge.Error{Kind: charge.KindTemporary, Op: "write " + p.path(), Reason: "another program changed it at the same time"}
	}
	return nil
}

// commitCopy gives the final name to a copy of our bytes, for when our file has lost its own name to another process's.
func (p *part) commitCopy(ctx context.Context) error {
	for range maxSteals {
		private := p.private()
		file, err := p.folder.Create(private)
		if err != nil {
			return disk.OutputError("write "+p.folder.Path(private), err)
		}
		_, err = io.Copy(file, io.NewSectionReader(p.file, 0, p.offset))
		if err == nil {
			err = p.folder.SyncFile(file)
		}
		copied := part{folder: p.folder, stem: p.stem, file: file, offset: p.offset, crc: p.crc}
		if err == nil {
			err = copied.intact(ctx)
		}
		_ = file.Close()
		if err == nil {
			err = p.folder.Publish(private, p.name)
		}
		switch info, _ := p.folder.Stat(private); {
		case info != nil:
			return errors.Join(disk.OutputError("write "+p.folder.Path(private), err), p.folder.Remove(private))
		case !errors.Is(err, fs.ErrNotExist):
			p.discard() // where the part's name is ours after all, nothing may stay under it
			return err
		}
	}
	return disk.OutputError("write "+p.folder.Path(p.name), errMoved)
}

// abandon leaves the part for a later run to continue, and lets others have it. It reports whether anything was kept:
// a part that no run can continue is removed.
func (p *part) abandon() (kept bool) {
	p.still()
	if p.file == nil || p.offset == 0 || p.whose.Validator == "" {
		p.discard()
		return false
	}
	err := p.vouch()
	if disk.Full(err) && p.lastWrite > 0 {
		// Room for the sidecar is made by giving up the last bytes.
		p.offset, p.crc = p.lastWrite, p.lastCRC
		if err = p.file.Truncate(p.offset); err == nil {
			err = p.vouch()
		}
	}
	if err != nil {
		p.discard()
		return false
	}
	p.close()
	return true
}

// discard removes the part and its sidecar, unless the name is another process's by now.
func (p *part) discard() {
	if p.file != nil && p.named(p.file, p.stem+partSuffix) {
		_ = p.forget()
		_ = p.folder.Remove(p.stem + partSuffix)
	}
	p.close()
}

// close lets go of the files and the lock.
func (p *part) close() {
	p.still()
	for _, file := range []*os.File{p.file, p.record} {
		if file != nil {
			_ = file.Close()
		}
	}
	disk.Release(p.lock)
	if lockSuffix != partSuffix && p.lock != nil {
		_ = p.folder.Remove(p.stem + lockSuffix)
	}
	p.file, p.record, p.lock = nil, nil, nil
}
