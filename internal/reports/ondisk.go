package reports

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
	"github.com/chargectl/chargectl/internal/filename"
)

// Found is what is on disk for a name of a plan; Name is empty when nothing is.
type Found struct {
	Name    string // the file that is there, which may have another extension where the template leaves that open
	Refused string // why what is there cannot be the item
	Beside  bool   // something of an interrupted transfer is beside it
}

// Listing answers what is on disk. Each folder is read once, when it is first asked about; a folder that is missing is empty.
type Listing struct {
	dir     string
	open    bool // the extension depends on the report's format
	folders map[string]folder
	check   func(name string, size int64, item Item) string
}

// NewListing reads under dir. check gives a reason why a file that is there cannot be the item, or ""; nil is fine.
func NewListing(dir string, name filename.Template, check func(name string, size int64, item Item) string) *Listing {
	return &Listing{dir: dir, open: name.Uses("ext"), folders: map[string]folder{}, check: check}
}

// Find returns what is on disk for an item.
func (l *Listing) Find(item Item) Found {
	name := item.Name
	folder, err := l.read(path.Dir(name))
	if err != nil {
		return Found{Refused: "its folder cannot be read: " + charge.AsError(disk.OutputError("", err)).Reason}
	}
	entry, ok := folder.byName[path.Base(name)]
	if !ok && l.open {
		entry, ok = folder.otherExtension(path.Base(name))
	}
	switch {
	case !ok, entry.Type()&fs.ModeSymlink != 0: // a download replaces a link, wherever it leads
		return Found{}
	case entry.IsDir():
		return Found{Refused: "a folder has its name"}
	case !entry.Type().IsRegular():
		return Found{Refused: "what has its name is not a file"}
	}
	found := Found{Name: path.Join(path.Dir(name), entry.Name()), Beside: folder.transfers(entry.Name())}
	if l.check != nil {
		info, err := entry.Info()
		if err != nil {
			return Found{Refused: "it cannot be read: " + charge.AsError(disk.OutputError("", err)).Reason}
		}
		found.Refused = l.check(found.Name, info.Size(), item)
	}
	return found
}

// folder is what is in a folder: files by their names, and by their names without extension.
type folder struct {
	byName map[string]fs.DirEntry
	byStem map[string][]fs.DirEntry // each in alphabetical order
}

func (l *Listing) read(name string) (folder, error) {
	if known, ok := l.folders[name]; ok {
		return known, nil
	}
	entries, err := os.ReadDir(filepath.Join(l.dir, filepath.FromSlash(name)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return folder{}, err
	}
	f := folder{byName: make(map[string]fs.DirEntry, len(entries)), byStem: make(map[string][]fs.DirEntry, len(entries))}
	for _, entry := range entries {
		stem := stemOf(entry.Name())
		f.byName[entry.Name()] = entry
		f.byStem[stem] = append(f.byStem[stem], entry)
	}
	l.folders[name] = f
	return f, nil
}

// transfers reports whether something of an interrupted transfer is beside a file.
func (f folder) transfers(name string) bool {
	_, sidecar := f.byName[name+".part.json"]
	return sidecar || slices.ContainsFunc(f.byStem[name], func(entry fs.DirEntry) bool {
		return strings.HasPrefix(path.Ext(entry.Name()), ".part")
	})
}

func stemOf(name string) string { return strings.TrimSuffix(name, path.Ext(name)) }

// beside are extensions of what people and programs put beside a report: copies, sums, signatures, archives.
var beside = []string{"part", "json", "tmp", "lock", "bak", "old", "orig", "swp", "md5", "sha1", "sha256", "sha512", "sum", "sig", "asc", "gpg", "age",
	"gz", "bz2", "xz", "zst", "zip", "crc", "log"}

// otherExtension finds the file that differs from a name in its format only: the documented formats first, then any
// other that a server may have.
func (f folder) otherExtension(name string) (fs.DirEntry, bool) {
	stem := stemOf(name)
	for _, format := range []string{"csv", "pdf", "bin"} {
		if entry, ok := f.byName[stem+"."+format]; ok && entry.Type().IsRegular() {
			return entry, true
		}
	}
	for _, entry := range f.byStem[stem] {
		format := strings.TrimPrefix(path.Ext(entry.Name()), ".")
		if entry.Type().IsRegular() && filename.Extension(format) == format && !slices.Contains(beside, format) {
			return entry, true
		}
	}
	return nil, false
}
