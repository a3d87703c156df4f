//go:build unix

package disk

import "syscall"

// access asks whether files can be made in a folder, without making one: a crash would leave it behind.
func access(path string) error {
	const write, search = 2, 1
	return syscall.Access(path, write|search)
}
