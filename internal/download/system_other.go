//go:build !windows

package download

import "os"

const (
	// lockSuffix names what is locked while a part is written: the part itself.
	lockSuffix = partSuffix
	// foldersSync is whether a folder's entries can be flushed to disk.
	foldersSync = true
)

func renameFile(root *os.Root, from, to string) error { return root.Rename(from, to) }
