package sandbox

import (
	"crypto/sha256"
	"encoding/json"
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
	answer json.RawMessage
}

// once does a write at most once per idempotency key: a repeat gets the answer of the first request. Refusals are
// not remembered, so a corrected request may keep its key. write is called with the sandbox locked.
func (s *Sandbox) once(r *http.Request, body []byte, write func(key string) (any, *refusal)) (any, *refusal) {
	key, refused := idempotencyKey(r)
	if refused != nil {
		return nil, refused
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if key == "" {
		return write(key)
	}
	asked := sha256.Sum256(append([]byte(r.URL.Path+"\n"), body...))
	if first, known := s.ledger[key]; known && s.now().Sub(first.at) < s.keyLife {
		if first.asked != asked {
			return s.otherBody(first)
		}
		return first.answer, nil
	}
	object, refused := write(key)
	if refused != nil {
		return nil, refused
	}
	return s.remember(key, asked, object)
}

func (s *Sandbox) remember(key string, asked [sha256.Size]byte, object any) (any, *refusal) {
	answer, err := encode(object)
	if err != nil {
		return nil, &refusal{status: http.StatusInternalServerError, kind: typeAPI, message: err.Error()}
	}
	s.ledger[key] = outcome{at: s.now(), asked: asked, answer: answer}
	return json.RawMessage(answer), nil
}

// idempotencyKey returns the key of a request, empty when it has none.
func idempotencyKey(r *http.Request) (string, *refusal) {
	values, sent := r.Header["Idempotency-Key"]
	if !sent {
		return "", nil
	}
	key := strings.Join(values, ", ")
	if n := utf8.RuneCountInString(key); n < 1 || n > maxKey {
		return "", badRequest("Idempotency-Key", "an idempotency key has 1 to %d characters, this one has %d", maxKey, n)
	}
	return key, nil
}
