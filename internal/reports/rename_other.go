//go:build !windows

package reports

import "os"

func renameFile(root *os.Root, from, to string) error { return root.Rename(from, to) }
