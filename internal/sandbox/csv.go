package sandbox

import (
	"bytes"
	"encoding/csv"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// usage is one vehicle in one period.
type usage struct {
	sessions    int64
	energy      int64 // Wh
	amount      int64 // minor units
	first, last time.Time
}

// render makes the file of a report: a header and one row for each vehicle. It follows from the seed and from what
// was asked alone; a vehicle has the same numbers in every report of the same period. Line ends are LF.
func (s *Sandbox) render(r *report) []byte {
	var buf bytes.Buffer
	w := csv.NewWriter(&buf)
	_ = w.Write([]string{"vehicle", "sessions", "energy_wh", "amount", "currency", "first_session", "last_session"})
	for _, f := range s.fleets {
		if r.fleet != "" && r.fleet != f.id {
			continue
		}
		for _, vehicle := range f.vehicles {
			if len(r.vehicles) == 0 || slices.Contains(r.vehicles, vehicle) {
				_ = w.Write(s.use(vehicle, f.market, r.start, r.end).record(vehicle, f.market.currency))
			}
		}
	}
	w.Flush()
	return buf.Bytes()
}

// sizeOf remembers the length of a report's file, so that a listing does not render a hundred of them each time;
// the sandbox is locked.
func (s *Sandbox) sizeOf(r *report) int64 {
	if r.size < 0 {
		r.size = int64(len(s.render(r)))
	}
	return r.size
}

// use invents what a vehicle charged in [start, end): now and then a day without, 8 to 45 kWh a session.
func (s *Sandbox) use(vehicle string, m market, start, end time.Time) usage {
	rng := random(digest(s.seed, vehicle, formatInstant(start), formatInstant(end)))
	span := end.UnixMilli() - start.UnixMilli() // time.Duration ends at 292 years
	days := float64(span) / float64(24*time.Hour/time.Millisecond)
	u := usage{sessions: int64(days*(0.4+rng.Float64()) + rng.Float64())}
	if u.sessions == 0 {
		return u
	}
	u.energy = u.sessions * (8_000 + rng.Int64N(37_000))
	u.amount = (u.energy*m.tariff + 500) / 1000
	u.first, u.last = bounds(rng, start, span, u.sessions)
	return u
}

// bounds puts the first session into the first of as many equal slots as there are sessions, the last into the last.
func bounds(rng *rand.Rand, start time.Time, span, sessions int64) (first, last time.Time) {
	slot := max(1, span/sessions)
	first = time.UnixMilli(start.UnixMilli() + rng.Int64N(slot))
	if sessions == 1 {
		return first, first
	}
	return first, time.UnixMilli(start.UnixMilli() + span - 1 - rng.Int64N(slot))
}

func (u usage) record(vehicle, currency string) []string {
	first, last := "", ""
	if u.sessions > 0 {
		first, last = formatInstant(u.first), formatInstant(u.last)
	}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	return []string{vehicle, number(u.sessions), number(u.energy), number(u.amount), currency, first, last}
}
