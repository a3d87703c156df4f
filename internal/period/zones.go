package period

import (
	"bufio"
	"compress/gzip"
	_ "embed"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"
	"time"
)

// zoneNames has the names of the zone database that Go brings along, which itself cannot be listed. Old names of one word,
// such as CET, are left out: nobody should be led to them.
//
//go:embed zones.txt
var zoneNames string

// Zones are the IANA names that LoadZone knows on every machine, in alphabetical order.
func Zones() []string { return strings.Fields(zoneNames) }

// zoneData is the zone database that Go brings along, for machines that have none, such as Windows and empty containers.
// Package time/tzdata has the same at seven times the size. Each zone is a line of its name and its bytes' number, and
// then its bytes.
//
//go:embed zones.gz
var zoneData string

// ownZones are the zones of the database with their data.
func ownZones() iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		text, err := gzip.NewReader(strings.NewReader(zoneData))
		if err != nil {
			return
		}
		for in := bufio.NewReader(text); ; {
			line, err := in.ReadString('\n')
			name, number, _ := strings.Cut(strings.TrimSpace(line), " ")
			size, wrong := strconv.Atoi(number)
			if err != nil || wrong != nil {
				return
			}
			data := make([]byte, size)
			if _, err := io.ReadFull(in, data); err != nil || !yield(name, data) {
				return
			}
		}
	}
}

// location is the zone of an IANA name, by the data of the system or else our own.
func location(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err == nil {
		return zone, nil
	}
	for own, data := range ownZones() {
		if own == name {
			return time.LoadLocationFromTZData(name, data)
		}
	}
	return nil, err
}

// local is this machine's zone. Where the system has no zone data, Go takes whatever TZ names for UTC.
func local() *time.Location {
	name := strings.TrimPrefix(os.Getenv("TZ"), ":")
	if name == "" || name == "UTC" || time.Local.String() != "UTC" {
		return time.Local
	}
	zone, err := location(name)
	if err != nil {
		return time.Local
	}
	return zone
}
