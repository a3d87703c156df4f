package api

import (
	"bytes"
	"encoding/json"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

func TestMembersMatchByExactCase(t *testing.T) {
	report, err := decoded(`{"id":"rpt_1","status":"succeeded","size":7,"url":"https://files.test/a","type":"csv","fleet":"flt_1",
		"created":"2026-03-03T14:05:23.789Z","parameters":{"type":"t","filters":{"vehicle":["veh_1"]}},
		"ID":"rpt_2","Status":"failed","STATUS":"failed","Size":8,"URL":"https://evil.test/","Type":"exe","FLEET":"flt_2","Created":1,
		"Parameters":{"type":"u"}}`, reportOf)
	if err != nil {
		t.Fatal(err)
	}
	want := charge.Report{ID: "rpt_1", Status: "succeeded", Size: 7, URL: "https://files.test/a", Format: "csv", Fleet: "flt_1",
		Created: time.Date(2026, 3, 3, 14, 5, 23, 789e6, time.UTC), Parameters: charge.Parameters{Type: "t", Vehicles: []string{"veh_1"}}}
	report.Raw = nil
	if diff := cmp.Diff(want, report); diff != "" {
		t.Error(diff)
	}
	inner, err := decoded(`{"id":"rpt_1","status":"x","parameters":{"type":"t","Type":"u","filters":{"vehicle":["veh_1"],"Vehicle":[]},"Filters":{}}}`, reportOf)
	if diff := cmp.Diff(charge.Parameters{Type: "t", Vehicles: []string{"veh_1"}}, inner.Parameters); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
	fleet, err := decoded(`{"id":"flt_1","timezone":"UTC","Id":"flt_2","TimeZone":"Europe/Paris"}`, fleetOf)
	if err != nil || fleet.ID != "flt_1" || fleet.Timezone != "UTC" {
		t.Errorf("%+v, %v", fleet, err)
	}
	items, next, err := listed(answered(200, `{"data":[],"next_page_url":"a","DATA":[1],"Next_Page_URL":"b"}`), reportOf)
	if err != nil || len(items) != 0 || next != "a" {
		t.Errorf("%v, %q, %v", items, next, err)
	}
	if e := refusal(answered(400, `{"object":"error","message":"real","Message":"other","CODE":"x"}`)); e.Reason != "real" || e.Code != "" {
		t.Errorf("%+v", e)
	}
	if e := refusal(answered(400, `{"Object":"error","message":"real"}`)); strings.Contains(e.Reason, "real") {
		t.Errorf("%+v", e)
	}
}

func TestOfTwoMembersTheLastCounts(t *testing.T) {
	r, err := decoded(`{"id":"rpt_2","status":"failed","size":8,"fleet":"flt_1","parameters":{"type":"t"},
		"id":"rpt_1","status":"succeeded","size":7,"fleet":null,"parameters":{"group_by":"fleet"},"\u0073ize":9}`, reportOf)
	r.Raw = nil
	want := charge.Report{ID: "rpt_1", Status: "succeeded", Size: 9, Parameters: charge.Parameters{GroupBy: "fleet"}}
	if diff := cmp.Diff(want, r); diff != "" || err != nil {
		t.Errorf("%v %s", err, diff)
	}
}

// expand=fleet puts the object in the place of its id.
func TestIDsMayBeObjects(t *testing.T) {
	for _, raw := range []string{
		`{"id":"rpt_1","status":"x","fleet":"flt_1","account":"acct_1"}`,
		`{"id":"rpt_1","status":"x","fleet":{"object":"fleet","id":"flt_1","name":"Nord"},"account":{"id":"acct_1","object":"account"}}`,
		`{"id":"rpt_1","status":"x","fleet":{"id":"flt_2","ID":"flt_3","x":{"id":"flt_4"},"id":"flt_1"},"account":null}`,
	} {
		r, err := decoded(raw, reportOf)
		if err != nil || r.ID != "rpt_1" || r.Fleet != "flt_1" || string(r.Raw) != raw {
			t.Errorf("%+v, %v", r, err)
		}
	}
}

// What is not used is kept: a fleet's unit system and preferences are for --json and --jq.
func TestRawKeepsEverything(t *testing.T) {
	raw := `{"id":"flt_1","metric_system":"imperial","preferences":{"report_frequency":"monthly","default_currency":"EUR"},"n":1e400}`
	if f, err := decoded(raw, fleetOf); err != nil || string(f.Raw) != raw {
		t.Errorf("%s, %v", f.Raw, err)
	}
}

func TestDepth(t *testing.T) {
	nest := func(levels int) string {
		return `{"id":"rpt_1","status":"x","n":` + strings.Repeat(`[{"a":`, levels/2) + "1" + strings.Repeat(`}]`, levels/2) + `}`
	}
	if _, err := decoded(nest(maxDepth-1), reportOf); err != nil {
		t.Error(err)
	}
	if r, err := decoded(`{"id":"rpt_1","status":"`+strings.Repeat("[", 2*maxDepth)+`"}`, reportOf); err != nil || len(r.Status) != 2*maxDepth {
		t.Errorf("brackets in a text: %v", err)
	}
	for _, levels := range []int{maxDepth + 1, 9000, 100_000} {
		f := &flaky{replies: times(9, with(200, nest(levels)))}
		_, err := get(t, client(t, f))
		wantText(t, wantKind(t, err, charge.KindInternal).Error(), "the API answered with JSON that is nested deeper than 1000 levels")
		if len(f.at) != 1 {
			t.Errorf("%d levels: %d tries", levels, len(f.at))
		}
	}
	e := refusal(answered(404, nest(9000)))
	if wantText(t, e.Error(), "HTTP 404 Not Found with JSON that is nested deeper"); e.Kind != charge.KindTemporary {
		t.Errorf("%+v", e)
	}
}

func TestAPageOfTooManyElements(t *testing.T) {
	page := func(element string, n int) string {
		return `{"data":[` + element + strings.Repeat(`,`+element, n-1) + `],"next_page_url":null}`
	}
	for _, element := range []string{`{}`, `null`, testReport} {
		body := page(element, 1_000_000/len(element))
		f := &flaky{replies: times(9, with(200, body))}
		c := client(t, f)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := allPages(t.Context(), c)
		runtime.ReadMemStats(&after)
		wantText(t, wantKind(t, err, charge.KindInternal).Error(), "list reports: the API answered with a page of more than 1000 elements, where 100 were asked for")
		if used := int(after.TotalAlloc - before.TotalAlloc); len(f.at) != 1 || used > 16*len(body) {
			t.Errorf("%s: %d tries, %d bytes for a page of %d", element, len(f.at), used, len(body))
		}
	}
	ids, err := allPages(t.Context(), client(t, answering(200, page(testReport, maxOnePage))))
	if err != nil || len(ids) != maxOnePage {
		t.Errorf("%d, %v", len(ids), err)
	}
}

// One report that is kept must not keep the bytes of its whole page.
func TestElementsAreCopies(t *testing.T) {
	a := answered(200, pageText("null", "rpt_1", "rpt_2"))
	items, _, err := listed(a, reportOf)
	if err != nil {
		t.Fatal(err)
	}
	whole := string(a.json)
	for i := range a.json {
		a.json[i] = 'x'
	}
	if raw := string(items[1].Raw); !strings.Contains(whole, raw) || !json.Valid([]byte(raw)) {
		t.Errorf("kept %s", raw)
	}
}

// asAny rebuilds a value with the reader's own means.
func (v value) asAny() any {
	switch {
	case v.is('{'):
		object := map[string]any{}
		for name, member := range v.members() {
			object[name] = member.asAny()
		}
		return object
	case v.is('['):
		list := []any{}
		for element := range v.elements() {
			list = append(list, element.asAny())
		}
		return list
	case v.is('"'):
		return v.text()
	case v.number():
		return json.Number(v)
	case v.null():
		return nil
	default:
		return v[0] == 't'
	}
}

// FuzzJSON holds the reader to encoding/json, which agrees with it in all but the case of names.
func FuzzJSON(f *testing.F) {
	for _, seed := range []string{
		wholeReport, testReport, apiError, pageText(`"https://api.test/"`, "rpt_1"), `{}`, ` [ ] `, `null`, `-1.5e+3`, `"\u00e9\\\"\ud800"`,
		`{"a" : [1 , {"b":"}]"},[[]]] , "a":true}`, `{"":""}`, `[1`, `{"a"`, `{"a":1}x`, "\xff", `"\`, "{\"a\xff\":1,\"A\":2}", `[0,false,"",{}]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		kept := slices.Clone(text)
		v, instead := readJSON(text)
		if (instead == "") != (json.Valid(text) && depth(text) <= maxDepth) {
			t.Fatalf("%q: read instead %q", text, instead)
		}
		if instead != "" {
			return
		}
		dec := json.NewDecoder(bytes.NewReader(text))
		dec.UseNumber()
		var want any
		if err := dec.Decode(&want); err != nil {
			t.Fatal(err)
		}
		if got := v.asAny(); !reflect.DeepEqual(got, want) || !bytes.Equal(text, kept) {
			t.Errorf("%q was read as %#v, want %#v", text, got, want)
		}
	})
}
