package download

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path"
	"regexp"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
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
	for _, kept := range []string{partSuffix, sidecarSuffix, ".part.lock"} {
		if strings.HasSuffix(base, kept) {
			return charge.Usagef("the name %q ends in %s, which chargectl keeps for itself", charge.Clip(name, 80), kept)
		}
	}
	if strings.HasPrefix(base, disk.OwnPrefix) {
		return charge.Usagef("the name %q begins with %s, which chargectl keeps for itself", charge.Clip(name, 80), disk.OwnPrefix)
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
func clearStrays(ctx context.Context, f *disk.Folder, stem string) {
	private := func(name string) bool { return privateForm.MatchString(name) }
	for _, name := range f.Before(path.Dir(stem), private) {
		if privateForm.FindStringSubmatch(name)[1] != path.Base(stem) {
			continue
		}
		name = path.Join(path.Dir(stem), name)
		if lock, err := f.LockFile(disk.Expired(ctx), name, os.O_RDWR); err == nil {
			_ = f.Remove(name)
			disk.Release(lock)
		}
	}
}
