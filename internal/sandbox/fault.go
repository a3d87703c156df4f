package sandbox

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Fault is one thing that goes wrong in a sandbox; ParseFault makes it. The zero value is none.
type Fault struct {
	kind kind
	n    int
}

// FaultInfo describes one kind of fault for help.
type FaultInfo struct {
	Name    string
	Default int    // what ARG is when it is left out; 0 for a fault that takes none
	Unit    string // of ARG: s for seconds, d for days, %, which may be written behind it; empty for a count
	Summary string // one sentence, in which N is the argument
}

// all is the argument of a fault that hits every report, and the largest there is; eon is the largest in days.
const (
	all = 1_000_000
	eon = 10_000
)

// kind is a fault and how it gets into a sandbox: around one of its seams, or into one of its figures.
type kind struct {
	FaultInfo

	put func(s *Sandbox, n int)
}

func kinds() []kind {
	return []kind{
		{FaultInfo{"slow", 20, "", "generation takes N times as long"}, slow},
		{FaultInfo{"stuck", all, "", "the first N reports stay pending for ever"}, stuck},
		{FaultInfo{"fails", all, "", "the first N reports end as failed"}, fails},
		{FaultInfo{"late", 2, "", "each new report is unknown to the first N requests for it"}, late},
		{FaultInfo{"gone", all, "", "the first N reports are deleted once they have ended: 404, also for their files"}, gone},
		{FaultInfo{"restate", 1, "d", "a period's figures change every N days after it was first asked for"}, restate},
		{FaultInfo{"new-status", 0, "", "reports are queued before they are pending and finalizing before they succeed"}, newStatus},
		{FaultInfo{"new-fields", 0, "", "objects have members that no documentation names"}, newFields},
		{FaultInfo{"server-defaults", 0, "", "the server fills in the fleet, group_by and filters that were not sent"}, serverDefaults},
		{FaultInfo{"lost-create", 1, "", "the first N creates are done, but the connection is cut before the answer"}, lostCreate},
		{FaultInfo{"in-progress", 3, "s", "a key's first create gets no answer, and repeats within N seconds get 409"}, inProgress},
		{FaultInfo{"first-outcome", 0, "", "another body under a known key gets the first one's report, with 200"}, firstOutcome},
		{FaultInfo{"key-for-ever", 0, "", "idempotency keys never expire"}, keyForEver},
		{FaultInfo{"clock-ahead", 31, "d", "the server's clock, in Date and created, is N days behind this machine's"}, clockAhead},
		{FaultInfo{"old-version", 0, "", "requests without Charge-Version get the shape of 2025: UNIX seconds, has_more"}, oldVersion},
		{FaultInfo{"expanded", 0, "", "reports have fleet and account as objects although nobody asked for it"}, expanded},
		{FaultInfo{"revoked", 3, "", "from the N-th API request on the key is refused with 401"}, revoked},
		{FaultInfo{"flaky", 3, "", "each N-th API request gets a 500, a 503 or a proxy's HTML page"}, flaky},
		{FaultInfo{"rate-limit", 3, "", "after every ten API requests the next N get 429 and Retry-After: 1"}, rateLimit},
		{FaultInfo{"too-many", 2, "", "the first N API requests get 429 and Retry-After: 1"}, tooManyFirst},
		{FaultInfo{"outage", 3, "s", "in the first N seconds of every minute neither the API nor the file host is there"}, outage},
		{FaultInfo{"lost-answers", 3, "", "one API request in N is done, but the connection is cut before the answer"}, lostAnswers},
		{FaultInfo{"proxy-html", 3, "", "one API request in N gets a proxy's HTML page with status 200"}, proxyHTML},
		{FaultInfo{"garbage", 3, "", "one API request in N is done and answered with bytes that mean nothing"}, garbage},
		{FaultInfo{"chaos", 20, "%", "of a hundred requests and events N meet a fault, now this one and now that"}, chaos},
		{FaultInfo{"truncated", 1, "", "the first N answers of the API end in the middle of their JSON"}, truncated},
		{FaultInfo{"empty-list", 1, "", "the first N listings show nothing"}, emptyList},
		{FaultInfo{"listing-hangs", all, "", "the first N listings of reports are never answered"}, listingHangs},
		{FaultInfo{"listing-fails", all, "", "the first N listings of reports get 503"}, listingFails},
		{FaultInfo{"event-twice", 0, "", "each event is sent again after it was accepted"}, eventTwice},
		{FaultInfo{"event-late", 10, "s", "each event is sent N seconds after its report has succeeded"}, eventLate},
		{FaultInfo{"event-lost", all, "", "the events of the first N reports are never sent"}, eventLost},
		{FaultInfo{"event-forged", 0, "", "before each event comes one with a wrong signature, about no report there is"}, eventForged},
		{FaultInfo{"event-old", 0, "", "before each event comes the same with a good signature that is an hour old"}, eventOld},
		{FaultInfo{"events-shuffled", 0, "", "events come up to five seconds late, and so in another order"}, eventsShuffled},
		{FaultInfo{"link-expires", 1, "", "a link is good for N requests, then gets 403 until the report is fetched again"}, linkExpires},
		{FaultInfo{"file-gone", all, "", "the files of the first N reports are gone: 410 or 404, however fresh the link"}, fileGone},
		{FaultInfo{"cut", 1, "", "each file's first N answers end in the middle"}, cut},
		{FaultInfo{"stall", 1, "", "each file's first N answers stop in the middle without an end"}, stall},
		{FaultInfo{"html-file", 1, "", "each file's first N answers are an HTML page with status 200"}, htmlFile},
		{FaultInfo{"no-range", 0, "", "the file host ignores Range and gives no validator"}, noRange},
		{FaultInfo{"etag-moves", 0, "", "each answer of the file host has another ETag, for the same bytes"}, etagMoves},
		{FaultInfo{"empty-csv", 0, "", "files have their first line alone"}, emptyCSV},
		{FaultInfo{"wrong-size", 0, "", "files are one byte shorter than the report says"}, wrongSize},
	}
}

