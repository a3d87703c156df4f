package sandbox

import (
	"crypto/sha256"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

// maxKey is how many characters an idempotency key may have (charge-api.md, Transport).
const maxKey = 255

// outcome is the first request under a key and its answer.
type outcome struct {
	at     time.Time
	asked  [sha256.Size]byte
	answer any
}

// once does a write at most once per idempotency key: a repeat gets the answer of the first request. Refusals are
// not remembered, so a corrected request may keep its key. The sandbox is locked.
func (s *Sandbox) once(c call, write operation) (any, *refusal) {
	if c.key == "" {
		return write(c)
	}
	asked := sha256.Sum256(append([]byte(c.URL.Path+"\n"), c.body...))
	first, known := s.ledger[c.key]
	if known && c.now.Sub(first.at) < s.keyLife {
		if first.asked != asked && !s.firstOutcome {
			return nil, conflict("this idempotency key belongs to another request")
		}
		return first.answer, nil
	}
	answer, refused := write(c)
	if refused == nil {
		s.ledger[c.key] = outcome{c.now, asked, answer}
	}
	return answer, refused
}

// idempotencyKey returns the key of a request, empty when it has none.
func idempotencyKey(r *http.Request) (string, *refusal) {
	values, sent := r.Header["Idempotency-Key"]
	key := strings.Join(values, ", ")
	if n := utf8.RuneCountInString(key); sent && (n < 1 || n > maxKey) {
		return "", badRequest("Idempotency-Key", "an idempotency key has 1 to %d characters, this one has %d", maxKey, n)
	}
	return key, nil
}
