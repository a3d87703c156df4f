package folder

import (
	"os"
	"strings"
	"testing"
)

const receiptForMarch = `{
  "parameters": {"parameters": {"limit": 9007199254740993, "note": "a&b", "period_end": "2026-04-01T00:00:00.000Z",
    "period_start": "2026-03-01T00:00:00.000Z", "type": "summary"}},
  "period_start": "2026-03-01T00:00:00.000Z", "period_end": "2026-04-01T00:00:00.000Z", "bytes": 100, "later": true
}`

func TestCheckReceipt(t *testing.T) {
	items, err := Plan(planFor(t, func(o *PlanOptions) {
		o.Request.Extra = numbers(t, `{"limit":9007199254740993,"note":"a&b"}`)
	}), onDisk())
	if err != nil {
		t.Fatal(err)
	}
	changed := func(old, new string) string { return strings.Replace(receiptForMarch, old, new, 1) }
	for name, c := range map[string]struct{ text, want string }{
		"it agrees":          {receiptForMarch, ""},
		"another start":      {changed(`"period_start": "2026-03-01T00:00:00.000Z", "period_end"`, `"period_start": "2026-02-01T00:00:00.000Z", "period_end"`), "its receipt is for 2026-02-01T00:00:00.000Z to 2026-04-01T00:00:00.000Z"},
		"another type":       {changed("summary", "cost"), "its receipt is for other parameters"},
		"a number's last":    {changed("9007199254740993", "9007199254740992"), "its receipt is for other parameters"},
		"a fleet's":          {changed(`{"parameters": {"limit"`, `{"fleet": "flt_a", "parameters": {"limit"`), "its receipt is for other parameters"},
		"another size":       {changed(`"bytes": 100`, `"bytes": 101`), "it has 100 bytes, but its receipt is for 101"},
		"it is torn":         {receiptForMarch[:40], "its receipt cannot be read"},
		"it is no receipt":   {`[1,2]`, "its receipt cannot be read"},
		"it is an empty one": {`{}`, "its receipt is for  to "},
	} {
		t.Run(name, func(t *testing.T) {
			p := newOnDiskTest(t)
			p.write("a.csv.json", []byte(c.text))
			if got := CheckReceipt(p.dir, "a.csv", 100, items[0]); got != c.want {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
	p := newOnDiskTest(t)
	if got := CheckReceipt(p.dir, "a.csv", 100, items[0]); got != "" {
		t.Errorf("without a receipt: %q", got)
	}
	if err := os.Mkdir(p.path("a.csv.json"), 0o700); err != nil {
		t.Fatal(err)
	}
	if got := CheckReceipt(p.dir, "a.csv", 100, items[0]); got != "its receipt cannot be read" {
		t.Errorf("a folder: %q", got)
	}
}
