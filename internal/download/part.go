package download

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
)

const (
	// vouchAfter and vouchEvery are how long, and by how much, a part may grow before its sidecar is written or brought up
	// to date. A small file that arrives at once never has one.
	vouchAfter = time.Second
	vouchEvery = 4 << 20
	// maxSteals bounds how often a part may be replaced under our hands before something else must be wrong.
	maxSteals = 50
)

// sidecar records whose bytes a part holds, and vouches for them: Offset bytes whose CRC-32C is CRC.
type sidecar struct {
	Report    string `json:"report"`
	Validator string `json:"validator"`
	Size      int64  `json:"size"`
	Offset    int64  `json:"offset"`
	CRC       string `json:"crc32c"`
}

// part is a file on its way to its name. Its verbs are openPart, Restart, Write, commit and abandon.
type part struct {
	folder *disk.Folder
	name   string      // of the final file, slash-separated
	temp   string      // of this one
	whose  sidecar     // what the next sidecar will say, but for offset and CRC
	file   *os.File    // ours: created by this process under a name that was free
	is     os.FileInfo // the file, whatever its name is by now
	record *os.File    // the sidecar on disk, where it is ours
	left   bool        // there may be one that an earlier run left
	lock   disk.Lock   // nil where there are none, and where the file holds its own

	// growMu guards what follows, and record, while bytes arrive: the sidecar is also written when none do.
	growMu  sync.Mutex
	due     *time.Timer // writes the sidecar; nil while it vouches for all that is there
	offset  int64
	crc     uint32 // of all bytes
	vouched int64  // what the sidecar on disk vouches for
	records records
}

// errMoved means that another process has given our file's name to another one meanwhile.
var errMoved = errors.New("another process replaced it")

// openPart makes the part of a name, waiting until lockUntil ends for whoever is writing it. What an earlier run left
// of the same report is taken over, as far as its sidecar vouches for it.
func openPart(ctx, lockUntil context.Context, folder *disk.Folder, name string, r charge.Report) (*part, error) {
	p := &part{folder: folder, name: name, temp: partOf(name), whose: sidecar{Report: r.ID, Size: r.Size}}
	p.left = clearStrays(folder, p.temp)
	for range maxSteals {
		err := p.open(ctx, lockUntil)
		if err == nil {
			return p, nil
		}
		p.close()
		_, told := errors.AsType[*charge.Error](err) // such as of a folder in the part's place that is not empty
		if told || !errors.Is(err, errMoved) && !errors.Is(err, fs.ErrExist) {
			return nil, disk.OutputError("write "+p.path(), err)
		}
		if !charge.Sleep(lockUntil, disk.LockPoll) {
			return nil, disk.LockHeld(lockUntil, p.path())
		}
	}
	return nil, disk.OutputError("write "+p.path(), errMoved)
}

// open is one attempt: errMoved and fs.ErrExist mean that another process came between.
func (p *part) open(ctx, lockUntil context.Context) error {
	if !lockBeside {
		if err := p.create(p.temp); !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	p.left = true
	info, err := p.folder.Stat(p.temp)
	if err == nil && info != nil && !info.Mode().IsRegular() {
		info, err = nil, p.folder.Remove(p.temp)
	}
	if err != nil {
		return err
	}
	if info == nil && !lockBeside {
		return p.create(p.temp)
	}
	name, flags := lockOf(p.temp)
	lock, err := p.folder.Lock(lockUntil, name, flags, func() error {
		p.folder.Notice("another run is writing " + p.folder.Path(p.name) + ": waiting for it")
		return nil
	})
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errMoved // it is about to get its final name
	case err != nil:
		return err
	case lockBeside:
		p.lock = lock
	default:
		defer disk.Release(lock) // it is on the earlier run's file; ours has its own
	}
	old, err := p.folder.Open(p.temp)
	switch {
	case err != nil:
		return err
	case old == nil:
		return p.create(p.temp)
	}
	defer old.Close()
	return p.takeOver(ctx, old)
}

// create makes and locks a file of ours under a name that is free; fs.ErrExist says that it is not. Another process may
// come between: it will put its own file in this one's place.
func (p *part) create(name string) error {
	file, err := p.folder.Create(name, 0o666)
	if err != nil {
		return err
	}
	p.file, p.offset, p.crc, p.vouched = file, 0, 0, 0
	if p.is, err = file.Stat(); err != nil || lockBeside {
		return err
	}
	disk.Release(p.lock)
	p.lock, err = p.folder.LockOwn(file, name)
	if ours, _ := p.named(name); !ours || errors.Is(err, disk.ErrHeld) {
		return errMoved
	}
	return nil
}

