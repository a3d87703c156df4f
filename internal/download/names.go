package download

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// The names beside a target while its file is on the way (package comment).
const (
	partSuffix    = ".part"
	sidecarSuffix = ".part.json"
	// nameRoom is what the longest name beside a target adds: .part- and 16 hex digits.
	nameRoom = len(partSuffix) + 17
	maxName  = 255 // bytes of a name, on nearly every file system
)

// privateForm is what a private file of the part protocol is called: NAME.part- and 16 hex digits.
var privateForm = regexp.MustCompile(`^(.+)\.part-[0-9a-f]{16}$`)

// Reserved returns a usage error for a name that this package, or sync, keeps for itself.
func Reserved(name string) error {
	base := strings.ToLower(path.Base(name))
	for _, kept := range []string{partSuffix, sidecarSuffix, ".part.lock", folderLock} {
		if strings.HasSuffix(base, kept) {
			return charge.Usagef("the name %q ends in %s, which chargectl keeps for itself", charge.Clip(name, 80), kept)
		}
	}
	if strings.HasPrefix(base, ownPrefix) {
		return charge.Usagef("the name %q begins with %s, which chargectl keeps for itself", charge.Clip(name, 80), ownPrefix)
	}
	if privateForm.MatchString(base) {
		return charge.Usagef("the name %q is of a form that chargectl keeps for itself", charge.Clip(name, 80))
	}
	return nil
}

// stemOf is what the names beside a target begin with: its own, or a shorter one where that leaves no room.
func stemOf(name string) string {
	base := path.Base(name)
	if len(base)+nameRoom <= maxName {
		return name
	}
	sum := sha256.Sum256([]byte(base))
	short := strings.TrimSuffix(charge.Clip(base, maxName-nameRoom-20), "…") + "-" + hex.EncodeToString(sum[:8])
	return path.Join(path.Dir(name), short)
}

// clearStrays removes the private files of a name that a killed run left. One that a living process has is locked, and
// stays; where there are no locks it stays too, and costs room, nothing else.
func (f *Folder) clearStrays(ctx context.Context, stem string) {
	for _, name := range f.straysOf(stem) {
		lock, err := f.disk.lock(expired(ctx), f.Path(name), os.O_RDWR)
		if err == nil {
			_ = f.remove(name)
			release(lock)
		}
	}
}

// straysOf lists a folder once, before this run's own private files are in it.
func (f *Folder) straysOf(stem string) (names []string) {
	f.strayMu.Lock()
	defer f.strayMu.Unlock()
	folder := path.Dir(stem)
	all, known := f.strays[folder]
	if !known {
		if dir, err := f.root.Open(folder); err == nil {
			found, _ := dir.Readdirnames(-1)
			_ = dir.Close()
			all = slices.DeleteFunc(found, func(name string) bool { return !privateForm.MatchString(name) })
		}
		f.strays[folder] = all
	}
	for _, name := range all {
		if privateForm.FindStringSubmatch(name)[1] == path.Base(stem) {
			names = append(names, path.Join(folder, name))
		}
	}
	return names
}
