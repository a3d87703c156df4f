package api

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/charge"
)

const htmlPage = "\n <!DOCTYPE html><html><body>502 Bad Gateway</body></html>"

func TestRefusals(t *testing.T) {
	for _, tc := range []struct {
		status int
		body   string
		header string
		kind   charge.Kind
		says   string
	}{
		{400, apiError, "", charge.KindUsage, "get report rpt_1: No such report"},
		{401, apiError, "", charge.KindAuth, "No such report"},
		{401, htmlPage, "", charge.KindAuth, "an HTML page"},
		{403, "", "", charge.KindAuth, "HTTP 403 Forbidden with an empty body"},
		{404, apiError, "", charge.KindNotFound, "No such report"},
		{404, "", "", charge.KindNotFound, "HTTP 404 Not Found"},
		{404, htmlPage, "", charge.KindTemporary, "a proxy or login page may stand between"},
		{404, `{"message":"no Route matched"}`, "", charge.KindNotFound, "JSON that is not the API's error object"},
		{404, "404 page not found\n", "Content-Type: text/plain", charge.KindNotFound, "HTTP 404 Not Found"},
		{404, `{"object":"err`, "", charge.KindTemporary, "truncated JSON"},
		{410, apiError, "", charge.KindNotFound, "No such report"},
		{407, htmlPage, "", charge.KindUsage, "wants another user name or password"},
		{408, "", "", charge.KindTemporary, "HTTP 408"},
		{409, apiError, "", charge.KindUsage, "No such report"},
		{418, "teapot", "", charge.KindUsage, "something that is not JSON"},
		{422, apiError, "", charge.KindUsage, "No such report"},
		{425, "", "", charge.KindTemporary, "HTTP 425"},
		{429, apiError, "", charge.KindTemporary, "No such report"},
		{500, `{"object":"error","message":7,"request":"req_9"}`, "", charge.KindTemporary, "HTTP 500 Internal Server Error without a message"},
		{502, htmlPage, "", charge.KindTemporary, "HTTP 502 Bad Gateway with an HTML page, not JSON"},
		{503, "", "", charge.KindTemporary, "HTTP 503 Service Unavailable with an empty body"},
		{599, "", "", charge.KindTemporary, "HTTP 599 with an empty body"},
		{300, "", "", charge.KindRefused, "a redirect to nowhere"},
		{302, "", "Location: https://evil.test/x?token=hunter2", charge.KindRefused, "a redirect to https://evil.test,"},
		{307, "", "Location: /elsewhere", charge.KindRefused, "a redirect to the same host"},
		{308, "", "Location: http://[", charge.KindRefused, "a redirect to something that is no URL"},
		{304, "", "", charge.KindRefused, "HTTP 304"},
		{200, htmlPage, "", charge.KindTemporary, "a proxy or login page may stand between"},
		{200, "login", "Content-Type: text/html; charset=utf-8", charge.KindTemporary, "an HTML page"},
		{200, "", "", charge.KindTemporary, "an empty body"},
		{204, "", "", charge.KindTemporary, "an empty body"},
		{200, testReport[:20], "", charge.KindTemporary, "truncated JSON"},
		{200, testReport + testReport, "", charge.KindTemporary, "something after its JSON"},
		{200, "\xff\xfe", "", charge.KindTemporary, "not JSON"},
		{200, `{"object":"report"}`, "", charge.KindTemporary, "a report without id or status"},
		{200, `[` + testReport + `]`, "", charge.KindTemporary, "a report without id or status"},
		{200, strings.Replace(testReport, "rpt_1", "rpt_2", 1), "", charge.KindTemporary, "the answer is about another report"},
		{200, `{"id":"rpt_../../x","status":"pending"}`, "", charge.KindInternal, `"rpt_../../x"`},
	} {
		headers := []string{"X-Request-Id: req_h"}
		if tc.header != "" {
			headers = append(headers, tc.header)
		}
		_, err := get(t, client(t, answering(tc.status, tc.body, headers...)).Once())
		e := wantKind(t, err, tc.kind)
		wantText(t, e.Error(), "get report rpt_1: ", tc.says)
		if e.HTTPStatus != tc.status || e.Report != "rpt_1" || e.Request == "" || strings.Contains(e.Error(), "hunter2") {
			t.Errorf("%d: %+v", tc.status, e)
		}
	}
}

func TestErrorKeepsWhatTheAPISaid(t *testing.T) {
	_, err := get(t, client(t, answering(429, apiError, "Retry-After: 120")))
	want := &charge.Error{
		Kind: charge.KindTemporary, Op: "get report rpt_1", Reason: "No such report", Code: "report_not_found", Param: "id",
		Request: "req_9", DocURL: "https://docs/e", HTTPStatus: 429, RetryAfter: 2 * time.Minute, Report: "rpt_1",
	}
	if diff := cmp.Diff(want, wantKind(t, err, charge.KindTemporary)); diff != "" {
		t.Error(diff)
	}
}