// takeOver has a file of ours take the part's name, with the bytes in an earlier run's that its sidecar vouches for.
func (p *part) takeOver(ctx context.Context, old *os.File) error {
	found := p.readSidecar()
	private, err := p.copyOf(ctx, old, found.Offset)
	taken := p.offset == found.Offset && crcText(p.crc) == found.CRC
	if err == nil && !taken {
		err = errors.Join(p.Restart("", p.whose.Size), p.forget())
	}
	if err == nil {
		err = p.folder.Rename(private, p.temp)
	}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return errMoved
	case err != nil:
		return errors.Join(err, p.folder.Remove(private))
	case taken:
		p.whose.Validator, p.vouched = found.Validator, found.Offset
	}
	return nil
}

// readSidecar returns what the sidecar records, or nothing where it is missing, torn, not a file, or about other bytes.
func (p *part) readSidecar() (found sidecar) {
	file, err := p.folder.Open(p.temp + sidecarSuffix)
	if err != nil || file == nil {
		return sidecar{}
	}
	defer file.Close()
	text := make([]byte, 64<<10)
	n, err := io.ReadFull(file, text)
	if !errors.Is(err, io.ErrUnexpectedEOF) || json.Unmarshal(text[:n], &found) != nil {
		return sidecar{}
	}
	if found.Report != p.whose.Report || found.Size != p.whose.Size || found.Validator == "" || found.Offset <= 0 || found.Offset > found.Size {
		return sidecar{}
	}
	return found
}

// copyOf makes a private file of ours, of the first n bytes of another, or of as many as that has.
func (p *part) copyOf(ctx context.Context, from *os.File, n int64) (private string, err error) {
	private = p.private()
	if err := p.create(private); err != nil {
		return private, err
	}
	rest, buf := io.NewSectionReader(from, 0, n), buffers.Get().(*buffer)
	defer buffers.Put(buf)
	for ctx.Err() == nil {
		m, err := rest.Read(buf[:])
		if _, err := p.append(buf[:m]); err != nil {
			return private, err
		}
		if err == io.EOF {
			return private, nil
		}
		if err != nil {
			return private, disk.OutputError("read "+p.path(), err)
		}
	}
	return private, charge.Ended(ctx)
}

// named reports whether a name leads to our file.
func (p *part) named(name string) (bool, error) {
	there, err := p.folder.Stat(name)
	return err == nil && there != nil && os.SameFile(p.is, there), err
}

func (p *part) path() string { return p.folder.Path(p.temp) }

// private is a name that no other process has.
func (p *part) private() string { return fmt.Sprintf("%s-%016x", p.temp, rand.Uint64()) }

// Offset, Validator, Restart and Write make it a sink.
func (p *part) Offset() int64     { return p.offset }
func (p *part) Validator() string { return p.whose.Validator }

// Restart empties the part for other bytes.
func (p *part) Restart(validator string, size int64) error {
	p.still()
	if p.offset > 0 {
		_, err := p.file.Seek(0, io.SeekStart)
		// The sidecar first: it must never speak of other bytes.
		if err = errors.Join(err, p.forget(), p.file.Truncate(0)); err != nil {
			return disk.OutputError("write "+p.path(), err)
		}
		p.offset, p.crc = 0, 0
	}
	p.whose.Validator, p.whose.Size = validator, size
	return nil
}

// Write appends, and has the sidecar brought up to date when there is something new worth resuming.
func (p *part) Write(b []byte) (int, error) {
	p.growMu.Lock()
	defer p.growMu.Unlock()
	n, err := p.append(b)
	switch {
	case p.whose.Validator == "":
	case p.offset-p.vouched >= vouchEvery:
		_ = p.vouch() // without it a later run transfers more, no less correctly
	case p.due == nil:
		p.due = time.AfterFunc(vouchAfter, p.grown)
	}
	return n, err
}

// grown writes the sidecar a while after the first byte that it did not vouch for.
func (p *part) grown() {
	p.growMu.Lock()
	defer p.growMu.Unlock()
	if p.due != nil && p.offset > p.vouched {
		_ = p.vouch()
	}
	p.due = nil
}

// still ends the writing of sidecars beside the transfer.
func (p *part) still() {
	p.growMu.Lock()
	defer p.growMu.Unlock()
	if p.due != nil {
		p.due.Stop()
		p.due = nil
	}
}

func (p *part) append(b []byte) (int, error) {
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
	now := p.whose
	now.Offset, now.CRC = p.offset, crcText(p.crc)
	text, err := json.Marshal(now)
	if err == nil && p.record == nil {
		if err = p.forget(); err == nil {
			p.record, err = p.folder.Create(p.temp+sidecarSuffix, 0o666)
		}
	}
	if err == nil {
		_, err = p.record.WriteAt(append(text, '\n'), 0)
	}
	if err == nil {
		p.vouched = p.offset
	}
	return err
}

// forget removes the sidecar, ours or one that was left.
func (p *part) forget() error {
	_ = p.record.Close()
	p.record, p.vouched = nil, 0
	return p.folder.Remove(p.temp + sidecarSuffix)
}

