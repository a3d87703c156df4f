package download

import (
	"context"
	"os"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

const (
	// lockSuffix names what is locked while a part is written. A lock on Windows keeps even its owner's other handles
	// from writing, so it is a file of its own.
	lockSuffix = ".part.lock"
	// foldersSync is whether a folder's entries can be flushed to disk.
	foldersSync = false
)

// renameFile tries again for over a second: a virus scanner or indexer may hold either file for a moment.
func renameFile(root *os.Root, from, to string) error {
	delay := 10 * time.Millisecond
	for {
		err := root.Rename(from, to)
		if err == nil || delay > time.Second {
			return err
		}
		charge.Sleep(context.Background(), delay)
		delay *= 2
	}
}