// Form is how the fault is written, with the argument that it has when it is left out, or N when that is all reports.
func (i FaultInfo) Form() string {
	switch i.Default {
	case 0:
		return i.Name
	case all:
		return i.Name + "[=N]"
	}
	return i.Name + "[=" + strconv.Itoa(i.Default) + i.Unit + "]"
}

// Faults lists what ParseFault knows, in the order of a report's life.
func Faults() []FaultInfo {
	var infos []FaultInfo
	for _, k := range kinds() {
		infos = append(infos, k.FaultInfo)
	}
	return infos
}

// ParseFault reads NAME or NAME=ARG, where ARG is an integer from 1 to 1,000,000 (10,000 days, 100 %), with or without its
// unit. The error of an argument names what would be right.
func ParseFault(text string) (Fault, error) {
	name, arg, given := strings.Cut(text, "=")
	known := kinds()
	i := slices.IndexFunc(known, func(k kind) bool { return k.Name == name })
	if i < 0 {
		return Fault{}, fmt.Errorf("there is no fault %q", name)
	}
	f := Fault{kind: known[i], n: known[i].Default}
	if !given {
		return f, nil
	}
	most := all
	switch f.kind.Unit {
	case "d":
		most = eon
	case "%":
		most = 100
	}
	n, err := strconv.Atoi(strings.TrimSuffix(arg, f.kind.Unit))
	switch {
	case f.kind.Default == 0:
		return Fault{}, fmt.Errorf("the fault %s takes no argument", name)
	case err != nil || n < 1 || n > most:
		return Fault{}, fmt.Errorf("the argument of the fault %s must be an integer from 1 to %d, not %q", name, most, arg)
	}
	f.n = n
	return f, nil
}

// String is the form that ParseFault reads.
func (f Fault) String() string {
	if f.n == f.kind.Default {
		return f.kind.Name
	}
	return f.kind.Name + "=" + strconv.Itoa(f.n) + f.kind.Unit
}

func (f Fault) install(s *Sandbox) {
	if f.kind.put != nil {
		s.installing = f.kind.Name
		f.kind.put(s, f.n)
	}
}
