package download

import (
	"bytes"
	"errors"
	"io"
	"testing"
	"testing/synctest"
)

// numbered is a body whose pieces of a full buffer are filled with their number, and whose last one ends it in an error.
func numbered(reads *int, pieces int, end error) func(p []byte) (int, error) {
	return func(p []byte) (int, error) {
		*reads++
		n := copy(p, bytes.Repeat([]byte{byte(*reads)}, len(p)))
		if *reads == pieces {
			return n / 2, end
		}
		return n, nil
	}
}

// TestPiecesAreReadAheadInOrder: while a piece is in use the next ones are read, no more than there are buffers for, and
// never into the one that is in use.
func TestPiecesAreReadAheadInOrder(t *testing.T) {
	broken := errors.New("broken")
	for name, end := range map[string]error{"whole": io.EOF, "cut": broken} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const all = 9
				reads, got := 0, 0
				for p, err := range pieces(numbered(&reads, all, end)) {
					synctest.Wait()
					got++
					ahead := min(all, got+buffersAhead-1)
					if got == 1 {
						ahead = 1 // it may be the only one
					}
					if reads != ahead {
						t.Errorf("%d reads while piece %d is in use, want %d", reads, got, ahead)
					}
					size, want := len(buffer{}), error(nil)
					if got == all {
						size, want = size/2, end
					}
					if !bytes.Equal(p, bytes.Repeat([]byte{byte(got)}, size)) || !errors.Is(err, want) {
						t.Errorf("piece %d: %d bytes of %d, %v", got, len(p), p[0], err)
					}
				}
				if got != all {
					t.Errorf("%d pieces, want %d", got, all)
				}
			})
		})
	}
}

// TestPiecesThatNobodyWantsEnd: a loop that ends early leaves nothing behind, whether the reader is at rest or in a read that
// the end of its source ends. The bubble waits for every goroutine.
func TestPiecesThatNobodyWantsEnd(t *testing.T) {
	for name, wanted := range map[string]int{"after the first": 1, "later": 4} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				source, to := io.Pipe()
				go func() { _, _ = io.Copy(to, io.LimitReader(endless{}, 5*int64(len(buffer{})))) }() // then it waits for ever
				got := 0
				for range pieces(func(p []byte) (int, error) { return io.ReadFull(source, p) }) {
					synctest.Wait()
					if got++; got == wanted {
						break
					}
				}
				_ = source.Close()
			})
		})
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

// TestAPanicWhileReadingAheadIsTheLoops: so it ends the run as one in the loop would.
func TestAPanicWhileReadingAheadIsTheLoops(t *testing.T) {
	reads, got := 0, 0
	defer func() {
		if v := recover(); v != "broken" || got != 2 {
			t.Errorf("%v after %d pieces", v, got)
		}
	}()
	for range pieces(func(p []byte) (int, error) {
		if reads++; reads == 3 {
			panic("broken")
		}
		return len(p), nil
	}) {
		got++
	}
}
