package poll

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// lifetimesOf are of reports, by their age in seconds; that of one that is still open is negative.
func lifetimesOf(seconds ...int) *lifetimes {
	l := new(lifetimes)
	created := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	for i, s := range seconds {
		r := charge.Report{ID: fmt.Sprint("rpt_", i), Status: charge.Processing, Created: created, Seen: created.Add(time.Duration(-s) * time.Second)}
		if s > 0 {
			r.Status, r.Finished, r.Seen = charge.Succeeded, created.Add(time.Duration(s)*time.Second), created.Add(time.Hour)
		}
		l.add(r)
	}
	return l
}

func repeat(n, seconds int) (all []int) {
	for range n {
		all = append(all, seconds)
	}
	return all
}

// TestSurvival has the textbook's cases: what is still open counts as long as it was seen, and no longer.
func TestSurvival(t *testing.T) {
	for name, c := range map[string]struct {
		lifetimes *lifetimes
		age       time.Duration
		left      float64
		known     time.Duration
	}{
		"nothing is known":             {lifetimesOf(), time.Minute, 1, 0},
		"too few":                      {lifetimesOf(10, 20, 30, 40, 50), time.Minute, 1, 0},
		"none has ended":               {lifetimesOf(repeat(20, -30)...), time.Minute, 1, 30 * time.Second},
		"half have ended":              {lifetimesOf(append(repeat(10, 20), repeat(10, -30)...)...), 25 * time.Second, 0.5, 30 * time.Second},
		"at the very age":              {lifetimesOf(append(repeat(10, 20), repeat(10, -30)...)...), 20 * time.Second, 1, 30 * time.Second},
		"the young say nothing of old": {lifetimesOf(append(append(repeat(10, 20), repeat(10, -30)...), repeat(80, -1)...)...), 25 * time.Second, 0.5, 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			left := c.lifetimes.survival()
			if got := left(c.age); math.Abs(got-c.left) > 0.01 || c.lifetimes.known != c.known {
				t.Errorf("%.2f are left at %s, up to %s; want %.2f, %s", got, c.age, c.lifetimes.known, c.left, c.known)
			}
		})
	}
}

// TestExpect has one open report, seen at one age, and says how likely it has ended at another.
func TestExpect(t *testing.T) {
	begin := time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC)
	halves := append(repeat(50, 20), repeat(50, -30)...)
	for name, c := range map[string]struct {
		lifetimes  *lifetimes
		before, at time.Duration
		ended      float64
	}{
		"nothing is known: a part of the logarithm": {lifetimesOf(), 0, time.Minute, math.Log(60) / math.Log(7200)},
		"none was as old":                             {lifetimesOf(repeat(50, -30)...), 0, 29 * time.Second, 0},
		"half ended before":                           {lifetimesOf(halves...), 0, 25 * time.Second, 0.5},
		"those that had not are given more time":      {lifetimesOf(halves...), 21 * time.Second, 25 * time.Second, 0},
		"older than any: one in two until it doubles": {lifetimesOf(halves...), time.Minute, 2 * time.Minute, 0.5},
	} {
		t.Run(name, func(t *testing.T) {
			r := &report{created: true, polled: true, since: begin, seen: begin.Add(c.before)}
			if got := c.lifetimes.expect([]*report{r}, begin.Add(c.at)); math.Abs(got-c.ended) > 0.02 {
				t.Errorf("%.2f, want %.2f", got, c.ended)
			}
		})
	}
	if got := lifetimesOf().expect([]*report{{since: begin, seen: begin}}, begin); got != 1 {
		t.Errorf("%.2f of an id of which nothing is known", got)
	}
}
