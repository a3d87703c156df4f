package sandbox

import (
	"fmt"
	"strings"
	"time"
)

// What is on disk once `reports create --download` has ended.
const (
	WholeFile = "whole" // the file, to the last byte
	NoFile    = "none"  // nothing under its name
)

// Scenario is a weather: faults that belong together, and what chargectl makes of them. Tests hold it to that.
type Scenario struct {
	Name   string
	Faults []string      // as ParseFault reads them
	Does   string        // what the sandbox does
	Must   string        // what chargectl must do then
	Codes  [3]int        // how create --download, wait and sync end
	File   string        // WholeFile or NoFile
	Within time.Duration // how long create --download takes at most, where a report takes three seconds

	// Timeout is the deadline that commands get in the sandbox, so that one that would wait for an hour ends. 0 for their own.
	Timeout time.Duration
}

// Scenarios lists all, in the order of a report's life.
func Scenarios() []Scenario {
	const second = time.Second
	one := func(fault string) []string { return []string{fault} }
	return []Scenario{
		{Name: "calm", Does: "nothing goes wrong", Must: "write the file", File: WholeFile, Within: 5 * second},
		{Name: "slow", Faults: one("slow=5"), Does: "a report takes five times as long", Must: "wait, with fewer polls as it gets older",
			File: WholeFile, Within: 20 * second},
		{Name: "stuck", Faults: one("stuck"), Does: "reports stay pending; commands get CHARGE_TIMEOUT=10s", Must: "give up at its deadline and name the command that continues",
			Codes: [3]int{8, 8, 8}, File: NoFile, Within: 12 * second, Timeout: 10 * second},
		{Name: "fails", Faults: one("fails"), Does: "every report fails", Must: "say so, and as sync ask again twice",
			Codes: [3]int{6, 6, 6}, File: NoFile, Within: 5 * second},
		{Name: "flaky", Faults: one("flaky=3"), Does: "one API request in three gets 500, 503 or a 502 page", Must: "repeat it within its retries", File: WholeFile, Within: 20 * second},
		{Name: "rate-limit", Faults: []string{"too-many=2", "rate-limit=3"}, Does: "the first two API requests get 429 and Retry-After, later three after ten", Must: "wait as long as it is asked to", File: WholeFile, Within: 20 * second},
		{Name: "outage", Faults: one("outage=3s"), Does: "for three seconds of every minute nobody is there", Must: "repeat until somebody is", File: WholeFile, Within: 20 * second},
		{Name: "lost-answers", Faults: one("lost-answers=3"), Does: "one API request in three is done, its answer lost", Must: "repeat a create under its key: one report", File: WholeFile, Within: 20 * second},
		{Name: "proxy-html", Faults: one("proxy-html=3"), Does: "a proxy answers one API request in three with a page", Must: "take no page for an answer, and repeat", File: WholeFile, Within: 20 * second},
		{Name: "garbage", Faults: []string{"garbage=3", "truncated=1"}, Does: "API answers are noise, or end in their middle", Must: "take neither for an answer, and repeat", File: WholeFile, Within: 20 * second},
		{Name: "links-expire", Faults: []string{"link-expires=1", "cut=2"}, Does: "a link is good for one request, transfers are cut", Must: "fetch a fresh link and go on where it was", File: WholeFile, Within: 20 * second},
		{Name: "files-cut", Faults: one("cut=3"), Does: "the first three transfers of a file are cut", Must: "go on where it was", File: WholeFile, Within: 20 * second},
		{Name: "stalls", Faults: one("stall=1"), Does: "the first transfer of a file stops without an end", Must: "cut it after 30 seconds and go on", File: WholeFile, Within: 40 * second},
		{Name: "no-range", Faults: []string{"no-range", "cut=1"}, Does: "transfers are cut, and the file host knows no ranges", Must: "begin the file again", File: WholeFile, Within: 20 * second},
		{Name: "etag-moves", Faults: []string{"etag-moves", "cut=1"}, Does: "transfers are cut, and the file's ETag never stays", Must: "begin the file again: it may be another", File: WholeFile, Within: 20 * second},
		{Name: "wrong-size", Faults: one("wrong-size"), Does: "files are a byte shorter than the report says", Must: "write nothing under the file's name",
			Codes: [3]int{7, 0, 7}, File: NoFile, Within: 5 * second},
		{Name: "empty-csv", Faults: one("empty-csv"), Does: "files have their first line alone", Must: "write them: nobody has charged", File: WholeFile, Within: 5 * second},
		{Name: "html-file", Faults: one("html-file=1"), Does: "the file host first answers with a page", Must: "not write the page, and repeat", File: WholeFile, Within: 20 * second},
		{Name: "late", Faults: one("late=2"), Does: "a new report is unknown to two requests for it", Must: "believe it for ten seconds only if it made the report",
			Codes: [3]int{0, 3, 0}, File: WholeFile, Within: 20 * second},
		{Name: "new-fields", Faults: one("new-fields"), Does: "objects have members that nobody knows", Must: "pass them through", File: WholeFile, Within: 5 * second},
		{Name: "new-status", Faults: one("new-status"), Does: "reports have statuses that nobody knows", Must: "show them and wait on", File: WholeFile, Within: 5 * second},
		{Name: "server-defaults", Faults: one("server-defaults"), Does: "the server fills in what was not sent", Must: "compare only what it sent", File: WholeFile, Within: 5 * second},
		{Name: "clock-ahead", Faults: one("clock-ahead=31d"), Does: "this machine's clock is 31 days ahead of the server's", Must: "as sync write no month that is not over there",
			Codes: [3]int{0, 0, 2}, File: WholeFile, Within: 5 * second},
		{Name: "key-revoked", Faults: one("revoked=3"), Does: "from the third API request on the key is refused", Must: "end at once",
			Codes: [3]int{4, 4, 4}, File: NoFile, Within: 5 * second},
		{Name: "restated", Faults: one("restate=1d"), Does: "the figures of a period change every day", Must: "as sync --recheck keep the old file beside the new one", File: WholeFile, Within: 5 * second},
		{Name: "chaos", Faults: []string{"chaos=20", "new-fields", "new-status"}, Does: "one request and event in five meets a fault", Must: "lose nothing, write nothing wrong, ask for nothing twice",
			File: WholeFile, Within: 60 * second},
	}
}

