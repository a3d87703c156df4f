package reports

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/chargectl/chargectl/internal/filename"
)

// Found is what is on disk for a name of a plan; Name is empty when nothing is.
type Found struct {
	Name    string // the file that is there, which may have another extension where the template leaves that open
	Refused string // why what is there cannot be the item
}

// Listing answers what is on disk. Each folder is read once, when it is first asked about; a folder that is missing is empty.
type Listing struct {
	dir     string
	open    bool // the extension is the server's to say
	folders map[string]map[string]fs.DirEntry
	check   func(name string, item Item) string
}

// NewListing reads under dir. check gives a reason why a file that is there cannot be the item, or ""; nil is fine.
func NewListing(dir string, name filename.Template, check func(name string, item Item) string) *Listing {
	return &Listing{dir: dir, open: name.OpenExtension(), folders: map[string]map[string]fs.DirEntry{}, check: check}
}

// Find says what is there for an item.
func (l *Listing) Find(item Item) Found {
	name := item.Name
	folder, err := l.read(path.Dir(name))
	if err != nil {
		return Found{Refused: "its folder cannot be read: " + reasonOf(err)}
	}
	entry, ok := folder[path.Base(name)]
	if !ok && l.open {
		entry, ok = otherExtension(folder, path.Base(name))
	}
	switch {
	case !ok, entry.Type()&fs.ModeSymlink != 0: // landing replaces a link, wherever it leads
		return Found{}
	case entry.IsDir():
		return Found{Refused: "a folder has its name"}
	case !entry.Type().IsRegular():
		return Found{Refused: "what has its name is not a file"}
	}
	found := Found{Name: path.Join(path.Dir(name), entry.Name())}
	if l.check != nil {
		found.Refused = l.check(found.Name, item)
	}
	return found
}

func (l *Listing) read(folder string) (map[string]fs.DirEntry, error) {
	if known, ok := l.folders[folder]; ok {
		return known, nil
	}
	entries, err := os.ReadDir(filepath.Join(l.dir, filepath.FromSlash(folder)))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	byName := make(map[string]fs.DirEntry, len(entries))
	for _, entry := range entries {
		byName[entry.Name()] = entry
	}
	l.folders[folder] = byName
	return byName, nil
}

// otherExtension finds the file that differs from a name in its format only. It knows the documented formats, and what
// an unfit one becomes: anything else beside a name, such as a copy or a checksum, must not pass for the report.
func otherExtension(folder map[string]fs.DirEntry, name string) (fs.DirEntry, bool) {
	stem := strings.TrimSuffix(name, path.Ext(name))
	for _, format := range []string{"csv", "pdf", "bin"} {
		if entry, ok := folder[stem+"."+format]; ok && entry.Type().IsRegular() {
			return entry, true
		}
	}
	return nil, false
}

// reasonOf is why something could not be done to a file, without its path.
func reasonOf(err error) string {
	if path, ok := errors.AsType[*fs.PathError](err); ok {
		err = path.Err
	}
	return strings.TrimSpace(err.Error())
}
