package folder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"hash"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
)

// State is what a check finds of an item.
type State string

// The states of an item.
const (
	StateOK      State = "ok"      // its file is there and, where it has a receipt, is what that says
	StateOpen    State = "open"    // its period has not ended, or not settled
	StateMissing State = "missing" // there is no file
	StateChanged State = "changed" // the size or the SHA-256 of its file is not its receipt's
	StateWrong   State = "wrong"   // its receipt is for something else, or file or receipt cannot be read, or what has its name is no file
)

// States are all states, in the order in which they are told.
func States() []State { return []State{StateOK, StateOpen, StateMissing, StateChanged, StateWrong} }

// Finding is an item with what a check found of it.
type Finding struct {
	Item
	State   State
	Reason  string
	Notes   []string // a word each of what is worth knowing, and no fault; Reason tells more
	Receipt *Receipt // the one beside it, where there is one that can be read
}

// NoteColumns is the note on a file whose columns are not those of its fleet's file before.
const NoteColumns = "columns"

// readers is how many files a check reads at a time.
const readers = 8

// Check compares each item of a plan (made without refreshing) with what is on disk and with its receipt, eight files at a
// time, and gives each with what was found, in the plan's order. It changes nothing. guard is deferred in every goroutine.
// The error is the end of ctx.
func Check(ctx context.Context, dir string, items []Item, guard func(), each func(Finding)) error {
	type task struct {
		item  Item
		found chan<- Finding
	}
	tasks, order := make(chan task), make(chan (<-chan Finding), readers)
	for range min(readers, len(items)) {
		go func() {
			defer guard()
			r := reader{dir: dir, sum: sha256.New(), buffer: make([]byte, 128<<10)}
			for t := range tasks {
				t.found <- r.check(t.item)
			}
		}()
	}
	go func() {
		defer guard()
		defer close(order)
		defer close(tasks)
		for _, item := range items {
			found := make(chan Finding, 1)
			select {
			case tasks <- task{item, found}:
			case <-ctx.Done():
				return
			}
			select {
			case order <- found:
			case <-ctx.Done():
				return
			}
		}
	}()
	before := map[string]Finding{} // by fleet: the last file whose columns are known
	for found := range order {
		select {
		case f := <-found:
			if fleet := f.Scope.Fleet.ID; f.State == StateOK && f.Receipt != nil && len(f.Receipt.Columns) > 0 {
				if last, ok := before[fleet]; ok && !slices.Equal(last.Receipt.Columns, f.Receipt.Columns) {
					f.Notes = append(f.Notes, NoteColumns)
					f.Reason = "its columns are not those of " + last.Period.Label() + ": " + moved(last.Receipt.Columns, f.Receipt.Columns)
				}
				before[fleet] = f
			}
			each(f)
		case <-ctx.Done():
		}
	}
	return context.Cause(ctx)
}

// reader reads one file after the other.
type reader struct {
	dir    string
	sum    hash.Hash
	buffer []byte
}

func (r reader) check(item Item) Finding {
	switch item.Action {
	case ActionOpen:
		return Finding{Item: item, State: StateOpen, Reason: item.Reason}
	case ActionRefuse:
		return Finding{Item: item, State: StateWrong, Reason: item.Reason}
	case ActionCreate:
		return Finding{Item: item, State: StateMissing, Reason: "not on disk"}
	}
	receipt, err := ReadReceipt(r.dir, item.Name)
	f := Finding{Item: item, State: StateWrong}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		f.State, f.Reason = StateOK, "on disk, without a receipt"
	case err != nil:
		f.Reason = unreadable
	default:
		f.Receipt = &receipt
		if f.Reason = receipt.Differs(receipt.Bytes, item); f.Reason == "" {
			f.State, f.Reason = r.compare(receipt, item)
		}
	}
	return f
}

// compare reads a file whose receipt is for its item.
func (r reader) compare(receipt Receipt, item Item) (State, string) {
	file, err := os.Open(filepath.Join(r.dir, filepath.FromSlash(item.Name)))
	if err != nil {
		return unread(err)
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return unread(err)
	}
	if reason := receipt.Differs(info.Size(), item); reason != "" {
		return StateChanged, reason
	}
	r.sum.Reset()
	if _, err := io.CopyBuffer(r.sum, onlyReader{file}, r.buffer); err != nil {
		return unread(err)
	}
	if hex.EncodeToString(r.sum.Sum(nil)) != receipt.SHA256 {
		return StateChanged, "its SHA-256 is not its receipt's"
	}
	return StateOK, "what its receipt says"
}

// onlyReader keeps a file from writing itself with a buffer of its own.
type onlyReader struct{ io.Reader }

func unread(err error) (State, string) {
	return StateWrong, "it cannot be read: " + charge.AsError(disk.OutputError("", err)).Reason
}

// moved says how column names differ from those before.
func moved(before, now []string) string {
	lacking := func(names, others []string) string {
		names = slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
		return charge.Clip(strings.Join(names, ", "), 200)
	}
	switch added, gone := lacking(now, before), lacking(before, now); {
	case added != "" && gone != "":
		return "new " + added + "; without " + gone
	case added != "":
		return "new " + added
	case gone != "":
		return "without " + gone
	}
	return "in another order, or not as often"
}
