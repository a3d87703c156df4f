package period

import (
	"archive/zip"
	"go/build"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestZonesAreThoseOfTheDatabase: the list has the names of the zone database of this Go, and each of them loads.
func TestZonesAreThoseOfTheDatabase(t *testing.T) {
	for _, name := range Zones() {
		if _, err := LoadZone(name); err != nil {
			t.Error(err)
		}
	}
	database, err := zip.OpenReader(filepath.Join(build.Default.GOROOT, "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Skip(err)
	}
	defer database.Close()
	var names []string
	for _, file := range database.File {
		if strings.Contains(file.Name, "/") && !strings.HasSuffix(file.Name, "/") {
			names = append(names, file.Name)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff(names, Zones()); diff != "" {
		t.Errorf("zones.txt (-database +list):\n%s", diff)
	}
}
