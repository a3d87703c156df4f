package download

import (
	"bytes"
	"crypto/sha256"
	"hash"
	"io"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
)

// Output is a sink that cannot take bytes back: a pipe, a device, standard output. When a file has to be read from its
// start again, the bytes that are out already are compared and not written a second time.
type Output struct {
	to        io.Writer
	name      string
	validator string
	out       int64     // bytes written
	written   hash.Hash // of them
	again     int64     // bytes of the new start still to be compared
	compared  hash.Hash
}

// NewOutput makes the sink of one file. The name is for messages.
func NewOutput(to io.Writer, name string) *Output {
	return &Output{to: to, name: name, written: sha256.New()}
}

// Offset is how many bytes of the file were taken in since its last start.
func (o *Output) Offset() int64 { return o.out - o.again }

// Validator tells the file's version that the bytes are of.
func (o *Output) Validator() string { return o.validator }

// Restart takes the file from its first byte on.
func (o *Output) Restart(validator string, _ int64) error {
	o.validator, o.again, o.compared = validator, o.out, sha256.New()
	return nil
}

// Write passes bytes on that were not passed on before.
func (o *Output) Write(b []byte) (int, error) {
	known := min(o.again, int64(len(b)))
	if known > 0 {
		o.compared.Write(b[:known])
		o.again -= known
		if o.again == 0 && !bytes.Equal(o.compared.Sum(nil), o.written.Sum(nil)) {
			return 0, &charge.Error{Kind: charge.KindOutput, Op: "write " + o.name, Reason: "the file changed at the file host while it was being written out"}
		}
	}
	n, err := o.to.Write(b[known:])
	o.written.Write(b[known : known+int64(n)])
	o.out += int64(n)
	if err == nil {
		return len(b), nil
	}
	// The usual hints are about files in a folder.
	return int(known) + n, charge.AsError(disk.OutputError("write "+o.name, err)).WithHint("")
}
