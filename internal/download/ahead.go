package download

import "iter"

// buffersAhead is how many buffers one file has: one is filled while another is written, and one is ready for whoever of
// both comes first.
const buffersAhead = 3

// piece is what one read brought.
type piece struct {
	buffer *buffer
	n      int
	err    error
	panic  any // of the read; then there is nothing else
}

// pieces gives what read brings, up to its first error, which comes with the last piece. From the second piece on the next
// ones are read in a goroutine of its own while one is made use of: on two processors a large file takes as long as the
// slower of the two, not as both. A piece is for use until the next one. Whoever ends the loop early ends the read that is
// under way too, such as by closing what is read from.
func pieces(read func(p []byte) (int, error)) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		first := buffers.Get().(*buffer)
		n, err := read(first[:])
		if !yield(first[:n], err) || err != nil { // a small file
			buffers.Put(first)
			return
		}
		empty, full := make(chan *buffer, buffersAhead), make(chan piece, buffersAhead) // so neither side waits to send
		empty <- first
		for range buffersAhead - 1 {
			empty <- buffers.Get().(*buffer)
		}
		go readAhead(read, empty, full)
		defer func() {
			close(empty)
			for b := range empty {
				buffers.Put(b)
			}
		}()
		for p := range full {
			if p.panic != nil {
				panic(p.panic) // here it ends the run, as any other
			}
			if !yield(p.buffer[:p.n], p.err) || p.err != nil {
				buffers.Put(p.buffer)
				return
			}
			empty <- p.buffer
		}
	}
}

// readAhead fills buffers until there are no more, or with the first error.
func readAhead(read func(p []byte) (int, error), empty <-chan *buffer, full chan<- piece) {
	defer close(full)
	defer func() {
		if v := recover(); v != nil {
			full <- piece{panic: v}
		}
	}()
	for b := range empty {
		n, err := read(b[:])
		full <- piece{buffer: b, n: n, err: err}
		if err != nil {
			return
		}
	}
}
