package reports

import (
	"os"
	"slices"
	"sync"
	"testing"

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
