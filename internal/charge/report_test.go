package charge

import "testing"

// TestOnlySucceededIsSuccess: whatever else a report may end as one day is no success.
func TestOnlySucceededIsSuccess(t *testing.T) {
	for status, ok := range map[Status]bool{Succeeded: true, Failed: false, "canceled": false, "expired": false, Pending: false, "": false} {
		err := Report{ID: "rpt_1", Status: status, Request: "req_1"}.Verdict()
		if (err == nil) != ok {
			t.Errorf("%s: %v", status, err)
		}
		if e := AsError(err); err != nil && (e.Kind != KindFailed || e.Report != "rpt_1" || e.Request != "req_1") {
			t.Errorf("%s: %+v", status, e)
		}
	}
}
