package reports

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"

	"github.com/chargectl/chargectl/internal/charge"
)

// stream is a sink that cannot take bytes back: a pipe, a device, standard output. When a file has to be read from
// its start again, the bytes that are out already are compared and not written a second time.
type stream struct {
	to        io.Writer
	name      string
	validator string
	out       int64     // bytes written
	written   hash.Hash // of them
	again     int64     // bytes of the new start still to be compared
	compared  hash.Hash
}

func newStream(to io.Writer, name string) *stream {
	return &stream{to: to, name: name, written: sha256.New()}
}

// Offset is how many bytes of the file were taken in since its last start.
func (s *stream) Offset() int64 { return s.out - s.again }

// Validator tells the file's version that the bytes are of.
func (s *stream) Validator() string { return s.validator }

// Restart takes the file from its first byte on.
func (s *stream) Restart(_ context.Context, validator string) error {
	s.validator, s.again, s.compared = validator, s.out, sha256.New()
	return nil
}

// Write passes bytes on that were not passed on before.
func (s *stream) Write(b []byte) (int, error) {
	known := min(s.again, int64(len(b)))
	if known > 0 {
		s.compared.Write(b[:known])
		s.again -= known
		if s.again == 0 && !bytes.Equal(s.compared.Sum(nil), s.written.Sum(nil)) {
			return 0, &charge.Error{Kind: charge.KindOutput, Op: "write " + s.name, Reason: "the file changed at the file host while it was being written out"}
		}
	}
	n, err := s.to.Write(b[known:])
	s.written.Write(b[known : known+int64(n)])
	s.out += int64(n)
	if err != nil {
		return int(known) + n, s.failed(err)
	}
	return len(b), nil
}

// failed leaves the usual hint out: nothing of a stream is kept for a later run.
func (s *stream) failed(err error) error {
	e, _ := errors.AsType[*charge.Error](outputError("write "+s.name, err))
	own := *e
	own.Hint = ""
	return &own
}
