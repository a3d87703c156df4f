package reports

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"github.com/gofrs/flock"

	"github.com/chargectl/chargectl/internal/charge"
)

// The names beside a target while its file is on the way.
const (
	partSuffix    = ".part"
	sidecarSuffix = ".part.json"
	lockApart     = lockSuffix != partSuffix
)

// sidecar says whose bytes a part holds. A part without a sidecar that agrees is not trusted.
type sidecar struct {
	Report    string `json:"report"`
	Validator string `json:"validator"`
	Size      int64  `json:"size"`
}

// part is a file on its way: NAME.part, only ever appended to, and locked while it is open.
type part struct {
	folder *Folder
	name   string // of the final file
	whose  sidecar
	file   *os.File
	offset int64
	lock   *flock.Flock
	waited bool // another process was writing it
	notice func(string)
}

// openPart opens the part of a name and locks it, waiting for whoever has it. Bytes of the same report are kept.
func openPart(ctx context.Context, folder *Folder, name string, r charge.Report, notice func(string)) (*part, error) {
	p := &part{folder: folder, name: name, whose: sidecar{Report: r.ID, Size: r.Size}, notice: notice}
	for {
		err := p.open(ctx)
		if err == nil {
			err = p.trust()
		}
		if err == nil {
			return p, nil
		}
		p.close()
		if !errors.Is(err, errStolen) {
			return nil, err
		}
	}
}

// errStolen says that another process replaced the part between our opening and our locking it.
var errStolen = errors.New("the part was replaced")

func (p *part) open(ctx context.Context) error {
	name := p.name + partSuffix
	info, err := p.folder.stat(name)
	if err != nil {
		return err
	}
	if info != nil && !info.Mode().IsRegular() {
		if err := p.folder.remove(name); err != nil {
			return err
		}
	}
	p.file, err = p.folder.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o666)
	if err != nil {
		return outputError("write "+p.folder.Path(name), err)
	}
	return p.lockFile(ctx)
}

// lockFile locks the part that is open and checks that the name still leads to it.
func (p *part) lockFile(ctx context.Context) error {
	name := p.name + partSuffix
	flags := os.O_RDWR
	if lockApart {
		flags |= os.O_CREATE
	}
	lock, waited, err := takeLock(ctx, p.folder.Path(p.name+lockSuffix), flags)
	p.waited = p.waited || waited
	switch {
	case errors.Is(err, errNoLocks):
		p.notice(p.folder.Path(name) + " cannot be locked on this file system: going on without")
		return nil
	case errors.Is(err, fs.ErrNotExist):
		return errStolen
	case err != nil:
		return outputError("lock "+p.folder.Path(name), err)
	}
	release(p.lock)
	p.lock = lock
	return p.mine()
}

func (p *part) mine() error {
	open, err := p.file.Stat()
	if err != nil {
		return outputError("look at "+p.folder.Path(p.name+partSuffix), err)
	}
	named, err := p.folder.stat(p.name + partSuffix)
	if err != nil {
		return err
	}
	if named == nil || !os.SameFile(open, named) || !lockApart && !locks(p.lock, open) {
		return errStolen
	}
	p.offset = open.Size()
	return nil
}

// trust keeps the bytes that are there when the sidecar says that they are this report's, and starts anew otherwise.
func (p *part) trust() error {
	found, err := p.readSidecar()
	if err != nil {
		return err
	}
	same := found.Report == p.whose.Report && found.Size == p.whose.Size && found.Validator != ""
	if same && p.offset <= p.whose.Size {
		p.whose = found
		return nil
	}
	if p.offset == 0 {
		return p.folder.remove(p.name + sidecarSuffix)
	}
	return p.renew()
}

// readSidecar returns what the sidecar says, or nothing for one that is missing, torn, or not a file.
func (p *part) readSidecar() (sidecar, error) {
	info, err := p.folder.stat(p.name + sidecarSuffix)
	if err != nil || info == nil || !info.Mode().IsRegular() || info.Size() > 64<<10 {
		return sidecar{}, err
	}
	data, err := p.folder.root.ReadFile(p.name + sidecarSuffix)
	if err != nil {
		return sidecar{}, outputError("read "+p.folder.Path(p.name+sidecarSuffix), err)
	}
	var found sidecar
	if json.Unmarshal(data, &found) != nil {
		return sidecar{}, nil
	}
	return found, nil
}

// renew unlinks the part and makes a new one: bytes that are there are never written over.
func (p *part) renew() error {
	p.whose.Validator = ""
	if err := p.folder.remove(p.name + sidecarSuffix); err != nil {
		return err
	}
	_ = p.file.Close()
	name := p.name + partSuffix
	if err := p.folder.remove(name); err != nil {
		return err
	}
	file, err := p.folder.root.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o666)
	if err != nil {
		return outputError("write "+p.folder.Path(name), err)
	}
	p.file, p.offset = file, 0
	if lockApart || p.lock == nil {
		return nil
	}
	return p.lockFile(context.Background())
}

// Offset is how many bytes the part holds.
func (p *part) Offset() int64 { return p.offset }

// Validator tells the file's version that the bytes are of; empty when they cannot be resumed.
func (p *part) Validator() string { return p.whose.Validator }

// Restart makes the part empty, for bytes of the version that validator names.
func (p *part) Restart(validator string) error {
	if p.offset > 0 || p.whose.Validator != "" {
		if err := p.renew(); err != nil {
			return err
		}
	}
	if validator == "" {
		return nil
	}
	p.whose.Validator = validator
	text, err := json.Marshal(p.whose)
	if err != nil {
		return err
	}
	return p.writeSidecar(append(text, '\n'))
}

// writeSidecar writes in place: a torn one does not parse, and is then not trusted.
func (p *part) writeSidecar(text []byte) error {
	name := p.name + sidecarSuffix
	if err := p.folder.remove(name); err != nil {
		return err
	}
	file, err := p.folder.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return outputError("write "+p.folder.Path(name), err)
	}
	_, err = file.Write(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return outputError("write "+p.folder.Path(name), err)
	}
	return nil
}

// Write appends.
func (p *part) Write(b []byte) (int, error) {
	n, err := p.file.Write(b)
	p.offset += int64(n)
	if err != nil {
		return n, outputError("write "+p.folder.Path(p.name+partSuffix), err)
	}
	return n, nil
}

// finish makes the bytes last and gives them their final name. The sidecar goes first: a crash in between costs a
// second transfer, never a file left behind.
func (p *part) finish() error {
	name := p.name + partSuffix
	if err := errors.Join(p.file.Sync(), p.file.Close()); err != nil {
		return outputError("write "+p.folder.Path(name), err)
	}
	p.file = nil
	if err := p.folder.remove(p.name + sidecarSuffix); err != nil {
		return err
	}
	return p.folder.rename(name, p.name)
}

// discard removes the part and its sidecar: nothing of it is of use.
func (p *part) discard() error {
	_ = p.file.Close()
	p.file = nil
	return errors.Join(p.folder.remove(p.name+sidecarSuffix), p.folder.remove(p.name+partSuffix))
}

// close leaves the part as it is, for a later run, and lets others have it. An empty one is not worth keeping.
func (p *part) close() {
	if p.file != nil {
		_ = p.file.Close()
		if p.lock != nil && p.offset == 0 {
			_ = p.discard()
		}
	}
	release(p.lock)
	if lockApart && p.lock != nil {
		_ = p.folder.remove(p.name + lockSuffix)
	}
	p.file, p.lock = nil, nil
}
