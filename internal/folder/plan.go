// Package folder says what a folder of reports should hold, and what it does hold: the items of a plan, the files that are
// on disk for them, and the receipts beside those.
//
// It is not for asking for reports and waiting for them (reports), nor for how one file gets onto disk (download); it needs
// no network, no key and no clock but the one it is given.
//
// # The protocol of a folder
//
// The folder is the state. For an item named NAME there are
//
//   - NAME, the report's file. It is complete: download gives a file its name only once its bytes are verified.
//   - NAME.json, its receipt, where one was asked for. It is written before the file gets its name, so that a file made
//     with one always has it; a receipt without its file counts for nothing.
//   - NAME~DATE, with the date before the extension (march~2026-05-02.csv), and NAME~DATE.json: an older version and its
//     receipt. DATE is the UTC date, by this machine's clock, on which another file took its place; a name that is taken
//     gets .2, .3 before the extension. No item ever has such a name.
//   - while it is on its way, what download keeps under NAME.part….
//
// A file gives way to another one only after it has been kept: first its receipt gets the second name, then the file itself,
// and both last before the new receipt is written and the new file gets the name. So at every moment there is the old or the
// new file under NAME, and whoever finds the old one does the rest: a file whose bytes an older version has already is not
// kept again, whatever the date. A file that still is the very one that was kept (a hard link), beside a receipt for other
// bytes, is asked for again by the next sync that reads receipts, so that what was begun is finished.
//
// Names come from a template, never from a server. Where the template leaves the format open, a file that has only another
// format after the same stem counts as the item's.
package folder

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/filename"
	"github.com/chargectl/chargectl/internal/period"
)

// Action is what sync does about one item of its plan.
type Action string

// What sync does about an item.
const (
	ActionSkip    Action = "skip"    // it is on disk, or in the list of what is elsewhere
	ActionOpen    Action = "open"    // its period has not ended, or not settled: not synced, and no failure
	ActionCreate  Action = "create"  // it is missing
	ActionRecheck Action = "recheck" // it is on disk and asked for again: other bytes take its place, and it stays beside them; also to finish that
	ActionRefresh Action = "refresh" // it is asked for anew, and replaced where it is on disk
	ActionRefuse  Action = "refuse"  // what has its name is not what the plan wants
)

// Asks reports whether the server is asked for the item's report.
func (a Action) Asks() bool { return a == ActionCreate || a == ActionRecheck || a == ActionRefresh }

// Scope is a fleet, or the whole account, with the zone that its periods are read in.
type Scope struct {
	Fleet charge.Fleet // without an id: the whole account
	Zone  *time.Location
}

// PlanOptions describe what should be on disk.
type PlanOptions struct {
	Request charge.Request // without fleet and period
	Scopes  []Scope
	Periods func(zone *time.Location) ([]period.Period, error) // in a scope's own zone
	Name    filename.Template
	Settle  time.Duration                                // a period counts as closed only this long after its end
	Now     func(zone *time.Location) (time.Time, error) // a date that was given begins in the zone
	Refresh bool
	Shard   Shard // only the items of its fleets; names are those of the whole plan
	Recheck int   // so many of a scope's last closed periods on disk are asked for again; not with Refresh
}

// Item is one file that should be on disk.
type Item struct {
	Name   string // slash-separated, under the folder
	Scope  *Scope // shared with the other items of the scope
	Period period.Period
	OnDisk bool // it is there, whatever is to be done about it
	Beside bool // something of an interrupted transfer is beside it
	Action Action
	Reason string

	plan *charge.Request // shared, without fleet and period
}

// Request is the report that the item's file is of.
func (i Item) Request() charge.Request {
	r := *i.plan
	r.Fleet, r.Start, r.End = i.Scope.Fleet.ID, i.Period.Start, i.Period.End
	return r
}

