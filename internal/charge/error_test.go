package charge

import (
	"errors"
	"fmt"
	"io"
	"testing"
)

func TestAbout(t *testing.T) {
	for _, tc := range []struct {
		op, report         string // of the error
		aboutOp, aboutRpt  string
		wantOp, wantReport string
	}{
		{"", "", "create report", "", "create report", ""},
		{"", "", "download rpt_1", "rpt_1", "download rpt_1", "rpt_1"},
		{"fetch file", "", "download rpt_1", "rpt_1", "download rpt_1: fetch file", "rpt_1"},
		{"get report rpt_1", "rpt_1", "wait for rpt_1", "rpt_1", "wait for rpt_1", "rpt_1"},
		{"get report rpt_1", "rpt_1", "sync a.csv", "rpt_1", "sync a.csv: get report rpt_1", "rpt_1"},
		{"download rpt_1: fetch file", "rpt_1", "download rpt_1", "rpt_1", "download rpt_1: fetch file", "rpt_1"},
		{"get report rpt_1", "rpt_1", "wait for rpt_2", "rpt_2", "wait for rpt_2: get report rpt_1", "rpt_1"},
		{"wait for rpt_1", "", "wait for rpt_1", "rpt_1", "wait for rpt_1", "rpt_1"},
		{"list reports", "", "", "rpt_1", "list reports", "rpt_1"},
	} {
		e := &Error{Kind: KindTemporary, Op: tc.op, Report: tc.report, Reason: "why", MayExist: true, Err: io.EOF}
		got := e.About(tc.aboutOp, tc.aboutRpt)
		if got.Op != tc.wantOp || got.Report != tc.wantReport {
			t.Errorf("%q, %q about %q, %q: got %q, %q", tc.op, tc.report, tc.aboutOp, tc.aboutRpt, got.Op, got.Report)
		}
		if got == e || e.Op != tc.op || e.Report != tc.report {
			t.Errorf("the error itself was changed: %+v", e)
		}
		if got.Kind != KindTemporary || got.Reason != "why" || !got.MayExist || !errors.Is(got, io.EOF) {
			t.Errorf("the copy lost something: %+v", got)
		}
	}
}

func TestWithHint(t *testing.T) {
	e := &Error{Kind: KindOutput, Hint: "old", Reason: "why"}
	if got := e.WithHint("new"); got.Hint != "new" || got.Reason != "why" || e.Hint != "old" {
		t.Errorf("got %+v of %+v", got, e)
	}
}

func TestAsError(t *testing.T) {
	if got := AsError(nil); got != nil {
		t.Errorf("of nil: %+v", got)
	}
	e := Errorf(KindLocked, "held")
	if got := AsError(fmt.Errorf("outside: %w", e)); got != e {
		t.Errorf("got %+v", got)
	}
	got := AsError(io.EOF)
	if got.Kind != KindInternal || got.Error() != "EOF" || !errors.Is(got, io.EOF) {
		t.Errorf("got %+v", got)
	}
}
