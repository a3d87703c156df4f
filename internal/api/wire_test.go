package api

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

const wholeReport = `{"id":"rpt_A1","object":"report","account":"acct_A","created":"2026-03-03T14:05:23.789Z","fleet":"flt_A",
 "parameters":{"filters":{"vehicle":["veh_A"]},"group_by":"vehicle","period_start":"2026-02-01T00:00:00.000Z",
 "period_end":"2026-03-01T00:00:00.000Z","type":"charging_summary"},"size":4096,"status":"succeeded",
 "succeeded_at":"2026-03-03T14:10:00Z","type":"csv","url":"https://files.test/r.csv","new":9007199254740993}`

func TestDecodeReport(t *testing.T) {
	got, err := decoded(wholeReport, reportOf)
	if err != nil {
		t.Fatal(err)
	}
	want := charge.Report{
		ID: "rpt_A1", Status: charge.Succeeded, Fleet: "flt_A", Format: "csv", Size: 4096, URL: "https://files.test/r.csv",
		Created:  time.Date(2026, 3, 3, 14, 5, 23, 789e6, time.UTC),
		Finished: time.Date(2026, 3, 3, 14, 10, 0, 0, time.UTC),
		Parameters: charge.Parameters{
			Type: "charging_summary", GroupBy: "vehicle", Vehicles: []string{"veh_A"},
			Start: time.Date(2026, 2, 1, 0, 0, 0, 0, time.UTC), End: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC),
		},
		Raw: json.RawMessage(wholeReport),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestDecodeReportTolerates(t *testing.T) {
	for name, members := range map[string]string{
		"nothing else":      ``,
		"nulls":             `,"fleet":null,"url":null,"succeeded_at":null,"size":null,"parameters":null,"created":null`,
		"null parameters":   `,"parameters":{"filters":null,"group_by":null}`,
		"unreadable times":  `,"created":"yesterday","succeeded_at":""`,
		"other types":       `,"fleet":{"id":7},"url":7,"created":{},"parameters":[1],"type":{}`,
		"unknown members":   `,"x":{"y":[1e999]}`,
		"vehicles as text":  `,"parameters":{"filters":{"vehicle":"veh_A"}}`,
		"filters as a list": `,"parameters":{"filters":["veh_A"]}`,
	} {
		raw := `{"id":"rpt_1","status":"brand_new"` + members + `}`
		got, err := decoded(raw, reportOf)
		want := charge.Report{ID: "rpt_1", Status: "brand_new", Raw: json.RawMessage(raw)}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v\n%s", name, err, diff)
		}
	}
}

func TestDecodeReportRefuses(t *testing.T) {
	for raw, kind := range map[string]charge.Kind{
		`{}`:                                 charge.KindTemporary,
		`[]`:                                 charge.KindTemporary,
		`null`:                               charge.KindTemporary,
		`"rpt_1"`:                            charge.KindTemporary,
		`{"id":"rpt_1"}`:                     charge.KindTemporary,
		`{"status":"pending"}`:               charge.KindTemporary,
		`{"id":7,"status":"pending"}`:        charge.KindTemporary,
		`{"id":"rpt_1","status":null}`:       charge.KindTemporary,
		`{"id":"../x","status":"pending"}`:   charge.KindInternal,
		`{"id":"flt_1","status":"pending"}`:  charge.KindInternal,
		`{"id":"rpt_a/b","status":"failed"}`: charge.KindInternal,
		`{"id":"rpt_","status":"failed"}`:    charge.KindInternal,
	} {
		_, err := decoded(raw, reportOf)
		if got := charge.KindOf(err); err == nil || got != kind {
			t.Errorf("%s: %v (%s), want %s", raw, err, got, kind)
		}
	}
}

func TestSizeIsExact(t *testing.T) {
	for text, want := range map[string]int64{
		"0": 0, "-0": 0, "12": 12, "1e3": 1000, "1.5E1": 15, "9007199254740993": 1<<53 + 1, "12.000": 12, "2000e-3": 2, "0.0": 0,
		"9223372036854775807": math.MaxInt64, "9007199254740992.0": 1 << 53, "0." + strings.Repeat("0", 1000): 0, "null": 0, "": 0,
	} {
		if got, ok := sizeOf(value(text)); !ok || got != want {
			t.Errorf("sizeOf(%s) = %d, %v; want %d", text, got, ok, want)
		}
	}
	for _, text := range []string{
		"-1", "1.5", "9223372036854775808", "1e400", "1e999999999", "1e-999999999", "1e99999999999999999999", `"12"`,
		"true", "{}", "[1]", "1" + strings.Repeat("0", 1000), "0." + strings.Repeat("0", 1000) + "1", "9.1e15", "9007199254740994.0",
	} {
		if got, ok := sizeOf(value(text)); ok {
			t.Errorf("sizeOf(%s) = %d, want it refused", charge.Clip(text, 40), got)
		}
	}
}

func TestDecodeFleet(t *testing.T) {
	raw := `{"id":"flt_A","object":"fleet","name":"Nord","status":"inactive","timezone":"Europe/Paris","total_vehicles":12,"x":null}`
	got, err := decoded(raw, fleetOf)
	want := charge.Fleet{ID: "flt_A", Name: "Nord", Status: "inactive", Timezone: "Europe/Paris", Vehicles: 12, Raw: []byte(raw)}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v\n%s", err, diff)
	}
	_, err = decoded(`{"name":"Nord"}`, fleetOf)
	wantKind(t, err, charge.KindTemporary)
	_, err = decoded(`{"id":"flt_../x"}`, fleetOf)
	wantText(t, wantKind(t, err, charge.KindInternal).Error(), `"flt_../x"`)
}

func FuzzDecodeReport(f *testing.F) {
	for _, seed := range []string{wholeReport, testReport, `{}`, `null`, `{"id":"rpt_1","status":"x","size":1e9}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		r, err := decoded(string(raw), reportOf)
		if err != nil {
			wantClassified(t, err)
			return
		}
		if r.Status == "" || r.Size < 0 || charge.CheckID(charge.ReportPrefix, r.ID) != nil || string(r.Raw) != string(bytes.TrimSpace(raw)) {
			t.Errorf("%q was read as %+v", raw, r)
		}
	})
}

// wantClassified requires that a decoder said whether trying again may help.
func wantClassified(t *testing.T, err error) {
	t.Helper()
	e := charge.AsError(err)
	if e.Reason == "" || (e.Kind != charge.KindTemporary && e.Kind != charge.KindInternal) {
		t.Errorf("%#v", err)
	}
}
