package webhook

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
)

const (
	journalName = ".chargectl.events"
	// syncEvery is the least time between two flushes: ids that arrive meanwhile share the next one.
	syncEvery = 12 * time.Millisecond
	// renewEvery is how often a journal that could not be written is retried.
	renewEvery = time.Second
	// remembered is how long a report that is done is known for one, beyond what catch-up reads back to: an event may be
	// delivered again.
	remembered = 30 * 24 * time.Hour
)

// The records of a journal, a line each: the word, an instant, an id where there is one, and the CRC-32C of all that.
const (
	wordSince    = "since"    // the first start of this journal
	wordListed   = "listed"   // what was created before has been caught up on
	wordAccepted = "accepted" // the report of an event, or of catch-up, is to be written
	wordDone     = "done"     // it is written, or never can be
)

// record is one line.
type record struct {
	word string
	at   time.Time
	id   string
}

// appendTo writes the line.
func (r record) appendTo(b []byte) []byte {
	from := len(b)
	b = append(b, r.word+" "+charge.FormatInstant(r.at)...)
	if r.id != "" {
		b = append(b, " "+r.id...)
	}
	return fmt.Appendf(b, " %08x\n", crc32.Checksum(b[from:], crc32.MakeTable(crc32.Castagnoli)))
}

// parseRecord reads a line, which is ok where it is just what appendTo writes of one of ours.
func parseRecord(line string) (r record, ok bool) {
	words := strings.Split(line, " ")
	if len(words) < 3 || len(words) > 4 {
		return r, false
	}
	at, err := time.Parse(time.RFC3339, words[1])
	if r = (record{word: words[0], at: at}); len(words) == 4 {
		r.id = strings.Clone(words[2]) // and not the whole line
	}
	about := r.word == wordAccepted || r.word == wordDone
	return r, err == nil && string(r.appendTo(nil)) == line && about == (charge.CheckID(charge.ReportPrefix, r.id) == nil)
}

// ledger is what a journal says.
type ledger struct {
	since, listed time.Time
	waiting       map[string]time.Time // when they were accepted
	done          map[string]time.Time // when they were
}

func newLedger() ledger {
	return ledger{waiting: map[string]time.Time{}, done: map[string]time.Time{}}
}

// take takes in a record. Where the first one is damaged, the oldest of the others says as well since when.
func (l *ledger) take(r record) {
	if r.word != wordListed && (l.since.IsZero() || r.at.Before(l.since)) {
		l.since = r.at
	}
	switch r.word {
	case wordListed:
		l.listed = r.at
	case wordAccepted:
		if _, done := l.done[r.id]; !done {
			l.waiting[r.id] = r.at
		}
	case wordDone:
		delete(l.waiting, r.id)
		l.done[r.id] = r.at
	}
}

// read takes in a journal. Lines that are torn or damaged, as a power cut leaves them at its end, count as not there.
func (l *ledger) read(from io.Reader) error {
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadSlice('\n')
		switch {
		case err == nil:
			if r, ok := parseRecord(string(line)); ok {
				l.take(r)
			}
		case errors.Is(err, io.EOF):
			return nil
		case !errors.Is(err, bufio.ErrBufferFull): // nothing of ours is that long
			return disk.OutputError("read "+journalName, err)
		}
	}
}

// write writes a journal that says the same, but for what needs no longer to be remembered at now.
func (l *ledger) write(to io.Writer, now time.Time) error {
	lines := bufio.NewWriter(to) // which keeps its first error
	put := func(r record) { _, _ = lines.Write(r.appendTo(lines.AvailableBuffer())) }
	put(record{word: wordSince, at: l.since})
	if !l.listed.IsZero() {
		put(record{word: wordListed, at: l.listed})
	}
	maps.DeleteFunc(l.done, func(_ string, at time.Time) bool { return at.Before(l.listed) && now.Sub(at) > remembered })
	for id, at := range l.done {
		put(record{wordDone, at, id})
	}
	for id, at := range l.waiting {
		put(record{wordAccepted, at, id})
	}
	return lines.Flush()
}

// journal is a ledger on disk. What accept returns nil for is there after a power cut too.
type journal struct {
	folder *disk.Folder
	took   func(id string, at time.Time) // called with the lock for each report once it is on disk; it must return quickly
	due    chan *batch                   // has run flush; holds one at most

	mu      sync.Mutex // guards what follows
	ledger  ledger
	coming  map[string]*batch // what brings a report to disk
	next    *batch            // the due one, which takes more; nil for none
	log     *disk.Log         // nil while the file on disk is not good for another line
	broken  error             // why
	renewed time.Time         // when a new file was tried last
}

