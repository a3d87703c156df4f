package download

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path"
	"runtime"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
	"github.com/chargectl/chargectl/internal/pattern"
)

const (
	partSuffix    = ".part"
	sidecarSuffix = ".json" // after the part's name
	// nameRoom is what the longest name beside a target adds: .part- and 16 hex digits.
	nameRoom = len(partSuffix) + 17
	maxName  = 255 // bytes of a name, on nearly every file system

	// lockBeside says that the lock is on a file of its own: a lock on Windows keeps even its owner's other handles from
	// writing.
	lockBeside = runtime.GOOS == "windows"
)

// ownName is what the names beside a target end in, privateForm what a private file is called.
var (
	ownName     = pattern.New(`\.part(\.json|\.lock|-[0-9a-f]{16})?$`)
	privateForm = pattern.New(`\.part-[0-9a-f]{16}$`)
)

// Reserved returns a usage error for a name that this package, or sync, keeps for itself.
func Reserved(name string) error {
	base, why := path.Base(name), ""
	if !hasFold(base, disk.OwnPrefix) && !hasFold(base, partSuffix) {
		return nil
	}
	switch base = strings.ToLower(base); {
	case strings.HasPrefix(base, disk.OwnPrefix):
		why = "begins with " + disk.OwnPrefix
	case strings.Contains(base, partSuffix) && ownName.Get().MatchString(base):
		why = "ends in " + ownName.Get().FindString(base)
	default:
		return nil
	}
	return charge.Usagef("the name %q %s, which chargectl keeps for itself", charge.Clip(name, 80), why)
}

// hasFold reports whether a name has in it what begins with a dot, in whatever case. Sync asks for each of its items.
func hasFold(name, dotted string) bool {
	for at := strings.IndexByte(name, '.'); at >= 0; at = strings.IndexByte(name, '.') {
		if name = name[at:]; len(name) >= len(dotted) && strings.EqualFold(name[:len(dotted)], dotted) {
			return true
		}
		name = name[1:]
	}
	return false
}

// partOf is what the part of a target is called. The other names beside it begin with this.
func partOf(name string) string {
	base := path.Base(name)
	if len(base)+nameRoom > maxName {
		sum := sha256.Sum256([]byte(base))
		base = fmt.Sprintf("%s-%x", strings.TrimSuffix(charge.Clip(base, maxName-nameRoom-20), "…"), sum[:8])
	}
	return path.Join(path.Dir(name), base) + partSuffix
}

// lockOf is the name that is locked while a part is written, and how it is opened.
func lockOf(part string) (name string, flags int) {
	if lockBeside {
		return part + ".lock", os.O_RDWR | os.O_CREATE
	}
	return part, os.O_RDWR
}

// clearStrays removes the private files that a killed run left beside a part, and reports whether there is a sidecar. A
// private file that a living process has is locked, and stays; where there are no locks it stays too, and costs room,
// nothing else.
func clearStrays(f *disk.Folder, part string) (sidecar bool) {
	for _, name := range f.Before(path.Dir(part), ownName.Get().MatchString) {
		name = path.Join(path.Dir(part), name)
		if strings.EqualFold(name, part+sidecarSuffix) { // whatever a file system makes of its letters
			sidecar = true
		}
		if !privateForm.Get().MatchString(name) || privateForm.Get().ReplaceAllString(name, partSuffix) != part {
			continue
		}
		if lock, err := f.TryLock(name, os.O_RDWR); err == nil {
			_ = f.Remove(name)
			disk.Release(lock)
		}
	}
	return sidecar
}
