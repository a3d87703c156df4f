package folder

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
	"github.com/chargectl/chargectl/internal/filename"
)

// Found is what is on disk for a name of a plan; Name is empty when nothing is.
type Found struct {
	Listed  string // the name in the list of what is elsewhere, where nothing is on disk: see Have
	Name    string // the file that is there, which may have another extension where the template leaves that open
	Refused string // why what is there cannot be the item
	Beside  bool   // something of an interrupted transfer is beside it
	New     bool   // it came lately, and in no other file's place: see Lately
	Begun   bool   // a run was killed while it replaced the file: see begun; only where receipts are checked
}

// Listing answers what is on disk. Each folder is read once, when it is first asked about, and the one that all files are in
// beside the making of the plan; a folder that is missing is empty.
type Listing struct {
	dir     string
	open    bool                                     // the extension depends on the report's format
	folders map[string]func() ([]fs.DirEntry, error) // each reads once, in alphabetical order
	check   func(name string, size int64, item Item) string
	lately  time.Time                // zero where nobody asks what came since
	have    map[string][]fs.DirEntry // what is elsewhere, by folder
}

// NewListing reads under dir. check gives a reason why a file that is there cannot be the item, or ""; nil is fine.
func NewListing(dir string, name filename.Template, check func(name string, size int64, item Item) string) *Listing {
	l := &Listing{dir: dir, open: name.Uses("ext"), folders: map[string]func() ([]fs.DirEntry, error){}, check: check}
	if name.Flat() {
		go l.folder("")() //nolint:errcheck // whoever asks gets the same answer
	}
	return l
}

// folder reads a folder once; it ends in a slash, but for the one that all are in.
func (l *Listing) folder(name string) func() ([]fs.DirEntry, error) {
	read, known := l.folders[name]
	if !known {
		read = sync.OnceValues(func() ([]fs.DirEntry, error) { return os.ReadDir(filepath.Join(l.dir, filepath.FromSlash(name))) })
		l.folders[name] = read
	}
	return read
}

// Lately has the listing tell which files came since then.
func (l *Listing) Lately(since time.Time) *Listing {
	l.lately = since
	return l
}

// Have has the listing find in a list of names what is not on disk. They are slash-separated, relative to the folder, and
// compared whole, so ./NAME is none of an item.
func (l *Listing) Have(names []string) *Listing {
	l.have = map[string][]fs.DirEntry{}
	for _, name := range names {
		dir, file := path.Split(name)
		l.have[dir] = append(l.have[dir], listed(file))
	}
	for _, entries := range l.have {
		slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	}
	return l
}

// listed is a file that is known by its name alone.
type listed string

func (n listed) Name() string               { return string(n) }
func (n listed) IsDir() bool                { return false }
func (n listed) Type() fs.FileMode          { return 0 }
func (n listed) Info() (fs.FileInfo, error) { return nil, fs.ErrNotExist }

// Find returns what is on disk for an item.
func (l *Listing) Find(item Item) Found {
	dir, name := path.Split(item.Name)
	entries, err := l.folder(dir)()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return Found{Refused: "its folder cannot be read: " + charge.AsError(disk.OutputError("", err)).Reason}
	}
	same := l.find(entries, name)
	if len(same) == 0 || same[0].Type()&fs.ModeSymlink != 0 { // a download replaces a link, wherever it leads
		if elsewhere := l.find(l.have[dir], name); len(elsewhere) > 0 {
			return Found{Listed: dir + elsewhere[0].Name()}
		}
		return Found{}
	}
	entry := same[0]
	switch {
	case entry.IsDir():
		return Found{Refused: "a folder has its name"}
	case !entry.Type().IsRegular():
		return Found{Refused: "what has its name is not a file"}
	}
	found := Found{Name: dir + entry.Name()}
	found.Beside = slices.ContainsFunc(same, func(e fs.DirEntry) bool { return strings.HasPrefix(e.Name()[len(entry.Name()):], ".part") })
	if l.check == nil && l.lately.IsZero() {
		return found
	}
	info, err := entry.Info()
	if err != nil {
		return Found{Refused: "it cannot be read: " + charge.AsError(disk.OutputError("", err)).Reason}
	}
	if l.check != nil {
		found.Refused = l.check(found.Name, info.Size(), item)
		if found.Begun = begun(l.dir, found.Name, info, entries, item); found.Begun {
			found.Refused = ""
		}
	}
	if came := info.ModTime(); !l.lately.IsZero() && came.After(l.lately) {
		stem := strings.TrimSuffix(entry.Name(), path.Ext(entry.Name()))
		found.New = len(beginning(entries, stem+"~"+came.UTC().Format(time.DateOnly))) == 0
	}
	return found
}

// find returns the entry with a name, else the one that has only another format where the template leaves that open; then
// those whose names go on after that one's. It is empty where there is none.
func (l *Listing) find(entries []fs.DirEntry, name string) []fs.DirEntry {
	if same := beginning(entries, name); len(same) > 0 && same[0].Name() == name {
		return same
	}
	if l.open {
		if other := otherFormat(entries, strings.TrimSuffix(name, path.Ext(name))+"."); other != nil {
			return beginning(entries, other.Name())
		}
	}
	return nil
}

// beginning returns those of a folder's entries whose names begin with a prefix.
func beginning(entries []fs.DirEntry, prefix string) []fs.DirEntry {
	from, _ := slices.BinarySearchFunc(entries, prefix, func(e fs.DirEntry, prefix string) int { return strings.Compare(e.Name(), prefix) })
	entries = entries[from:]
	if to := slices.IndexFunc(entries, func(e fs.DirEntry) bool { return !strings.HasPrefix(e.Name(), prefix) }); to >= 0 {
		return entries[:to]
	}
	return entries
}

// beside are extensions of what people and programs put beside a report: copies, sums, signatures, archives.
var beside = []string{"part", "json", "tmp", "lock", "bak", "old", "orig", "swp", "md5", "sha1", "sha256", "sha512", "sum", "sig", "asc", "gpg", "age",
	"gz", "bz2", "xz", "zst", "zip", "crc", "log"}

// otherFormat finds the file that has only a format after its stem: a documented one first, else any that a server may
// have; nil where there is none.
func otherFormat(entries []fs.DirEntry, stem string) (found fs.DirEntry) {
	documented, best := []string{"bin", "pdf", "csv"}, -2
	for _, entry := range beginning(entries, stem) {
		format := strings.TrimPrefix(entry.Name(), stem)
		if !entry.Type().IsRegular() || filename.Extension(format) != format || slices.Contains(beside, format) {
			continue
		}
		if rank := slices.Index(documented, format); rank > best {
			found, best = entry, rank
		}
	}
	return found
}
