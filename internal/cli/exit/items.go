package exit

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sort"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/pattern"
)

// Item is how one of many ended.
type Item struct {
	Name  string // what a person knows it by, such as 2026-03
	Err   error  // nil where it did what was asked
	Tried bool   // false where the end of another one, or of the run, came first
}

// Items is how a run over many items ended, which a noun names in the plural, such as periods: nil when all did what was
// asked, the item's own error where the run was over one.
func Items(noun string, items []Item) error {
	all := &several{of: fmt.Sprintf("of %d %s", len(items), noun)}
	for _, item := range items {
		if item.Err != nil && len(items) == 1 {
			return item.Err
		}
		if item.Err != nil {
			all.errs = append(all.errs, &named{item.Err, item})
		}
	}
	if len(all.errs) == 0 {
		return nil
	}
	sort.SliceStable(all.errs, func(i, j int) bool { return before(all.errs[i], all.errs[j]) })
	return all
}

// Each is Items where all were tried, and names are their ids.
func Each(noun string, ids []string, errs []error) error {
	items := make([]Item, len(ids))
	for i, id := range ids {
		items[i] = Item{Name: id, Err: errs[i], Tried: true}
	}
	return Items(noun, items)
}

// named is the error of one of many items.
type named struct {
	error

	item Item
}

func (e *named) Unwrap() error { return e.error }

// several is how a command ended for several ids or items; it wraps one error each, the one that decides first.
type several struct {
	errs []error
	of   string // how many there were of what, such as of 34 periods; empty where that is not known
}

func (e *several) Error() string   { return errors.Join(e.errs...).Error() }
func (e *several) Unwrap() []error { return e.errs }

// cause is what one or more items ended by.
type cause struct {
	told  error // in words for all of them
	first error // the first of them
}

// causes are what the items ended by, each once, the one that decides last.
func (e *several) causes() (all []cause) {
	var keys []string
	groups := map[string][]error{}
	errs := slices.Clone(e.errs)
	sort.SliceStable(errs, func(i, j int) bool { return before(errs[j], errs[i]) })
	for _, err := range errs {
		key := keyOf(charge.AsError(err))
		if groups[key] == nil {
			keys = append(keys, key)
		}
		groups[key] = append(groups[key], err)
	}
	for _, key := range keys {
		group := groups[key]
		c := cause{told: group[0], first: group[0]}
		if len(group) > 1 {
			c.told = e.inOne(group)
		}
		all = append(all, c)
	}
	return all
}

// varying are the parts of a reason that differ from item to item although the cause is the same.
var varying = pattern.New(`\b[a-z]{2,3}_\w+|\d+`)

// ofTheRun reports whether an error is the end of the run, whatever its items did meanwhile.
func ofTheRun(e *charge.Error) bool {
	return e.Kind == charge.KindInterrupted || e.Kind == charge.KindDeadline
}

// MissedDeadline reports whether a deadline ended the run, or the wait for one of its items.
func MissedDeadline(err error) bool {
	late := func(err error) bool { return charge.KindOf(err) == charge.KindDeadline }
	all, ok := errors.AsType[*several](err)
	return late(err) || ok && slices.ContainsFunc(all.errs, late)
}

// keyOf is the same for errors of the same cause.
func keyOf(e *charge.Error) string {
	if ofTheRun(e) {
		return string(e.Kind)
	}
	return fmt.Sprint(e.Kind, e.HTTPStatus, e.Code, e.Param, "\x00", varying.Get().ReplaceAllString(reasonOf(e), ""))
}

func reasonOf(e *charge.Error) string {
	if e.Reason == "" && e.Err != nil {
		return e.Err.Error()
	}
	return e.Reason
}

// inOne words several errors of one cause: why, how many, and the first three of them by name.
func (e *several) inOne(group []error) error {
	own := *charge.AsError(group[0])
	const shown = 3
	var names []string
	untried := 0
	for _, err := range group {
		own.MayExist = own.MayExist || charge.AsError(err).MayExist
		own.Before = cmp.Or(own.Before, charge.AsError(err).Before)
		switch item, ok := errors.AsType[*named](err); {
		case ok && !item.item.Tried:
			untried++
		case ok:
			names = append(names, item.item.Name)
		}
	}
	tried, notTried := len(group)-untried, ""
	if untried > 0 {
		notTried = fmt.Sprintf(", %d not tried", untried)
	}
	own.Op, own.Report, own.Request = "", "", ""
	if ofTheRun(&own) {
		why, _, _ := strings.Cut(reasonOf(&own), ", ")
		why, _, _ = strings.Cut(why, " (before that")
		own.Reason = fmt.Sprintf("%s, %d reports are not finished%s", why, tried, notTried)
		if own.Before != "" {
			own.Reason += "; before that: " + own.Before
		}
		return &own
	}
	own.Reason = strings.TrimSpace(fmt.Sprintf("%s: %d %s", strings.TrimSuffix(common(group), ": …"), tried, e.of)) + notTried
	if len(names) > 0 {
		own.Reason += ": " + strings.Join(names[:min(shown, len(names))], ", ")
	}
	if more := len(names) - shown; more > 0 {
		own.Reason += fmt.Sprintf(" and %d more", more)
	}
	return &own
}

// common is the reason that errors of one cause share, with … for what differs.
func common(group []error) string {
	first := reasonOf(charge.AsError(group[0]))
	words := varying.Get().FindAllString(first, -1)
	for _, err := range group[1:] {
		for i, word := range varying.Get().FindAllString(reasonOf(charge.AsError(err)), -1) {
			if i < len(words) && words[i] != word {
				words[i] = "…"
			}
		}
	}
	i := 0
	return varying.Get().ReplaceAllStringFunc(first, func(string) string {
		i++
		return words[i-1]
	})
}