// commit makes the bytes last, checks them once more, and gives them their final name. seal is called with the file
// before that; nil is fine. All bytes are here, so a signal does not keep them from their name.
func (p *part) commit(ctx context.Context, seal func(*os.File) error) error {
	p.still()
	if err := p.folder.SyncFile(p.file); err != nil {
		return err
	}
	if seal != nil {
		if _, err := p.file.Seek(0, io.SeekStart); err != nil {
			return err
		}
		if err := seal(p.file); err != nil {
			return err
		}
	}
	private, err := p.claim()
	if err != nil && !errors.Is(err, errMoved) {
		return err
	}
	whole := p.file
	defer func() {
		if p.file != whole {
			_ = whole.Close()
		}
	}()
	for range maxSteals {
		lost := err != nil
		if lost {
			private, err = p.copyOwn(ctx, whole)
		}
		if err == nil {
			err = p.intact()
		}
		if err == nil && !lost && (p.record != nil || p.left) {
			// The sidecar goes first: a crash from here on costs a second transfer, and leaves nothing beside a finished file.
			err = p.forget()
		}
		if err == nil {
			err = p.folder.Publish(private, p.name)
		}
		if err == nil {
			p.close()
			return nil
		}
		switch info, _ := p.folder.Stat(private); {
		case info != nil && lost:
			if err = errors.Join(err, p.folder.Remove(private)); !errors.Is(err, errMoved) {
				return err
			}
		case info != nil:
			return errors.Join(err, p.folder.Rename(private, p.temp))
		case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, errMoved): // else its name was taken from the private file too
			p.close()
			return err
		}
	}
	return errMoved
}

// claim gives the part a name that nobody else knows: so what is checked then is what gets the final name. errMoved
// means that the part's name was another process's file by now, which has it back.
func (p *part) claim() (private string, err error) {
	private = p.private()
	err = p.folder.Rename(p.temp, private)
	if err == nil {
		ours, statErr := p.named(private)
		if ours {
			return private, nil
		}
		err = errors.Join(statErr, p.folder.Rename(private, p.temp))
	}
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return "", errMoved
	}
	return "", disk.OutputError("rename "+p.path()+" to "+p.folder.Path(p.name), err)
}

// copyOwn has a private copy take the place of our whole file, which has lost its name to another process's.
func (p *part) copyOwn(ctx context.Context, whole *os.File) (private string, err error) {
	if p.file != whole {
		_ = p.file.Close()
	}
	size, crc := p.offset, p.crc
	private, err = p.copyOf(ctx, whole, size)
	p.offset, p.crc = size, crc // what the copy must have
	if err == nil {
		err = p.folder.SyncFile(p.file)
	}
	return private, err
}

// intact reads the bytes again: what another program cut or changed in the part while it was written must not get the
// final name.
func (p *part) intact() error {
	sum := crc32.New(crc32.MakeTable(crc32.Castagnoli))
	p.records = records{}
	size, whole := int64(0), io.NewSectionReader(p.file, 0, p.offset+1)
	summed := func(b []byte) (int, error) { // what a large file's rows take to count, its CRC takes beside that
		n, err := whole.Read(b)
		_, _ = sum.Write(b[:n])
		return n, err
	}
	for bytes, err := range pieces(summed) {
		if err != nil && !errors.Is(err, io.EOF) {
			return disk.OutputError("read "+p.path(), err)
		}
		size += int64(len(bytes))
		_, _ = p.records.Write(bytes)
	}
	if size != p.offset || sum.Sum32() != p.crc {
		p.whose.Validator = "" // nothing of it is worth keeping
		return &charge.Error{Kind: charge.KindTemporary, Op: "write " + p.path(), Reason: "another program changed it at the same time"}
	}
	return nil
}

// abandon leaves the part for a later run to continue, and lets others have it. It reports whether anything was kept:
// a part that no run can continue is removed.
func (p *part) abandon() (kept bool) {
	p.still()
	if p.file == nil || p.offset == 0 || p.whose.Validator == "" || p.vouch() != nil && p.vouched == 0 {
		p.discard()
		return false
	}
	p.close()
	return true
}

// discard removes the part and its sidecar, unless the name is another process's by now.
func (p *part) discard() {
	if ours, _ := p.named(p.temp); ours {
		_ = p.forget()
		_ = p.folder.Remove(p.temp)
	}
	p.close()
}

// close lets go of the files and the lock.
func (p *part) close() {
	p.still()
	_ = p.file.Close()
	_ = p.record.Close()
	disk.Release(p.lock)
	if name, _ := lockOf(p.temp); lockBeside && p.lock != nil {
		_ = p.folder.Remove(name)
	}
	p.file, p.record, p.lock = nil, nil, nil
}
