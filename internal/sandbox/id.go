package sandbox

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strconv"
)

const alphanumeric = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

// newID returns a prefix and 32 letters and digits (charge-api.md, Transport), the same for the same seed and number.
func newID(seed uint64, prefix string, n int) string {
	sum := digest(seed, prefix, n)
	for i, b := range sum {
		sum[i] = alphanumeric[int(b)%len(alphanumeric)]
	}
	return prefix + string(sum[:])
}

// digest is what follows from a seed for one use of it.
func digest(seed uint64, use ...any) [sha256.Size]byte {
	text := append(strconv.AppendUint(nil, seed, 10), "\x00["...)
	for i, part := range use {
		if i > 0 {
			text = append(text, ' ')
		}
		if word, ok := part.(string); ok { // each cell of each file has a few
			text = strconv.AppendQuote(text, word)
		} else {
			text = fmt.Appendf(text, "%q", part)
		}
	}
	return sha256.Sum256(append(text, ']'))
}

func random(sum [sha256.Size]byte) *rand.Rand {
	return rand.New(rand.NewPCG(binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:16])))
}
