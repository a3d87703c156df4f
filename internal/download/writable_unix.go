//go:build unix

package download

import "syscall"

// Writable reports whether files can be made in the folder, without making one: a crash would leave it behind. Errors
// are charge.KindOutput.
func (f *Folder) Writable() error {
	const write, search = 2, 1
	if err := syscall.Access(f.root.Name(), write|search); err != nil {
		return outputError("write into "+f.path, err)
	}
	return nil
}
