//go:build !windows

package disk

import "os"

// foldersSync says that a folder's entries can be flushed to disk.
const foldersSync = true

func renameFile(root *os.Root, from, to string) error { return root.Rename(from, to) }
