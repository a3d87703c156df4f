package folder

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/chargectl/chargectl/internal/charge"
)

const maxReceipt = 1 << 20

// ReceiptOf is the name of the receipt beside a file.
func ReceiptOf(name string) string { return name + ".json" }

// Receipt records where a file came from. Fields are only ever added.
type Receipt struct {
	Report     map[string]json.RawMessage `json:"report"`
	Parameters json.RawMessage            `json:"parameters"` // canonical: the request's body
	Start      string                     `json:"period_start"`
	End        string                     `json:"period_end"`
	Zone       string                     `json:"zone"`
	Bytes      int64                      `json:"bytes"`
	SHA256     string                     `json:"sha256"`
	Key        string                     `json:"idempotency_key"`
	Requests   []string                   `json:"requests"` // the API's request ids
	Attempts   int                        `json:"attempts"`
	WaitedMS   int64                      `json:"waited_ms"`
	SavedMS    int64                      `json:"saved_ms"`
	Version    string                     `json:"chargectl"`
}

// Text is the receipt as it is written.
func (r Receipt) Text() ([]byte, error) {
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(r)
	return text.Bytes(), err
}

// CheckReceipt compares the receipt beside a file of size bytes with the plan. It returns "" when they agree or
// there is no receipt, else how they differ.
func CheckReceipt(dir, name string, size int64, item Item) string {
	file, err := os.Open(filepath.Join(dir, filepath.FromSlash(ReceiptOf(name))))
	if errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	var r Receipt
	if err == nil {
		err = json.NewDecoder(io.LimitReader(file, maxReceipt)).Decode(&r)
		_ = file.Close()
	}
	if err != nil {
		return "its receipt cannot be read"
	}
	body, err := item.Request.Body()
	switch {
	case err != nil:
		return err.Error()
	case r.Start != charge.FormatInstant(item.Period.Start) || r.End != charge.FormatInstant(item.Period.End):
		return "its receipt is for " + r.Start + " to " + r.End
	case !sameJSON(r.Parameters, body):
		return "its receipt is for other parameters"
	case r.Bytes != size:
		return fmt.Sprintf("it has %d bytes, but its receipt is for %d", size, r.Bytes)
	}
	return ""
}

// sameJSON compares a receipt's parameters with canonical ones: but for the white space that indenting put in, they are
// the same text.
func sameJSON(indented, canonical []byte) bool {
	var text bytes.Buffer
	return json.Compact(&text, indented) == nil && bytes.Equal(text.Bytes(), canonical)
}