func TestAcceptsAnyTwoHundred(t *testing.T) {
	for _, status := range []int{200, 201, 202, 299} {
		r, err := get(t, client(t, answering(status, " "+testReport+"\n", "Date: Tue, 03 Mar 2026 14:05:42 GMT", "Request-Id: req_h")))
		if err != nil || string(r.Raw) != testReport || r.Request != "req_h" {
			t.Errorf("%d: %+v, %v", status, r, err)
		}
		if want := time.Date(2026, 3, 3, 14, 5, 42, 0, time.UTC); !r.Seen.Equal(want) {
			t.Errorf("seen %v, want %v", r.Seen, want)
		}
	}
}

func TestTheKeyIsInNoErrorAndNoTrace(t *testing.T) {
	echo := strings.ReplaceAll(apiError, "req_9", "req_"+testKey)
	echo = strings.ReplaceAll(echo, "No such report", "The key "+testKey+" is wrong")
	echo = strings.ReplaceAll(echo, "https://docs/e", "https://docs/"+testKey)
	page := `{"data":[],"next_page_url":"https://` + strings.ToLower(testKey) + `.test/"}`
	for _, tc := range []struct {
		name, body string
		status     int
	}{
		{"error object", echo, 401}, {"page", page, 200}, {"report id", `{"id":"` + testKey + `","status":"x"}`, 200},
		{"redirect", "", 301},
	} {
		var seen traces
		c := client(t, answering(tc.status, tc.body, "Request-Id: "+testKey, "ETag: "+testKey,
			"Location: https://"+testKey+".test/"+testKey), seen.option).Once()
		_, one := get(t, c)
		_, all := allPages(t.Context(), c)
		_, file := c.OpenFile(t.Context(), "https://files.test/"+testKey+"?a="+testKey, charge.FileRange{})
		text := fmt.Sprintf("%+v\n", seen.all)
		for _, err := range []error{one, all, file} {
			if err != nil {
				text += fmt.Sprintf("%v %+v\n", err, *charge.AsError(err))
			}
		}
		if len(seen.all) < 3 || one == nil || strings.Contains(strings.ToLower(text), "secretsecret") {
			t.Errorf("%s: the key is in\n%s", tc.name, text)
		}
	}
}

func TestALongMessageIsClippedAfterTheKeyIsOut(t *testing.T) {
	message := strings.Repeat("x", maxText-20) + testKey
	_, err := get(t, client(t, answering(400, `{"object":"error","message":"`+message+`"}`)))
	if e := wantKind(t, err, charge.KindUsage); len(e.Reason) > maxText+len("…") || strings.Contains(e.Reason, "SECRET") {
		t.Error(e.Reason)
	}
}

func TestWithoutKeyNothingIsSent(t *testing.T) {
	c := client(t, roundTrip(func(*http.Request) (*http.Response, error) {
		t.Error("a request was sent")
		return reply(200, testReport), nil
	}), func(o *Options) { o.Key = "" })
	_, err := get(t, c)
	wantKind(t, err, charge.KindAuth)
	_, err = c.CreateReport(t.Context(), []byte(testBody), "k")
	wantKind(t, err, charge.KindAuth)
	_, err = allPages(t.Context(), c)
	wantKind(t, err, charge.KindAuth)
}

func TestBadArgumentsSendNothing(t *testing.T) {
	c := client(t, roundTrip(func(*http.Request) (*http.Response, error) {
		t.Error("a request was sent")
		return reply(200, testReport), nil
	}))
	for _, id := range []string{"", "rpt_", "rpt_../x", "rpt_a?b", "flt_a", "rpt_é"} {
		_, err := c.Report(t.Context(), id)
		wantKind(t, err, charge.KindUsage)
	}
	_, err := c.Fleet(t.Context(), "rpt_1")
	wantKind(t, err, charge.KindUsage)
	for _, key := range []string{"", strings.Repeat("k", 256), "a b", "a\nb", "é"} {
		_, err := c.CreateReport(t.Context(), []byte(testBody), key)
		wantKind(t, err, charge.KindUsage)
	}
}

func FuzzErrorObject(f *testing.F) {
	for _, seed := range []string{apiError, `{"object":"error","code":null,"message":5}`, `{}`, htmlPage, "", `{"object":"error"`} {
		f.Add(404, []byte(seed))
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		a := answered(300+(status&0x7fffffff)%300, string(body))
		e := refusal(a)
		if e.Reason == "" {
			t.Errorf("%q gave the reason %q", body, e.Reason)
		}
		if a.status == 404 && e.Kind == charge.KindNotFound && bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) {
			t.Errorf("%q read as the API's word that the report is gone", body)
		}
	})
}
