package config

import (
	"os"
	"time"
)

// rename tries again for about a second: a virus scanner or an indexer may hold either file for a moment.
func rename(from, to string) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for pause := 10 * time.Millisecond; ; pause *= 2 {
		<-timer.C
		err := os.Rename(from, to)
		if err == nil || pause > 500*time.Millisecond {
			return err
		}
		timer.Reset(pause)
	}
}
