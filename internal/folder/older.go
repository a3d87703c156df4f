package folder

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
	"github.com/chargectl/chargectl/internal/pattern"
)

// olderForm is what the names of older versions have before their extension: the UTC date on which another file took their
// place, and a number where there are several of that date.
var olderForm = pattern.New(`~\d{4}-\d{2}-\d{2}(\.\d+)?$`)

// IsOlder reports whether a name is one of an older version. No item has such a name.
func IsOlder(name string) bool {
	return strings.Contains(name, "~") && olderForm.Get().MatchString(strings.TrimSuffix(name, path.Ext(name)))
}

// olderName is what a file is called once another took its place: the n-th of a date, from 1.
func olderName(name, date string, n int) string {
	extension := path.Ext(name)
	stem := strings.TrimSuffix(name, extension) + "~" + date
	if n > 1 {
		stem += fmt.Sprint(".", n)
	}
	return stem + extension
}

// olderOf tells which names of a folder belong to older versions of a file: those of the versions, and those beside them.
func olderOf(dir *disk.Folder, name string) (versions, extras []string, err error) {
	extension := path.Ext(name)
	stem := strings.TrimSuffix(path.Base(name), extension)
	names, err := dir.Names(path.Dir(name))
	if err != nil {
		return nil, nil, err
	}
	for _, found := range names {
		if !strings.HasPrefix(found, stem+"~") {
			continue
		}
		version := found
		for _, suffix := range []string{".tmp", ".json"} {
			version = strings.TrimSuffix(version, suffix)
		}
		switch full := path.Join(path.Dir(name), found); {
		case path.Ext(version) != extension || !olderForm.Get().MatchString(strings.TrimSuffix(version, extension)[len(stem):]):
		case version == found:
			versions = append(versions, full)
		default:
			extras = append(extras, full)
		}
	}
	return versions, extras, nil
}

// Keep gives a file, whose bytes are measured, a name beside it under which it stays when another takes its place, and its
// receipt one too. Both last when Keep returns. A file that has been kept before, by a run that was killed or on another
// day, is not kept twice: the bytes decide. Errors are
// charge.KindOutput, and KindTemporary where another run replaces the file meanwhile, as can happen without locks.
func Keep(dir *disk.Folder, name, date string, is Measure) (version string, err error) {
	const most = 100 // other runs that keep it at the same moment, where locks fail
	for range most {
		versions, extras, err := olderOf(dir, name)
		if err != nil {
			return "", err
		}
		for _, version := range versions {
			if same, err := Holds(dir, version, is); same || err != nil {
				return version, err
			}
		}
		for _, left := range extras { // by a run that was killed before the version had its name
			of := strings.TrimSuffix(strings.TrimSuffix(left, ".tmp"), ".json")
			if !strings.HasSuffix(left, ".tmp") && slices.Contains(versions, of) {
				continue
			}
			if err := dir.Remove(left); err != nil {
				return "", err
			}
		}
		n := 1
		for version = olderName(name, date, n); slices.Contains(versions, version); version = olderName(name, date, n) {
			n++
		}
		// The receipt first: a version that is there needs nothing any more.
		err = dir.Link(ReceiptOf(name), ReceiptOf(version))
		if err == nil || errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrExist) {
			err = dir.Link(name, version)
		}
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return "", disk.OutputError("keep "+dir.Path(name)+" as "+dir.Path(version), err)
		}
		// Without locks another run may have put the new file there meanwhile, which is no older one.
		if same, err := Holds(dir, version, is); !same || err != nil {
			_, _ = dir.Remove(version), dir.Remove(ReceiptOf(version))
			return "", cmp.Or(err, overtaken(dir, name))
		}
		return version, dir.Sync(path.Dir(name))
	}
	return "", overtaken(dir, name)
}

// begun reports whether a run was killed while it replaced a file, between the new receipt and the new file's name: the file
// is still the very one that has a second name, and its receipt, which is for the item, is for other bytes. Where there are no
// hard links this cannot be told. entries are those of the file's folder.
func begun(dir, name string, info fs.FileInfo, entries []fs.DirEntry, item Item) bool {
	extension := path.Ext(name)
	kept := func(e fs.DirEntry) bool {
		if path.Ext(e.Name()) != extension || !IsOlder(e.Name()) {
			return false
		}
		version, err := e.Info()
		return err == nil && os.SameFile(info, version)
	}
	if !slices.ContainsFunc(beginning(entries, strings.TrimSuffix(path.Base(name), extension)+"~"), kept) {
		return false
	}
	receipt, err := ReadReceipt(dir, name)
	if err != nil || receipt.Differs(receipt.Bytes, item) != "" {
		return false
	}
	file, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		return false
	}
	defer func() { _ = file.Close() }()
	is, err := MeasureOf(file, "")
	return err == nil && is.SHA256 != receipt.SHA256
}

func overtaken(dir *disk.Folder, name string) error {
	return &charge.Error{Kind: charge.KindTemporary, Op: "keep " + dir.Path(name), Reason: "another run is replacing it"}
}

// Holds reports whether a file has the bytes that were measured. A file that is not there has not. Errors are
// charge.KindOutput.
func Holds(dir *disk.Folder, name string, is Measure) (bool, error) {
	file, err := dir.Open(name)
	if err != nil || file == nil {
		return false, err
	}
	defer file.Close()
	if info, err := file.Stat(); err != nil || info.Size() != is.Bytes {
		return false, orOutput(dir, name, err)
	}
	found, err := MeasureOf(file, "")
	return found.SHA256 == is.SHA256, orOutput(dir, name, err)
}

// MeasureFile measures a file that is there; fs.ErrNotExist is one that is not. Other errors are charge.KindOutput.
func MeasureFile(dir *disk.Folder, name string) (Measure, error) {
	file, err := dir.Open(name)
	if err == nil && file == nil {
		err = &fs.PathError{Op: "read", Path: name, Err: os.ErrNotExist}
	}
	if err != nil {
		return Measure{}, err
	}
	defer file.Close()
	m, err := MeasureOf(file, "")
	return m, orOutput(dir, name, err)
}

func orOutput(dir *disk.Folder, name string, err error) error {
	if err == nil {
		return nil
	}
	return disk.OutputError("read "+dir.Path(name), err)
}
