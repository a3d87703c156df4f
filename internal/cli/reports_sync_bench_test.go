package cli

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// BenchmarkSyncOfACompleteFolder has 1,008 files and nothing to do.
func BenchmarkSyncOfACompleteFolder(b *testing.B) {
	dir := b.TempDir()
	var fleets strings.Builder
	for fleet := range 12 {
		id := fmt.Sprintf("flt_%032d", fleet)
		fleets.WriteString(" --fleet " + id)
		for month := range 84 {
			name := fmt.Sprintf("charging_summary_%s_%d-%02d.csv", id, 2019+month/12, month%12+1)
			if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
				b.Fatal(err)
			}
		}
	}
	v := &commandTest{vars: map[string]string{"CHARGE_DIR": dir}}
	b.ReportAllocs()
	for b.Loop() {
		line := "reports sync --type charging_summary --since 2019-01 --until 2025-12" + fleets.String()
		if code := v.app(line, io.Discard, io.Discard).run(b.Context()); code != 0 {
			b.Fatal(code)
		}
	}
}
