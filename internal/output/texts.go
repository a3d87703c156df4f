package output

import (
	"bytes"
	"encoding/json"
	"iter"
)

// texts keeps JSON values as their text alone, in large blocks: a hundred thousand values of a list are no more than the
// bytes that came.
type texts struct {
	blocks []*bytes.Buffer // whole values, compact, a line each
	count  int
}

const blockSize = 256 << 10 // bytes

func (t *texts) add(text json.RawMessage) error {
	if len(t.blocks) == 0 || t.last().Available() <= len(text) {
		t.blocks = append(t.blocks, bytes.NewBuffer(make([]byte, 0, max(blockSize, len(text)+1))))
	}
	t.count++
	if err := json.Compact(t.last(), text); err != nil {
		return notJSON(err)
	}
	t.last().WriteByte('\n')
	return nil
}

func (t *texts) last() *bytes.Buffer { return t.blocks[len(t.blocks)-1] }

func (t *texts) all() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for _, block := range t.blocks {
			for line := range bytes.Lines(block.Bytes()) {
				if !yield(line[:len(line)-1]) {
					return
				}
			}
		}
	}
}

// joined is the array of all values.
func (t *texts) joined() json.RawMessage {
	b := []byte("[")
	for text := range t.all() {
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = append(b, text...)
	}
	return append(b, ']')
}
