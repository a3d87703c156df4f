package exit

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

// TestOneCauseOneLine: many items that ended by one cause are one problem, with their number and the first three by name.
func TestOneCauseOneLine(t *testing.T) {
	down := func(id string) error {
		return (&charge.Error{Kind: charge.KindTemporary, Reason: "cannot reach h: connection refused", MayExist: id == "rpt_2"}).About("sync "+id, id)
	}
	short := func(reason string) error {
		return &charge.Error{Kind: charge.KindOutput, Op: "download", Reason: reason}
	}
	late := func(before string) error {
		return &charge.Error{Kind: charge.KindDeadline, Reason: "the deadline passed, the report is still pending", Before: before}
	}
	tried := func(name string, err error) Item { return Item{Name: name, Err: err, Tried: true} }
	left := Item{Name: "left", Err: down("rpt_9")}
	for name, tc := range map[string]struct {
		items []Item
		want  []string
		code  int
	}{
		"none":        {[]Item{tried("a", nil), tried("b", nil)}, nil, 0},
		"only one":    {[]Item{tried("a", down("rpt_1"))}, []string{"sync rpt_1: cannot reach h: connection refused"}, 5},
		"one of many": {[]Item{tried("a", nil), tried("b", down("rpt_1"))}, []string{"sync rpt_1: cannot reach h: connection refused"}, 5},
		"many": {
			[]Item{tried("a", down("rpt_1")), tried("b", nil), tried("c", down("rpt_2")), tried("d", down("rpt_3")), tried("e", down("rpt_4")), left, left},
			[]string{"cannot reach h: connection refused: 4 of 7 periods, 2 not tried: a, c, d and 1 more"}, 5,
		},
		"what differs": {
			[]Item{tried("a", short("byte 17 of 18")), tried("b", short("byte 17 of 20")), tried("c", short("no space left"))},
			[]string{"byte 17 of …: 2 of 3 periods: a, b", "download: no space left"}, 7,
		},
		"the last decides": {
			[]Item{tried("a", short("x")), tried("b", down("rpt_1")), tried("c", short("x")), tried("d", down("rpt_3"))},
			[]string{"cannot reach h: connection refused: 2 of 4 periods: b, d", "x: 2 of 4 periods: a, c"}, 7,
		},
		"deadline": {
			[]Item{tried("a", late("")), tried("b", late("cannot reach h")), {Name: "c", Err: late("")}},
			[]string{"the deadline passed, 2 reports are not finished, 1 not tried; before that: cannot reach h"}, 8,
		},
	} {
		err := Items("periods", tc.items)
		var got []string
		if err != nil {
			for _, p := range Describe(err, "") {
				got = append(got, p.Text)
			}
		}
		if diff := cmp.Diff(tc.want, got); diff != "" || Code(err) != tc.code {
			t.Errorf("%s: %d\n%s", name, Code(err), diff)
		}
	}
	all := Describe(Continue(Items("reports", []Item{tried("a", down("rpt_1")), tried("b", down("rpt_2"))}), Command{Path: []string{"x"}}), "")
	if object := all[0].Object.(*Object); len(all) != 1 || *object.Resume != "chargectl x" || object.Report != nil || !object.Retryable {
		t.Errorf("%d problems, %+v", len(all), object)
	}
}