// DefaultSyncName is the name template of sync: where more than the type is asked for, it ends in 8 hex digits of the
// SHA-256 of the canonical parameters, so that different reports of one period never share a name.
func DefaultSyncName(r charge.Request) (string, error) {
	const name = "{type}_{fleet}_{period}"
	canonical, more, err := r.Canonical()
	if err != nil || !more {
		return name + ".{ext}", err
	}
	sum := sha256.Sum256(canonical)
	return name + "_" + hex.EncodeToString(sum[:4]) + ".{ext}", nil
}

// CreatedName is the name that sync gives a report, as a template that leaves its format alone open. What names the file
// later by it ends in the same one, whatever a server filled in. Errors are KindUsage: nothing of the request is fit for a
// name.
func CreatedName(r charge.Request, zone *time.Location) (string, error) {
	text, err := DefaultSyncName(r)
	if err != nil {
		return "", err
	}
	template, err := filename.Parse(text)
	if err != nil {
		return "", err
	}
	whole := Item{Scope: &Scope{Fleet: charge.Fleet{ID: r.Fleet}, Zone: zone}, Period: period.Period{Start: r.Start, End: r.End}, plan: &r}
	name, err := Name(template, whole.Values("csv"))
	return strings.TrimSuffix(name, "csv") + "{ext}", err
}

// Plan lists what should be on disk, oldest period first, and what to do about each item. It asks onDisk for what is
// at an item's name, and nothing else. Names that two items share are a usage error, also
// where one of the items is another shard's: whichever comes second would take the first one's file for its own.
func Plan(o PlanOptions, onDisk func(Item) Found) ([]Item, error) {
	for _, field := range []string{"id", "created"} {
		if o.Name.Uses(field) {
			return nil, charge.Usagef("the name template of sync cannot use {%s}: names must be known before a report exists", field)
		}
	}
	items, err := o.items()
	if err != nil {
		return nil, err
	}
	taken := make(map[string]*Item, len(items))
	for i := range items {
		item := &items[i]
		key := strings.ToLower(item.Name)
		if other, ok := taken[key]; ok {
			return nil, charge.Usagef("%s and %s would both be written to %s: give --name a field that tells them apart", other.label(), item.label(), item.Name)
		}
		taken[key] = item
	}
	if o.Shard != (Shard{}) {
		items = slices.DeleteFunc(items, func(i Item) bool { return !o.Shard.Has(i.Scope.Fleet.ID) })
	}
	again := map[string]*window{}
	for i := range items {
		item := &items[i]
		now, err := o.Now(item.Scope.Zone)
		if err != nil {
			return nil, err
		}
		found, settled := onDisk(*item), item.Period.End.Add(o.Settle)
		item.OnDisk = found.Name != "" && found.Refused == ""
		switch {
		case found.Refused != "":
			item.Action, item.Reason = ActionRefuse, found.Refused
		case found.Begun && !o.Refresh:
			item.Action, item.Reason, item.Name = ActionRecheck, "a run was killed while it replaced it: asked for again", found.Name
		case item.OnDisk && !o.Refresh:
			item.Action, item.Reason, item.Name, item.Beside = ActionSkip, "on disk", found.Name, found.Beside
		case found.Listed != "" && !o.Refresh:
			item.Action, item.Reason, item.Name = ActionSkip, "in the list", found.Listed
		case item.Period.Open(now):
			item.Action, item.Reason = ActionOpen, "the period ends at "+charge.FormatInstant(item.Period.End)
		case settled.After(now):
			item.Action, item.Reason = ActionOpen, "the period settles at "+charge.FormatInstant(settled)
		case o.Refresh:
			item.Action, item.Reason = ActionRefresh, "asked for anew"
		default:
			item.Action, item.Reason = ActionCreate, "missing"
		}
		if closed := !item.Period.Open(now) && !settled.After(now); closed && found.Name != "" && o.Recheck > 0 {
			whose := item.Scope.Fleet.ID
			again[whose] = again[whose].with(item, found)
		}
	}
	for _, w := range again {
		w.recheck(o.Recheck)
	}
	return items, nil
}