// batch is what one flush brings to disk, for all that wait for it.
type batch struct {
	records []record
	over    chan struct{} // closed when it is there, or err says why not
	err     error
}

// openJournal reads the journal of a folder, and replaces it by one without the lines that have been settled. Errors are
// charge.KindOutput.
func openJournal(folder *disk.Folder, now time.Time, took func(id string, at time.Time)) (*journal, error) {
	j := &journal{folder: folder, took: took, due: make(chan *batch, 1), ledger: newLedger(), coming: map[string]*batch{}}
	old, err := folder.Open(journalName)
	if err != nil {
		return nil, err
	}
	if old != nil {
		err = j.ledger.read(old)
		_ = old.Close()
	}
	if j.ledger.since.IsZero() {
		j.ledger.since = now
	}
	if err == nil {
		err = j.renew(now)
	}
	return j, err
}

// renew puts a new file in the journal's place, where there is none that is good for another line. The lock is held, or
// nobody else has the journal yet.
func (j *journal) renew(now time.Time) (err error) {
	switch {
	case j.log != nil:
		return nil
	case now.Sub(j.renewed) < renewEvery:
		return j.broken
	}
	j.renewed = now
	j.log, err = j.folder.NewLog(journalName, func(w io.Writer) error { return j.ledger.write(w, now) })
	return err
}

// accept has reports written, and returns nil once they are on disk; those that are there already it leaves alone.
// Errors are charge.KindOutput, and the end of ctx.
func (j *journal) accept(ctx context.Context, at time.Time, ids ...string) error {
	var batches []*batch
	j.mu.Lock()
	for _, id := range ids {
		_, waiting := j.ledger.waiting[id]
		_, done := j.ledger.done[id]
		if waiting || done {
			continue
		}
		if j.coming[id] == nil {
			if j.next == nil {
				j.next = &batch{over: make(chan struct{})}
				j.due <- j.next
			}
			j.next.records = append(j.next.records, record{wordAccepted, at, id})
			j.coming[id] = j.next
		}
		batches = append(batches, j.coming[id])
	}
	j.mu.Unlock()
	for _, b := range batches {
		select {
		case <-b.over:
		case <-ctx.Done():
			return charge.Ended(ctx)
		}
		if b.err != nil {
			return b.err
		}
	}
	return nil
}

// note writes a record that may be lost: it says what can be found out again.
func (j *journal) note(r record) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.ledger.take(r)
	if j.log == nil {
		return
	}
	if err := j.log.Append(r.appendTo(nil)); err != nil {
		j.spoil(err)
	}
}

// horizon is when the journal was first started, and what was created before which instant has been caught up on.
func (j *journal) horizon() (since, listed time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.ledger.since, j.ledger.listed
}

// backlog is how many reports wait, and since when the first of them does.
func (j *journal) backlog() (waiting int, oldest time.Time) {
	j.mu.Lock()
	defer j.mu.Unlock()
	for _, at := range j.ledger.waiting {
		if oldest.IsZero() || at.Before(oldest) {
			oldest = at
		}
	}
	return len(j.ledger.waiting), oldest
}

// spoil gives the file up, if there is one: nobody knows what is in it. The lock is held.
func (j *journal) spoil(why error) {
	if j.log != nil {
		_ = j.log.Close()
	}
	j.log, j.broken = nil, why
}

// run flushes batches until ctx ends, and then what is left.
func (j *journal) run(ctx context.Context) {
	for ctx.Err() == nil {
		select {
		case b := <-j.due:
			j.flush(b)
			charge.Sleep(ctx, syncEvery)
		case <-ctx.Done():
		}
	}
	if len(j.due) > 0 {
		j.flush(<-j.due)
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.log != nil {
		_ = j.log.Sync()
	}
	j.spoil(nil)
}

// flush brings a batch to disk. Nobody waits for the lock while the disk does its work.
func (j *journal) flush(b *batch) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.next = nil
	if b.err = j.renew(time.Now()); b.err == nil {
		var lines []byte
		for _, r := range b.records {
			lines = r.appendTo(lines)
		}
		b.err = j.log.Append(lines)
	}
	if file := j.log; b.err == nil {
		j.mu.Unlock()
		b.err = file.Sync()
		j.mu.Lock()
	}
	if b.err != nil {
		j.spoil(b.err)
	}
	for _, r := range b.records {
		delete(j.coming, r.id)
		if b.err == nil {
			j.ledger.take(r)
			j.took(r.id, r.at)
		}
	}
	close(b.over)
}
