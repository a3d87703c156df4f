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
	Summary string // one sentence, in which N is the argument
}

// all is the argument of a fault that hits every report.
const all = 1_000_000

// kind is a fault and how it gets into a sandbox: around the honest handlers, or into one of the three places where
// the contract leaves the outcome open.
type kind struct {
	FaultInfo

	put func(s *Sandbox, n int)
}

func kinds() []kind {
	return []kind{
		{FaultInfo{"slow", 20, "generation takes N times as long"}, slow},
		{FaultInfo{"stuck", all, "the first N reports stay pending for ever"}, stuck},
		{FaultInfo{"fails", all, "the first N reports end as failed"}, fails},
		{FaultInfo{"late", 2, "each new report is unknown to its first N looks"}, late},
		{FaultInfo{"lost-create", 1, "the first N creates are done, but the connection is cut before the answer"}, lostCreate},
		{FaultInfo{"flaky", 3, "each N-th API request is answered with a 500, a 503 or a proxy's HTML page"}, flaky},
		{FaultInfo{"rate-limit", 3, "after every ten API requests the next N are answered with 429 and Retry-After: 1"}, rateLimit},
		{FaultInfo{"truncated", 1, "the first N answers of the API end in the middle of their JSON"}, truncated},
		{FaultInfo{"empty-list", 1, "the first N listings show nothing"}, emptyList},
		{FaultInfo{"link-expires", 1, "a link is good for N requests, then it is answered with 403 until the report is fetched again"}, linkExpires},
		{FaultInfo{"cut", 1, "each file's first N answers end in the middle"}, cut},
		{FaultInfo{"stall", 1, "each file's first N answers stop in the middle without an end"}, stall},
		{FaultInfo{"html-file", 1, "each file's first N answers are an HTML page with status 200"}, htmlFile},
		{FaultInfo{"no-range", 0, "the file host ignores Range and gives no validator"}, noRange},
		{FaultInfo{"wrong-size", 0, "files are one byte shorter than the report says"}, wrongSize},
	}
}

// Faults lists what ParseFault knows, in the order of a report's life.
func Faults() []FaultInfo {
	var infos []FaultInfo
	for _, k := range kinds() {
		infos = append(infos, k.FaultInfo)
	}
	return infos
}

// ParseFault reads NAME or NAME=ARG, where ARG is an integer from 1 to 1,000,000. The error names what would be right.
func ParseFault(text string) (Fault, error) {
	name, arg, given := strings.Cut(text, "=")
	known := kinds()
	i := slices.IndexFunc(known, func(k kind) bool { return k.Name == name })
	if i < 0 {
		return Fault{}, fmt.Errorf("%q is not a fault, known are %s", name, names(known))
	}
	f := Fault{kind: known[i], n: known[i].Default}
	if !given {
		return f, nil
	}
	n, err := strconv.Atoi(arg)
	switch {
	case f.kind.Default == 0:
		return Fault{}, fmt.Errorf("the fault %s takes no argument", name)
	case err != nil || n < 1 || n > all:
		return Fault{}, fmt.Errorf("the argument of the fault %s must be an integer from 1 to %d, not %q", name, all, arg)
	}
	f.n = n
	return f, nil
}

// String is the form that ParseFault reads.
func (f Fault) String() string {
	if f.n == f.kind.Default {
		return f.kind.Name
	}
	return f.kind.Name + "=" + strconv.Itoa(f.n)
}

func (f Fault) install(s *Sandbox) {
	if f.kind.put != nil {
		f.kind.put(s, f.n)
	}
}

func names(known []kind) string {
	var all []string
	for _, k := range known {
		all = append(all, k.Name)
	}
	return strings.Join(all, ", ")
}
