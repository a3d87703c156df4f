package sandbox

import (
	"io"
	"math/rand/v2"
	"slices"
	"strconv"
	"time"
)

// wideRow is how long a row of a file of a given size is: all of its values have one length each, so that any byte can be
// made by itself.
const wideRow int64 = 36 + 1 + 2 + 1 + 7 + 1 + 6 + 1 + 3 + 1 + 24 + 1 + 24 + 1

// bigFile is the file of a report as large as Options.Size, made where it is read: nothing of it is held. Its rows are of
// the report's vehicles in turn, over and over. It follows from the seed and from what was asked.
type bigFile struct {
	seed     [2]uint64
	vehicles []priced
	start    int64 // of the period, like all instants here in milliseconds
	span     int64
	rows     int64
}

// priced is a vehicle with what its fleet pays in.
type priced struct{ id, currency string }

func (s *Sandbox) newBigFile(r *report) bigFile {
	question := digest(s.seed, "big file", r.fleet, formatInstant(r.start), formatInstant(r.end), r.version)
	rng := random(question)
	f := bigFile{
		seed: [2]uint64{rng.Uint64(), rng.Uint64()}, start: r.start.UnixMilli(), span: max(1, r.end.UnixMilli()-r.start.UnixMilli()),
		rows: s.wideRows(),
	}
	for _, of := range s.fleetsOf(r.fleet) {
		for _, vehicle := range of.vehicles {
			if len(r.vehicles) == 0 || slices.Contains(r.vehicles, vehicle) {
				f.vehicles = append(f.vehicles, priced{vehicle, of.Preferences.DefaultCurrency})
			}
		}
	}
	return f
}

// wideRows is how many rows a file of the given size has: as many as fit, and at least one.
func (s *Sandbox) wideRows() int64 {
	if s.emptyCSV {
		return 0
	}
	return max(1, (s.from.Size-int64(len(csvHeader)))/wideRow)
}

func (f bigFile) size() int64 { return int64(len(csvHeader)) + f.rows*wideRow }

// ReadAt makes len(p) bytes from an offset on.
func (f bigFile) ReadAt(p []byte, at int64) (n int, err error) {
	if at < int64(len(csvHeader)) {
		n = copy(p, csvHeader[at:])
	}
	row := make([]byte, 0, wideRow)
	for n < len(p) && at+int64(n) < f.size() {
		i := at + int64(n) - int64(len(csvHeader))
		row = f.appendRow(row[:0], i/wideRow)
		n += copy(p[n:], row[i%wideRow:])
	}
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// appendRow invents a row: 10 to 99 sessions, 1 to 10 MWh, an amount of six digits.
func (f bigFile) appendRow(b []byte, i int64) []byte {
	var pcg rand.PCG
	pcg.Seed(f.seed[0]+uint64(i)*0x9e3779b97f4a7c15, f.seed[1]^uint64(i))
	vehicle := f.vehicles[i%int64(len(f.vehicles))]
	b = append(append(b, vehicle.id...), ',')
	b = append(strconv.AppendUint(b, 10+pcg.Uint64()%90, 10), ',')
	b = append(strconv.AppendUint(b, 1_000_000+pcg.Uint64()%9_000_000, 10), ',')
	b = append(strconv.AppendUint(b, 100_000+pcg.Uint64()%900_000, 10), ',')
	b = append(append(b, vehicle.currency...), ',')
	first := int64(pcg.Uint64() % uint64(f.span))
	last := first + int64(pcg.Uint64()%uint64(f.span-first))
	b = append(time.UnixMilli(f.start+first).UTC().AppendFormat(b, layout), ',')
	b = time.UnixMilli(f.start+last).UTC().AppendFormat(b, layout)
	return append(b, '\n')
}