// FindScenario returns the scenario of a name.
func FindScenario(name string) (Scenario, bool) {
	for _, s := range Scenarios() {
		if s.Name == name {
			return s, true
		}
	}
	return Scenario{}, false
}

// Weather is what several scenarios come to, and the faults named beside them: the last word about a fault holds. An
// error is of a fault that ParseFault does not read.
func Weather(scenarios []Scenario, beside []Fault) (faults []Fault, timeout time.Duration, err error) {
	for _, s := range scenarios {
		if s.Timeout > 0 && (timeout == 0 || s.Timeout < timeout) {
			timeout = s.Timeout
		}
		for _, text := range s.Faults {
			f, err := ParseFault(text)
			if err != nil {
				return nil, 0, fmt.Errorf("the scenario %s: %w", s.Name, err)
			}
			faults = overruled(faults, f.kind.Name)
			faults = append(faults, f)
		}
	}
	for _, f := range beside {
		faults = overruled(faults, f.kind.Name)
	}
	return append(faults, beside...), timeout, nil
}

// overruled are the faults without those of a name.
func overruled(faults []Fault, name string) []Fault {
	var rest []Fault
	for _, f := range faults {
		if f.kind.Name != name {
			rest = append(rest, f)
		}
	}
	return rest
}

// FaultList is the scenario's faults as --fault takes them.
func (s Scenario) FaultList() string { return strings.Join(s.Faults, ",") }

// CommandTimeout is Timeout as a flag takes it, empty for none.
func (s Scenario) CommandTimeout() string {
	if s.Timeout == 0 {
		return ""
	}
	return s.Timeout.String()
}
