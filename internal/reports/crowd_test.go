package reports

import (
	"os"
	"slices"
	"sync"
	"testing"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
)

// TestSyncsWithoutLocks has six runs complete one folder at once where locks keep nobody out: no file is wrong, none is
// missing, and each month is one report.
func TestSyncsWithoutLocks(t *testing.T) {
	rounds := 20
	if os.Getenv("CHARGECTL_LONG") == "1" {
		rounds = 200
	}
	none := func(string, int) (disk.Lock, error) { return nil, disk.ErrNoLocks }
	all := func(path string, flags int) (disk.Lock, error) { return os.OpenFile(path, flags, 0o666) }
	for name, lock := range map[string]func(string, int) (disk.Lock, error){"none": none, "false": all} {
		t.Run(name, func(t *testing.T) {
			for range rounds {
				inBubble(t, "round", func(t *testing.T) {
					s := newSyncTest(t, 0, "1990-06")
					s.Disk.Lock, s.options.Receipts = lock, true
					var runs sync.WaitGroup
					for range 6 {
						runs.Go(func() {
							outcomes, err := s.outcomes(t.Context())
							if err != nil {
								t.Error(err)
							}
							for _, o := range outcomes {
								if o.Err != nil {
									t.Error(o.Err)
									continue
								}
								s.wantFile(o.Name, []byte(rows))
							}
						})
					}
					runs.Wait()
					if len(s.reports) != 6 {
						t.Errorf("%d reports exist, want 6", len(s.reports))
					}
					s.Disk.Lock = nil
					s.run()
					names := []string{".chargectl.lock"}
					for _, month := range s.fakeAPI.months() {
						names = append(names, "summary_"+month+".csv", "summary_"+month+".csv.json")
					}
					slices.Sort(names)
					s.wantOnly(names...)
				})
			}
		})
	}
}

// TestRechecksWithoutLocks has six runs find the same files changed at once where locks keep nobody out: at the end the new
// files are there and what they took the place of, once. A run that another overtakes ends as temporary.
func TestRechecksWithoutLocks(t *testing.T) {
	rounds := 20
	if os.Getenv("CHARGECTL_LONG") == "1" {
		rounds = 200
	}
	for range rounds {
		inBubble(t, "round", func(t *testing.T) {
			s := newSyncTest(t, 0, "1990-03")
			s.Disk.Lock = func(string, int) (disk.Lock, error) { return nil, disk.ErrNoLocks }
			s.plan.Recheck = 3
			for _, month := range []string{"1990-01", "1990-02", "1990-03"} {
				s.write("summary_"+month+".csv", []byte("before"))
			}
			var runs sync.WaitGroup
			for range 6 {
				runs.Go(func() {
					outcomes, err := s.outcomes(t.Context())
					if err != nil {
						t.Error(err)
					}
					for _, o := range outcomes {
						if o.Err != nil && charge.KindOf(o.Err) != charge.KindTemporary {
							t.Error(o.Err)
						}
					}
				})
			}
			runs.Wait()
			s.Disk.Lock = nil
			s.run()
			names := []string{".chargectl.lock"}
			for _, month := range s.fakeAPI.months() {
				older := "summary_" + month + "~2000-01-01.csv"
				names = append(names, "summary_"+month+".csv", older)
				s.wantFile("summary_"+month+".csv", []byte(rows))
				s.wantFile(older, []byte("before"))
			}
			if len(s.reports) != 3 {
				t.Errorf("%d reports exist, want 3", len(s.reports))
			}
			slices.Sort(names)
			s.wantOnly(names...)
		})
	}
}
