//go:build unix

package reports

import "syscall"

// writable asks whether files can be made in the folder, without making one: a crash would leave it behind.
func (f *Folder) writable() error {
	const write, search = 2, 1
	if err := syscall.Access(f.root.Name(), write|search); err != nil {
		return outputError("write into "+f.path, err)
	}
	return nil
}
