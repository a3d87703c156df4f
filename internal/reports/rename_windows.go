package reports

import (
	"context"
	"os"
	"time"
)

// renameFile tries again for over a second: on Windows a virus scanner or indexer may hold either file for a moment.
func renameFile(root *os.Root, from, to string) error {
	delay := 10 * time.Millisecond
	for {
		err := root.Rename(from, to)
		if err == nil || delay > time.Second {
			return err
		}
		pause(context.Background(), delay)
		delay *= 2
	}
}
