package disk

import (
	"context"
	"os"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// foldersSync says that a folder's entries can be flushed to disk.
const foldersSync = false

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
