package output

import "time"

// heartbeatEvery keeps CI systems, which kill a silent step, and people informed without flooding a log.
const heartbeatEvery = 30 * time.Second

// beat tells every 30 s that the run is alive until the returned function is called, which waits for the last one.
func (p *Progress) beat() (stop func()) {
	done, gone := make(chan struct{}), make(chan struct{})
	ticker := time.NewTicker(heartbeatEvery)
	go func() {
		defer close(gone)
		defer ticker.Stop()
		for {
			select {
			case <-done:
				return
			case now := <-ticker.C:
				p.tell(func(v voice, _ time.Time) { v.heartbeat(p.board, now) })
			}
		}
	}()
	return func() {
		close(done)
		<-gone
	}
}
