package charge

import (
	"encoding/json"
	"io"
	"time"
)

// Status is where a report stands. The set is open: a status this program does not know is shown and waited on.
type Status string

// The documented statuses of a report (charge-api.md, Reports).
const (
	Pending    Status = "pending"
	Processing Status = "processing"
	Succeeded  Status = "succeeded"
	Failed     Status = "failed"
)

// Statuses are the documented statuses, in the order in which a report goes through them.
func Statuses() []string {
	return []string{string(Pending), string(Processing), string(Succeeded), string(Failed)}
}

// Terminal reports whether the status can no longer change; an unknown status can.
func (s Status) Terminal() bool { return s == Succeeded || s == Failed }

// Report is one report as the API describes it (charge-api.md, Reports).
type Report struct {
	ID         string
	Status     Status
	Fleet      string    // empty for the whole account
	Format     string    // the file's format, such as csv
	Size       int64     // bytes of the file, 0 until the report has succeeded
	URL        string    // where the file is, empty until the report has succeeded
	Created    time.Time // zero when the API gave none
	Finished   time.Time // zero until the report has succeeded
	Parameters Parameters

	// Seen is the server's clock when it gave this object (the Date header), zero when it gave none.
	Seen time.Time
	// Request is the id of the response that carried the object, for support; empty when unknown.
	Request string
	// Raw is the object byte for byte as the API sent it, unknown fields and number text included.
	Raw json.RawMessage
}

// Age is how old the report was when the server gave it, never negative; 0 when either instant is unknown.
func (r Report) Age() time.Duration {
	if r.Created.IsZero() || r.Seen.IsZero() {
		return 0
	}
	return max(0, r.Seen.Sub(r.Created))
}

// Verdict is the outcome of a report that is no longer waited for: nil when it succeeded, a KindFailed error for every
// other status.
func (r Report) Verdict() error {
	if r.Status == Succeeded {
		return nil
	}
	reason := "the report failed at the server"
	if r.Status != Failed {
		reason = "the report did not succeed: its status is " + Clip(string(r.Status), 40)
	}
	return &Error{Kind: KindFailed, Op: "report " + r.ID, Reason: reason, Report: r.ID, Request: r.Request}
}

// Parameters are what a report covers: the half-open period [Start, End) and what is counted in it.
type Parameters struct {
	Type     string
	Start    time.Time
	End      time.Time
	GroupBy  string
	Vehicles []string
}

// ReportFilter narrows a listing of reports; empty fields do not filter.
type ReportFilter struct {
	Status Status
	Fleet  string
}

// FileRange asks for a file from an offset on. Validator is what If-Range carries: a strong ETag or a Last-Modified
// date (RFC 9110, section 13.1.5); it must be set when Offset is not 0.
type FileRange struct {
	Offset    int64
	Validator string
}

// File is a response of the file host. The caller closes Body.
type File struct {
	HTTPStatus int    // 200, 206 or 416; everything else is an error
	Offset     int64  // where Body starts: Content-Range's first byte for a 206, -1 when it did not tell, 0 for a 200
	End        int64  // one past the last byte that Body should carry, -1 when the response did not tell
	Total      int64  // the whole file's length, -1 when the response did not tell
	Validator  string // a strong ETag, else Last-Modified, else empty: resuming is not safe
	Body       io.ReadCloser
}
