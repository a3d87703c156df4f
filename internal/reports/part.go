package reports

import (
	"context"
	"errors"
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

// part is a file on its way: NAME.part, only ever appended to, and locked while it is open.
type part struct {
	folder   *Folder
	name     string // of the final file
	whose    sidecar
	file     *os.File
	offset   int64
	lock     *flock.Flock
	lockless bool // the file system has no locks
	owned    bool // what is at the names of part and sidecar is ours to remove
	waited   bool // another process was writing it
	notice   func(string)
}

// openPart opens the part of a name and locks it, waiting for whoever has it. Bytes of the same report are kept.
func openPart(ctx context.Context, folder *Folder, name string, r charge.Report, notice func(string)) (*part, error) {
	p, err := ownPart(ctx, folder, name, notice)
	if err != nil {
		return nil, err
	}
	p.whose = sidecar{Report: r.ID, Size: r.Size}
	if err := p.trust(ctx); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// ownPart opens and locks a part whoever its bytes are of.
func ownPart(ctx context.Context, folder *Folder, name string, notice func(string)) (*part, error) {
	p := &part{folder: folder, name: name, notice: notice}
	return p, p.acquire(ctx)
}

// trust keeps the bytes that are there when the sidecar says that they are this report's, and starts anew otherwise.
func (p *part) trust(ctx context.Context) error {
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
	return p.renew(ctx)
}

// renew unlinks the part and makes a new one: bytes that are there are never written over. Another process may come
// first at the name that is free for a moment; then it is waited for.
func (p *part) renew(ctx context.Context) error {
	for {
		if err := p.unlink(); err != nil {
			return err
		}
		if !lockApart {
			p.letGo()
		}
		if err := p.acquire(ctx); err != nil {
			return err
		}
		p.whose.Validator = ""
		if p.offset == 0 {
			return p.folder.remove(p.name + sidecarSuffix)
		}
	}
}

// unlink removes the part and its sidecar, the sidecar first: it must never speak of other bytes.
func (p *part) unlink() error {
	if p.file != nil {
		_ = p.file.Close()
	}
	return errors.Join(p.folder.remove(p.name+sidecarSuffix), p.folder.remove(p.name+partSuffix))
}

func (p *part) path() string { return p.folder.Path(p.name + partSuffix) }

// Offset is how many bytes the part holds.
func (p *part) Offset() int64 { return p.offset }

// Validator tells the file's version that the bytes are of; empty when they cannot be resumed.
func (p *part) Validator() string { return p.whose.Validator }

// Restart makes the part empty, for bytes of the version that validator names.
func (p *part) Restart(ctx context.Context, validator string) error {
	if p.offset > 0 || p.whose.Validator != "" {
		if err := p.renew(ctx); err != nil {
			return err
		}
	}
	if validator == "" {
		return nil
	}
	p.whose.Validator = validator
	return p.writeSidecar()
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
	if err := p.intact(); err != nil {
		return err
	}
	if err := errors.Join(p.file.Sync(), p.file.Close()); err != nil {
		p.whose.Validator = "" // which bytes reached the disk is not known: none of them are worth keeping
		return outputError("write "+p.path(), err)
	}
	if err := p.folder.remove(p.name + sidecarSuffix); err != nil {
		return err
	}
	if err := p.folder.rename(p.name+partSuffix, p.name); err != nil {
		return errors.Join(err, p.writeSidecar())
	}
	p.owned = false
	return nil
}

// intact makes sure that the part holds what we wrote and nothing else: where there are no locks another process may
// have written to it too, or have put its own in its place.
func (p *part) intact() error {
	held := p.offset
	err := p.mine()
	if err == nil && p.offset == held {
		return nil
	}
	if err != nil && !errors.Is(err, errStolen) {
		return err
	}
	p.owned = false
	return &charge.Error{Kind: charge.KindTemporary, Op: "write " + p.path(), Reason: "another process wrote to it at the same time"}
}

// discard removes the part and its sidecar: nothing of it is of use.
func (p *part) discard() {
	if p.owned {
		_ = p.unlink()
	}
	p.letGo()
}

// close leaves the part as it is, for a later run, and lets others have it. One that no run can continue is not kept.
func (p *part) close() {
	if p.offset == 0 || p.whose.Validator == "" {
		p.discard()
		return
	}
	p.letGo()
}
