package sandbox_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/chargectl/chargectl/internal/sandbox"
)

// walk follows the links of a list by name to the end and returns the ids, page by page.
func (b *sandboxTest) walk(link, first string) [][]string {
	b.t.Helper()
	var pages [][]string
	for next := first; next != ""; {
		page := b.get(next).ok(b.t)
		var ids []string
		for _, row := range page.rows() {
			ids = append(ids, row.text("id"))
		}
		pages, next = append(pages, ids), page.text(link)
	}
	return pages
}

// last returns the URL of the last page.
func (b *sandboxTest) last(first string) string {
	for next := first; ; {
		first, next = next, b.get(next).ok(b.t).text("next_page_url")
		if next == "" {
			return first
		}
	}
}

func sizes(pages [][]string) []int {
	var sizes []int
	for _, page := range pages {
		sizes = append(sizes, len(page))
	}
	return sizes
}

func TestPagesGoToTheEndAndBack(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{})
	var made []string
	for range 25 {
		made = append(made, b.create(april("")))
	}
	slices.Reverse(made)

	pages := b.walk("next_page_url", base+"/reports")
	if diff := cmp.Diff([]int{10, 10, 5}, sizes(pages)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(made, slices.Concat(pages...)); diff != "" {
		t.Errorf("not newest first, or not all: %s", diff)
	}
	back := b.walk("previous_page_url", b.last(base+"/reports"))
	slices.Reverse(back)
	if diff := cmp.Diff(made, slices.Concat(back...)); diff != "" {
		t.Errorf("the way back shows something else: %s", diff)
	}
	if diff := cmp.Diff([]int{12, 12, 1}, sizes(b.walk("next_page_url", base+"/reports?limit=12"))); diff != "" {
		t.Error(diff)
	}
}

func TestNewReportsDoNotMovePages(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{})
	oldest := b.create(april(""))
	b.create(april(""))
	first := b.get(base + "/reports?limit=1").ok(t)
	b.create(april(""))
	second := b.get(first.text("next_page_url")).ok(t)
	if got := second.rows()[0].text("id"); got != oldest {
		t.Errorf("the second page shows %s, want %s", got, oldest)
	}
}

func TestFilters(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{})
	fleet := b.fleet(1)
	old := b.create(april(fleet))
	b.clock.forward(time.Minute)
	young, account := b.create(april(fleet)), b.create(april(""))
	for query, want := range map[string][]string{
		"":                               {account, young, old},
		"?colour=red":                    {account, young, old},
		"?fleet=" + fleet:                {young, old},
		"?status=succeeded":              {old},
		"?status=pending&fleet=" + fleet: {young},
		"?status=unheard":                nil,
	} {
		if diff := cmp.Diff(want, slices.Concat(b.walk("next_page_url", base+"/reports"+query)...)); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
}

func TestPageURLs(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{})
	for range 3 {
		b.create(april(""))
	}
	next := b.get(base + "/reports?status=pending&limit=1").ok(t).text("next_page_url")
	if !strings.HasPrefix(next, base+"/reports?") || !strings.Contains(next, "page=page_") {
		t.Errorf("the next page is %q", next)
	}
	change := func(name, value string) string {
		u, err := url.Parse(next)
		if err != nil {
			t.Fatal(err)
		}
		query := u.Query()
		if query.Set(name, value); value == "" {
			query.Del(name)
		}
		u.RawQuery = query.Encode()
		return u.String()
	}
	for _, url := range []string{
		change("status", "failed"), change("status", ""), change("limit", "2"), change("fleet", "flt_x"),
		strings.Replace(next, "/reports", "/fleets", 1), strings.Replace(next, "page_", "page_A", 1), change("page", "page_"),
	} {
		if a := b.get(url); a.status != http.StatusBadRequest || a.object(t)["param"] != "page" {
			t.Errorf("%s: %d %s", url, a.status, a.body)
		}
	}
	b.SetOrigins("http://127.0.0.1:1234/v1", "http://127.0.0.1:1235")
	a, err := b.try("GET", "http://127.0.0.1:1234/v1/reports?limit=1", "", "Authorization", "Bearer "+key)
	if err != nil {
		t.Fatal(err)
	}
	if got := a.ok(t).text("next_page_url"); !strings.HasPrefix(got, "http://127.0.0.1:1234/v1/reports?") {
		t.Errorf("after the move the next page is %q", got)
	}
}

func TestFleets(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{Fleets: 30})
	names, ids := map[string]bool{}, slices.Concat(b.walk("next_page_url", base+"/fleets")...)
	statuses, systems := map[string]int{}, map[string]bool{}
	for _, id := range ids {
		f := b.get(base + "/fleets/" + id).ok(t)
		names[f.text("name")] = true
		if _, err := time.LoadLocation(f.text("timezone")); err != nil {
			t.Errorf("%v: %v", f["name"], err)
		}
		statuses[f.text("status")]++
		systems[f.text("metric_system")] = true
		if f["total_vehicles"] != 5.0 {
			t.Errorf("%v has %v vehicles", f["name"], f["total_vehicles"])
		}
	}
	if len(ids) != 30 || len(names) != 30 {
		t.Errorf("%d fleets, %d names; want 30, 30", len(ids), len(names))
	}
	if diff := cmp.Diff(map[string]int{"active": 28, "suspended": 1, "archived": 1}, statuses); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]bool{"metric": true, "imperial": true}, systems); diff != "" {
		t.Error(diff)
	}
	if active := slices.Concat(b.walk("next_page_url", base+"/fleets?status=active")...); len(active) != 28 {
		t.Errorf("%d active fleets, want 28", len(active))
	}
}

func TestSeedsDecideIds(t *testing.T) {
	id := func(seed uint64) string { return newSandboxTest(t, sandbox.Options{Seed: seed}).create(april("")) }
	if id(1) != id(1) || id(1) == id(2) {
		t.Error("ids must follow from the seed")
	}
}
