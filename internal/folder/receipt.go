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
	Fleet      *ReceiptFleet              `json:"fleet,omitempty"` // none for the whole account
	Measure
	Key      string   `json:"idempotency_key"`
	Requests []string `json:"requests"` // the API's request ids
	Attempts int      `json:"attempts"`
	WaitedMS int64    `json:"waited_ms"`
	SavedMS  int64    `json:"saved_ms"`
	Version  string   `json:"chargectl"`
}

// ReceiptFleet is whose file it is, as far as the API has told.
type ReceiptFleet struct {
	ID           string `json:"id"`
	Name         string `json:"name,omitempty"`
	Zone         string `json:"timezone,omitempty"`
	MetricSystem string `json:"metric_system,omitempty"`
}

// FleetOf is what a receipt says of a fleet; nil is the whole account.
func FleetOf(fleet charge.Fleet) *ReceiptFleet {
	if fleet.ID == "" {
		return nil
	}
	return &ReceiptFleet{ID: fleet.ID, Name: fleet.Name, Zone: fleet.Timezone, MetricSystem: fleet.MetricSystem}
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

// ReadReceipt reads the receipt beside a file. That there is none is fs.ErrNotExist; another error is one that cannot be
// read.
func ReadReceipt(dir, name string) (r Receipt, err error) {
	path := filepath.Join(dir, filepath.FromSlash(ReceiptOf(name)))
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return r, err
	case !info.Mode().IsRegular(): // to open a pipe would be to wait for its writer
		return r, errors.New("not a file")
	}
	file, err := os.Open(path)
	if err == nil {
		err = json.NewDecoder(io.LimitReader(file, maxReceipt)).Decode(&r)
		_ = file.Close()
	}
	return r, err
}

// unreadable is how each receipt that cannot be read differs from what it should be.
const unreadable = "its receipt cannot be read"

// CheckReceipt compares the receipt beside a file of size bytes with the plan. It returns "" when they agree or
// there is no receipt, else how they differ.
func CheckReceipt(dir, name string, size int64, item Item) string {
	r, err := ReadReceipt(dir, name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return ""
	case err != nil:
		return unreadable
	}
	return r.Differs(size, item)
}

// Differs is how the receipt of a file of size bytes differs from the plan; "" when it does not.
func (r Receipt) Differs(size int64, item Item) string {
	body, err := item.Request().Body()
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
