package sandbox

import "time"

// readyEvery is the time between the creation of two reports that are there from the start.
const readyEvery = 10 * time.Minute

// addReady puts n reports into a sandbox without any: they were asked for one after the other before it began, each for
// the month before, of the whole account and of each fleet in turn, and are ready. Reports of one month share what they
// ask for, so that very many need little.
func (s *Sandbox) addReady(n int) {
	now := s.now().Truncate(time.Millisecond)
	months := map[time.Time]members{}
	s.reports = make([]*report, 0, n)
	all := make([]report, n)
	for i := range all {
		takes, _ := s.fate(i + 1)
		created := now.Add(-time.Duration(n-i)*readyEvery - min(takes, readyEvery))
		end := time.Date(created.Year(), created.Month(), 1, 0, 0, 0, 0, time.UTC)
		start := end.AddDate(0, -1, 0)
		if months[start] == nil {
			months[start] = members{"type": "charging_summary", "period_start": formatInstant(start), "period_end": formatInstant(end)}
		}
		fleet := ""
		if of := i % (len(s.fleets) + 1); of > 0 {
			fleet = s.fleets[of-1].ID
		}
		all[i] = report{
			asked: asked{fleet: fleet, parameters: months[start], start: start, end: end}, n: i + 1, id: newID(s.seed, "rpt_", i+1),
			created: created, takes: min(takes, readyEvery), ends: succeeded, size: -1,
		}
		s.append(&all[i])
	}
}
