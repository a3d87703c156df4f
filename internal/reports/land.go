package reports

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"slices"

	"github.com/chargectl/chargectl/internal/charge"
)

// IfExists says what to do about a file that is there already.
type IfExists string

// What to do about a file that is there: take it when its size is right, replace it once the new one is verified, or
// refuse.
const (
	Skip      IfExists = "skip"
	Overwrite IfExists = "overwrite"
	Fail      IfExists = "fail"
)

// ParseIfExists reads skip, overwrite or fail; anything else is a usage error.
func ParseIfExists(text string) (IfExists, error) {
	switch policy := IfExists(text); policy {
	case Skip, Overwrite, Fail:
		return policy, nil
	}
	return "", charge.Usagef("--if-exists %q is none of skip, overwrite, fail", charge.Clip(text, 40))
}

// landing is one file on its way to its final name.
type landing struct {
	folder   *Folder
	name     string // slash-separated, under the folder
	ifExists IfExists
	// sealed is called with the verified bytes before they get their name; nil is fine.
	sealed func(file *os.File) error
}

// land brings a report's file to its place: skipped when it is there already, else through a part that is verified
// and renamed. until ends the wait for another process's lock; ctx ends the transfer.
func (s *Service) land(ctx, until context.Context, l landing, r charge.Report) (skipped bool, err error) {
	if skipped, err := l.settled(r); err != nil || skipped {
		if skipped {
			l.tidy(until, s)
		}
		return skipped, err
	}
	if err := l.folder.makeParents(l.name); err != nil {
		return false, err
	}
	p, err := openPart(until, l.folder, l.name, r, s.Observer.Notice)
	if err != nil {
		return false, err
	}
	defer p.close()
	if p.waited {
		if skipped, err := l.settled(r); err != nil || skipped {
			return skipped, err
		}
	}
	return false, s.fillPart(ctx, l, p, r)
}

func (s *Service) fillPart(ctx context.Context, l landing, p *part, r charge.Report) error {
	t := &transfer{service: s, report: r, sink: p, path: l.folder.Path(l.name)}
	if err := t.run(ctx); err != nil {
		return err
	}
	if l.sealed != nil {
		if _, err := p.file.Seek(0, io.SeekStart); err != nil {
			return outputError("read "+t.path, err)
		}
		if err := l.sealed(p.file); err != nil {
			return err
		}
	}
	return p.finish()
}

// settled decides by what is at the final name: nothing to do, something to do, or a refusal.
func (l landing) settled(r charge.Report) (skip bool, err error) {
	info, err := l.folder.stat(l.name)
	if err != nil || info == nil {
		return false, err
	}
	switch {
	case info.IsDir():
		return false, l.refuse("it is a folder", "")
	case l.ifExists == Overwrite:
		return false, nil
	case l.ifExists == Fail:
		return false, l.refuse("it exists", "--if-exists overwrite replaces it, --if-exists skip takes it when its size is right")
	case info.Mode()&fs.ModeSymlink != 0:
		return false, nil
	case info.Size() == r.Size:
		return true, nil
	}
	return false, l.refuse(fmt.Sprintf("it exists with %d bytes, but the report has %d", info.Size(), r.Size), "--if-exists overwrite replaces it")
}

func (l landing) refuse(why, hint string) error {
	return &charge.Error{Kind: charge.KindOutput, Op: "write " + l.folder.Path(l.name), Reason: why, Hint: hint}
}

// tidy removes what an earlier run left beside a file that is complete, unless another process is at it.
func (l landing) tidy(until context.Context, s *Service) {
	left := func(suffix string) bool {
		info, err := l.folder.stat(l.name + suffix)
		return err == nil && info != nil
	}
	if !slices.ContainsFunc([]string{partSuffix, sidecarSuffix, lockSuffix}, left) {
		return
	}
	now, cancel := context.WithCancel(until)
	cancel()
	if p, err := ownPart(now, l.folder, l.name, s.Observer.Notice); err == nil {
		p.discard()
	}
}
