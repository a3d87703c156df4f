package folder

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

// checkTest is a folder with a file and its receipt for each month of 2025.
type checkTest struct {
	onDiskTest

	items []Item
}

func newCheckTest(t *testing.T) checkTest {
	c := checkTest{onDiskTest: newOnDiskTest(t)}
	c.items = c.plan()
	for i, item := range c.items {
		c.put(item, fmt.Sprintf("a,b\n1,%d\n", i), func(*Receipt) {})
	}
	return c
}

func (c checkTest) plan() []Item {
	c.t.Helper()
	o := planFor(c.t, func(o *PlanOptions) { o.Periods, o.Now = months("2025-01", "2026-01"), clock("2026-01-15T12:00:00Z") })
	items, err := Plan(o, NewListing(c.dir, o.Name, nil).Find)
	if err != nil {
		c.t.Fatal(err)
	}
	return items
}

// put writes an item's file with the receipt that sync would write, changed.
func (c checkTest) put(item Item, text string, change func(*Receipt)) {
	c.t.Helper()
	body, err := item.Request().Body()
	if err != nil {
		c.t.Fatal(err)
	}
	sum := sha256.Sum256([]byte(text))
	r := Receipt{Parameters: body, Start: charge.FormatInstant(item.Period.Start), End: charge.FormatInstant(item.Period.End)}
	r.Measure = Measure{Bytes: int64(len(text)), SHA256: hex.EncodeToString(sum[:]), Columns: []string{"a", "b"}}
	change(&r)
	receipt, err := r.Text()
	if err != nil {
		c.t.Fatal(err)
	}
	c.write(item.Name, []byte(text))
	c.write(ReceiptOf(item.Name), receipt)
}

// found are the states, reasons and notes of what is not ok, by period.
func (c checkTest) found() map[string]string {
	c.t.Helper()
	found, n := map[string]string{}, 0
	items := c.plan()
	err := Check(c.t.Context(), c.dir, items, func() {}, func(f Finding) {
		if f.Name != items[n].Name {
			c.t.Errorf("finding %d is of %s, not of %s", n, f.Name, items[n].Name)
		}
		n++
		if f.State != StateOK || len(f.Notes) > 0 {
			found[f.Period.Label()] = fmt.Sprint(f.State, f.Notes, ": ", f.Reason)
		}
	})
	if err != nil || n != len(items) {
		c.t.Errorf("%d of %d items, %v", n, len(items), err)
	}
	return found
}

func TestCheck(t *testing.T) {
	c := newCheckTest(t)
	want := map[string]string{}
	expect := func(what string) {
		t.Helper()
		if diff := cmp.Diff(want, c.found()); diff != "" {
			t.Errorf("%s:\n%s", what, diff)
		}
	}
	for _, last := range c.items {
		if last.Action == ActionOpen {
			want[last.Period.Label()] = "open[]: the period ends at " + charge.FormatInstant(last.Period.End)
			_ = os.Remove(c.path(last.Name))
		}
	}
	expect("as sync leaves it")
	month := func(n int) string { return c.items[n].Period.Label() }

	c.write(c.items[1].Name, []byte("a,b\n1,2\n"))
	want[month(1)] = "changed[]: its SHA-256 is not its receipt's"
	c.write(c.items[2].Name, []byte("a,b\n"))
	want[month(2)] = "changed[]: it has 4 bytes, but its receipt is for 8"
	_ = os.Remove(c.path(c.items[3].Name))
	want[month(3)] = "missing[]: not on disk"
	c.put(c.items[4], "a,b\n", func(r *Receipt) { r.Parameters = []byte(`{}`) })
	want[month(4)] = "wrong[]: its receipt is for other parameters"
	c.write(ReceiptOf(c.items[5].Name), []byte("{"))
	want[month(5)] = "wrong[]: its receipt cannot be read"
	expect("five that are not right")

	// What a receipt knows of columns tells those apart that another file follows; what is not right counts for nothing.
	c.put(c.items[6], "b,c\n", func(r *Receipt) { r.Columns = []string{"b", "c"} })
	want[month(6)] = "ok[columns]: its columns are not those of " + month(0) + ": new c; without a"
	c.put(c.items[7], "c,b\n", func(r *Receipt) { r.Columns = []string{"c", "b"} })
	want[month(7)] = "ok[columns]: its columns are not those of " + month(6) + ": in another order, or not as often"
	c.put(c.items[8], "%PDF", func(r *Receipt) { r.Columns = nil })
	c.put(c.items[9], "c\n", func(r *Receipt) { r.Columns = []string{"c"} })
	want[month(9)] = "ok[columns]: its columns are not those of " + month(7) + ": without b"
	c.put(c.items[10], "c,d\n", func(r *Receipt) { r.Columns = []string{"c", "d"} })
	want[month(10)] = "ok[columns]: its columns are not those of " + month(9) + ": new d"
	c.put(c.items[11], "c,d\n", func(r *Receipt) { r.Columns = []string{"c", "d"} })
	expect("columns that moved")
}

func TestCheckEndsWithItsContext(t *testing.T) {
	c := newCheckTest(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	cause := errors.New("a signal")
	n := 0
	err := Check(ctx, c.dir, c.plan(), func() {}, func(Finding) {
		if n++; n == 3 {
			cancel(cause)
		}
	})
	if !errors.Is(err, cause) {
		t.Errorf("ended with %v after %d", err, n)
	}
}
