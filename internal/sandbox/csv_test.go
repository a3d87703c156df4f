package sandbox_test

import (
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
)

func (b *sandboxTest) rows(id string) [][]string {
	b.t.Helper()
	file, ok := b.File(id)
	if !ok {
		b.t.Fatalf("%s has no file", id)
	}
	rows, err := csv.NewReader(strings.NewReader(string(file))).ReadAll()
	if err != nil {
		b.t.Fatal(err)
	}
	return rows[1:]
}

func TestRowsAreBelievable(t *testing.T) {
	periods := []struct {
		name       string
		start, end string
	}{
		{"a month", "2026-04-01T00:00:00.000Z", "2026-05-01T00:00:00.000Z"},
		{"an hour", "2026-04-01T00:00:00.000Z", "2026-04-01T01:00:00.000Z"},
		{"a millisecond", "2026-04-01T00:00:00.000Z", "2026-04-01T00:00:00.001Z"},
		{"all of time", "0001-01-01T00:00:00.000Z", "9999-12-31T23:59:59.999Z"},
	}
	for _, period := range periods {
		t.Run(period.name, func(t *testing.T) {
			b := newSandboxTest(t, sandbox.Options{Vehicles: 200})
			body := with("2026-04-01T00:00:00.000Z", period.start, "2026-05-01T00:00:00.000Z", period.end)
			rows := b.rows(b.finished(body).text("id"))
			if len(rows) != 600 {
				t.Errorf("%d rows, want one for each of 3 × 200 vehicles", len(rows))
			}
			for _, row := range rows {
				if refusal := unbelievable(row, period.start, period.end); refusal != "" {
					t.Fatalf("%q: %s", row, refusal)
				}
			}
		})
	}
}

// unbelievable says what is wrong with a row, nothing when it is right. Instants of one form compare as text.
func unbelievable(row []string, start, end string) string {
	var sessions, energy, amount int64
	if _, err := fmt.Sscan(strings.Join(row[1:4], " "), &sessions, &energy, &amount); err != nil {
		return err.Error()
	}
	first, last := row[5], row[6]
	switch {
	case sessions < 0 || energy < 8_000*sessions || energy > 45_000*sessions:
		return "sessions and energy do not fit"
	case (sessions > 0) != (amount > 0):
		return "sessions and amount do not fit"
	case sessions == 0 && first+last != "":
		return "no session, but a first or last one"
	case sessions > 0 && (first < start || last < first || last >= end):
		return "the sessions are outside the period"
	case sessions == 1 && first != last:
		return "one session at two instants"
	}
	return ""
}

func TestFilesFollowFromSeedAndParameters(t *testing.T) {
	file := func(seed uint64, body func(*sandboxTest) string) string {
		b := newSandboxTest(t, sandbox.Options{Seed: seed})
		b.create(april("")) // an earlier report must not matter
		bytes, _ := b.File(b.finished(body(b)).text("id"))
		return string(bytes)
	}
	account := func(*sandboxTest) string { return april("") }
	fleet := func(b *sandboxTest) string { return april(b.fleet(1)) }
	may := func(*sandboxTest) string { return with("2026-05-01", "2026-06-01") }
	if file(1, account) != file(1, account) {
		t.Error("the same seed and parameters give other bytes")
	}
	seen := map[string]bool{}
	for _, got := range []string{file(1, account), file(2, account), file(1, fleet), file(1, may)} {
		seen[got] = true
	}
	if len(seen) != 4 {
		t.Errorf("%d different files, want 4", len(seen))
	}
	if !strings.Contains(file(1, account), strings.SplitN(file(1, fleet), "\n", 3)[1]) {
		t.Error("a vehicle of the fleet has other numbers in the report of the account")
	}
}

func TestVehicleFilter(t *testing.T) {
	b := newSandboxTest(t, sandbox.Options{})
	vehicle := b.rows(b.finished(april(b.fleet(0))).text("id"))[3][0]
	filtered := strings.Replace(april(b.fleet(0)), `"type"`, `"group_by":"moon","filters":{"vehicle":["`+vehicle+`"]},"type"`, 1)
	rows := b.rows(b.finished(filtered).text("id"))
	if len(rows) != 1 || rows[0][0] != vehicle {
		t.Errorf("the rows are %q, want one for %s", rows, vehicle)
	}
	elsewhere := strings.Replace(filtered, b.fleet(0), b.fleet(1), 1)
	if a := b.do("POST", base+"/reports", elsewhere); a.status != 404 || a.object(t)["code"] != "vehicle_not_found" {
		t.Errorf("a vehicle of another fleet: %d %s", a.status, a.body)
	}
}

func TestDefaultsAreAMonthOfTwoHundredVehicles(t *testing.T) {
	b := &sandboxTest{sandbox.New(sandbox.Options{Clock: time.Now}), t, newClock()}
	f := b.get(base + "/fleets").ok(t).rows()
	if len(f) != 3 || f[0]["total_vehicles"] != 200.0 {
		t.Errorf("%d fleets, the first with %v vehicles", len(f), f[0]["total_vehicles"])
	}
}
