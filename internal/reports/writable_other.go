//go:build !unix

package reports

// writable is found out by writing where a folder's mode does not tell.
func (f *Folder) writable() error { return nil }
