package reports

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
)

const (
	receiptSuffix = ".json" // of the receipt beside a file
	maxReceipt    = 1 << 20
)

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

// seal writes the receipt of a file whose bytes are verified and have no name yet.
func (c *course) seal(name string, file *os.File) error {
	sum := sha256.New()
	size, err := io.Copy(sum, file)
	if err != nil {
		return disk.OutputError("read "+c.folder.Path(name), err)
	}
	var report map[string]json.RawMessage // none where the API gave no object
	if json.Unmarshal(c.Report.Raw, &report) == nil {
		delete(report, "url") // whoever has the link may have the file
	}
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err = enc.Encode(Receipt{
		Report: report, Parameters: c.body,
		Start: charge.FormatInstant(c.Period.Start), End: charge.FormatInstant(c.Period.End), Zone: c.Scope.Zone.String(),
		Bytes: size, SHA256: hex.EncodeToString(sum.Sum(nil)),
		Key: c.key, Requests: slices.DeleteFunc(c.requests, func(id string) bool { return id == "" }), Attempts: c.Attempt,
		WaitedMS: c.ready.Sub(c.asked).Milliseconds(), SavedMS: time.Since(c.ready).Milliseconds(),
		Version: c.options.Version,
	})
	if err != nil {
		return disk.OutputError("write "+c.folder.Path(name+receiptSuffix), err)
	}
	return c.folder.WriteBefore(name+receiptSuffix, text.Bytes())
}

// CheckReceipt compares the receipt beside a file of size bytes with the plan. It returns "" when they agree or
// there is no receipt, else how they differ.
func CheckReceipt(dir, name string, size int64, item Item) string {
	file, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)+receiptSuffix))
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
