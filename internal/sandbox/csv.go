package sandbox

import (
	"bytes"
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"time"
)

const csvHeader = "vehicle,sessions,energy_wh,amount,currency,first_session,last_session\n"

// open is the file of a report, to be read from anywhere: small ones are made at once, those of a given size as they
// are read.
func (s *Sandbox) open(r *report) *io.SectionReader {
	if s.from.Size > 0 {
		f := s.newBigFile(r)
		return io.NewSectionReader(f, 0, f.size())
	}
	file := s.render(r)
	return io.NewSectionReader(bytes.NewReader(file), 0, int64(len(file)))
}

// bytes is how long a report's file is.
func (s *Sandbox) bytes(r *report) int64 {
	if s.from.Size > 0 {
		return bigFile{rows: s.wideRows()}.size()
	}
	return int64(len(s.render(r)))
}

// render makes the file of a report: a header and one row for each vehicle. It follows from the seed and from what
// was asked alone; a vehicle has the same numbers in every report of the same period. Line ends are LF.
func (s *Sandbox) render(r *report) []byte {
	var buf bytes.Buffer
	buf.WriteString(csvHeader)
	fleets := s.fleetsOf(r.fleet)
	if s.emptyCSV {
		fleets = nil
	}
	from, to := formatInstant(r.start), formatInstant(r.end)
	for _, f := range fleets {
		for _, vehicle := range f.vehicles {
			if len(r.vehicles) == 0 || slices.Contains(r.vehicles, vehicle) {
				buf.WriteString(strings.Join(row(random(digest(s.seed, vehicle, from, to)), vehicle, f, r), ",") + "\n") // none of the values has a comma
			}
		}
	}
	return buf.Bytes()
}

// row invents what a vehicle charged in the report's period: now and then a day without, 8 to 45 kWh a session.
func row(rng *rand.Rand, vehicle string, f fleet, r *report) []string {
	start, end := r.start, r.end
	from, span := start.UnixMilli(), end.UnixMilli()-start.UnixMilli() // time.Duration ends at 292 years
	days := float64(span) / float64(24*time.Hour/time.Millisecond)
	sessions := int64(days*(0.4+rng.Float64())+rng.Float64()) + r.version // with what has been reported late
	if sessions == 0 {
		return []string{vehicle, "0", "0", "0", f.Preferences.DefaultCurrency, "", ""}
	}
	energy := sessions * (8_000 + rng.Int64N(37_000)) // Wh
	amount := (energy*f.tariff + 500) / 1000          // minor units

	// The first session is in the first of as many equal slots as there are sessions, the last one in the last.
	slot := max(1, span/sessions)
	first := from + rng.Int64N(slot)
	last := first
	if sessions > 1 {
		last = from + span - 1 - rng.Int64N(slot)
	}
	number := func(n int64) string { return strconv.FormatInt(n, 10) }
	instant := func(ms int64) string { return formatInstant(time.UnixMilli(ms)) }
	return []string{vehicle, number(sessions), number(energy), number(amount), f.Preferences.DefaultCurrency, instant(first), instant(last)}
}