// items are what should be on disk, oldest period first, with their names.
func (o PlanOptions) items() ([]Item, error) {
	type slot struct {
		start    int64 // of the period, in milliseconds
		scope, n int   // the n-th period of the scope
	}
	var slots []slot // sorted before they are items, which are large
	periods := make([][]period.Period, len(o.Scopes))
	for i, scope := range o.Scopes {
		var err error
		if periods[i], err = o.Periods(scope.Zone); err != nil {
			return nil, err
		}
		if i == 0 {
			slots = make([]slot, 0, len(o.Scopes)*len(periods[0])) // zones differ by a few periods at most
		}
		for n, p := range periods[i] {
			slots = append(slots, slot{p.Start.UnixMilli(), i, n})
		}
	}
	slices.SortFunc(slots, func(a, b slot) int {
		if a.start != b.start {
			return cmp.Compare(a.start, b.start)
		}
		return cmp.Or(cmp.Compare(a.scope, b.scope), cmp.Compare(a.n, b.n))
	})
	items := make([]Item, len(slots))
	last, label := period.Period{}, "" // most periods are those of the scope before
	for i, slot := range slots {
		item := &items[i]
		item.Scope, item.Period, item.plan = &o.Scopes[slot.scope], periods[slot.scope][slot.n], &o.Request
		values := item.Values("csv") // until the report says its format, names have today's
		if zoned := (period.Period{Start: values.Start, End: values.End}).In(cmp.Or(values.Zone, time.UTC)); zoned != last {
			last, label = zoned, zoned.Label()
		}
		values.Period = label
		var err error
		if item.Name, err = Name(o.Name, values); err != nil {
			return nil, err
		}
		if IsOlder(item.Name) {
			return nil, charge.Usagef("the name %q is one of an older version of a file (NAME~DATE): give --name another form", charge.Clip(item.Name, 80))
		}
	}
	return items, nil
}

// window are the closed periods of a scope that are on disk, oldest first.
type window struct {
	older, lately []*Item // those that have been there for a while, and those that came lately
	names         map[*Item]string
}

func (w *window) with(item *Item, found Found) *window {
	if w == nil {
		w = &window{names: map[*Item]string{}}
	}
	w.names[item] = found.Name
	if found.New {
		w.lately = append(w.lately, item)
	} else {
		w.older = append(w.older, item)
	}
	return w
}

// recheck has the last n asked for again. What came lately is as good as asked again, so it is passed over while there are n
// older ones: a second run, also the next day's after a failure, asks for the same as the first. Where there are not, the
// times may be those of a copy.
func (w *window) recheck(n int) {
	last := append(w.lately, w.older...)
	for _, item := range last[max(0, len(last)-n):] {
		reason := "on disk, asked for again"
		if item.Action == ActionRefuse {
			reason = item.Reason + ": asked for again"
		}
		item.Action, item.Reason, item.Name, item.Beside = ActionRecheck, reason, w.names[item], false
	}
}

// Values are what the item's name is made of.
func (i Item) Values(format string) filename.Values {
	return filename.Values{
		Type: i.plan.Type, Fleet: i.Scope.Fleet.ID, FleetName: i.Scope.Fleet.Name, Start: i.Period.Start, End: i.Period.End,
		Format: format, Zone: i.Scope.Zone,
	}
}

// Name fills a template in, and refuses a name that chargectl keeps for itself.
func Name(template filename.Template, values filename.Values) (string, error) {
	name, err := template.Name(values)
	if err != nil {
		return "", err
	}
	return name, download.Reserved(name)
}

// Listed reports whether the item is skipped because of a list: it is not on disk.
func (i Item) Listed() bool { return i.Action == ActionSkip && !i.OnDisk }

// label is an item for people.
func (i Item) label() string { return i.Period.Label() + " of " + charge.ScopeName(i.Scope.Fleet.ID) }

// Asked counts the items that the server is asked for.
func Asked(items []Item) (count int) {
	for _, item := range items {
		if item.Action.Asks() {
			count++
		}
	}
	return count
}
