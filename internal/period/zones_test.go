package period

import (
	"archive/zip"
	"bytes"
	"cmp"
	"compress/gzip"
	"flag"
	"fmt"
	"go/build"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write zones.txt and zones.gz from the zone database of this Go")

// TestZoneDatabase: names and data are those of the zone database of this Go, and each name loads.
func TestZoneDatabase(t *testing.T) {
	for _, name := range Zones() {
		if _, err := LoadZone(name); err != nil {
			t.Error(err)
		}
	}
	database := databaseOfGo(t)
	var names []string
	for _, name := range slices.Sorted(maps.Keys(database)) {
		if strings.Contains(name, "/") {
			names = append(names, name)
		}
	}
	if *update {
		if err := os.WriteFile("zones.txt", []byte(strings.Join(names, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("zones.gz", packed(t, database), 0o644); err != nil {
			t.Fatal(err)
		}
		return // the new ones are in the next build
	}
	if diff := gocmp.Diff(names, Zones()); diff != "" {
		t.Errorf("zones.txt (-database +list); go test ./internal/period -run TestZoneDatabase -update writes it:\n%s", diff)
	}
	own := maps.Collect(ownZones())
	for name, data := range database {
		if !bytes.Equal(own[name], data) {
			t.Errorf("zones.gz has %d bytes of %s, the database %d; go test ./internal/period -run TestZoneDatabase -update writes it", len(own[name]), name, len(data))
		}
		if zone, err := time.LoadLocationFromTZData(name, own[name]); err != nil || zone.String() != name {
			t.Errorf("%s: %v, %v", name, zone, err)
		}
	}
	if len(own) != len(database) {
		t.Errorf("%d zones, want %d", len(own), len(database))
	}
}

// databaseOfGo has the zones by their names.
func databaseOfGo(t *testing.T) map[string][]byte {
	t.Helper()
	archive, err := zip.OpenReader(filepath.Join(build.Default.GOROOT, "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Skip(err)
	}
	defer archive.Close()
	zones := map[string][]byte{}
	for _, file := range archive.File {
		if strings.HasSuffix(file.Name, "/") {
			continue
		}
		in, err := file.Open()
		if err != nil {
			t.Fatal(err)
		}
		if zones[file.Name], err = io.ReadAll(in); err != nil {
			t.Fatal(err)
		}
	}
	return zones
}

// packed is the file of the zones: those whose data end alike, as zones with the same rules do, stand together.
func packed(t *testing.T, zones map[string][]byte) []byte {
	t.Helper()
	var file bytes.Buffer
	out, err := gzip.NewWriterLevel(&file, gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	end := func(name string) []byte { return zones[name][max(0, len(zones[name])-20):] }
	for _, name := range slices.SortedFunc(maps.Keys(zones), func(a, b string) int {
		return cmp.Or(bytes.Compare(end(a), end(b)), bytes.Compare(zones[a], zones[b]), strings.Compare(a, b))
	}) {
		if _, err := fmt.Fprintf(out, "%s %d\n%s", name, len(zones[name]), zones[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := out.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}
