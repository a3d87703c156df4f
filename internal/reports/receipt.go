package reports

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// receiptSuffix names the receipt beside a file.
const receiptSuffix = ".json"

const maxReceipt = 1 << 20

// Receipt says where a file came from. Fields are only ever added.
type Receipt struct {
	Report     json.RawMessage `json:"report"`
	Parameters json.RawMessage `json:"parameters"` // canonical: the request's body
	Start      string          `json:"period_start"`
	End        string          `json:"period_end"`
	Zone       string          `json:"zone"`
	Bytes      int64           `json:"bytes"`
	SHA256     string          `json:"sha256"`
	Key        string          `json:"idempotency_key"`
	Requests   []string        `json:"requests"` // the API's request ids
	Attempts   int             `json:"attempts"`
	WaitedMS   int64           `json:"waited_ms"`
	LandedMS   int64           `json:"landed_ms"`
	Version    string          `json:"chargectl"`
}

// seal writes the receipt of a file whose bytes are verified and have no name yet.
func (r *run) seal(item Item, name string, made made, file *os.File) error {
	sum := sha256.New()
	size, err := io.Copy(sum, file)
	if err != nil {
		return outputError("read "+r.folder.Path(name), err)
	}
	body, err := item.Request.Body()
	if err != nil {
		return err
	}
	now := time.Now()
	text, err := json.MarshalIndent(Receipt{
		Report: made.report.Raw, Parameters: body,
		Start: charge.FormatInstant(item.Period.Start), End: charge.FormatInstant(item.Period.End), Zone: item.Scope.Zone.String(),
		Bytes: size, SHA256: hex.EncodeToString(sum.Sum(nil)),
		Key: made.key, Requests: made.requests, Attempts: made.attempt,
		WaitedMS: made.ready.Sub(made.asked).Milliseconds(), LandedMS: now.Sub(made.ready).Milliseconds(),
		Version: r.options.Version,
	}, "", "  ")
	if err != nil {
		return outputError("write "+r.folder.Path(name+receiptSuffix), err)
	}
	return r.folder.writeFile(name+receiptSuffix, append(text, '\n'))
}

// CheckReceipt compares the receipt beside a file with what the plan says. It returns "" when they agree or there is
// no receipt, else how they differ.
func CheckReceipt(dir, name string, item Item) string {
	file, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)+receiptSuffix))
	if err != nil {
		return ""
	}
	defer file.Close()
	var r Receipt
	if json.NewDecoder(io.LimitReader(file, maxReceipt)).Decode(&r) != nil {
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
	}
	return ""
}

// sameJSON compares without the white space that indenting a receipt put in.
func sameJSON(a, b []byte) bool {
	compact := func(text []byte) []byte {
		var value any
		if json.Unmarshal(text, &value) != nil {
			return text
		}
		out, _ := json.Marshal(value)
		return out
	}
	return slices.Equal(compact(a), compact(b))
}
