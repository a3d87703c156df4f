package api

import (
	"math"
	"strconv"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// otherShape is an object that has the shape of another API version, described in a few words.
type otherShape string

func (s otherShape) Error() string { return string(s) }

// reportOf reads one report object (charge-api.md, Reports) and notes when and in which response it came. Unknown
// members are kept in Raw, missing ones are zero, and so is an unreadable time. Without id and status it is no report:
// KindTemporary. With an id that no path may hold or a size that is no number of bytes it is KindInternal; with times
// in seconds, as API versions before 2026 write them, it is otherShape.
func reportOf(a *answer, v value) (charge.Report, error) {
	r := charge.Report{Raw: []byte(v), Seen: dateOf(a.header), Request: requestID(a.header)}
	var size value
	seconds := false
	for name, member := range v.members() {
		switch name {
		case "id":
			r.ID = member.text()
		case "status":
			r.Status = charge.Status(member.text())
		case "fleet":
			r.Fleet = member.id()
		case "type":
			r.Format = member.text()
		case "size":
			size = member
		case "url":
			r.URL = member.text()
		case "created":
			r.Created, seconds = member.instant(), member.number()
		case "succeeded_at":
			r.Finished = member.instant()
		case "parameters":
			r.Parameters = parametersOf(member)
		}
	}
	switch bytes, ok := sizeOf(size); {
	case r.ID == "" || r.Status == "":
		return charge.Report{}, charge.Errorf(charge.KindTemporary, "the API answered with a report without id or status")
	case charge.CheckID(charge.ReportPrefix, r.ID) != nil:
		return charge.Report{}, badID("a report", r.ID)
	case seconds:
		return charge.Report{}, otherShape(`a report whose "created" is a number`)
	case !ok:
		return charge.Report{}, charge.Errorf(charge.KindInternal, "the size %s of report %s is not a number of bytes",
			charge.Clip(string(size), 80), r.ID)
	default:
		r.Size = bytes
		return r, nil
	}
}

func parametersOf(v value) (p charge.Parameters) {
	for name, member := range v.members() {
		switch name {
		case "type":
			p.Type = member.text()
		case "period_start":
			p.Start = member.instant()
		case "period_end":
			p.End = member.instant()
		case "group_by":
			p.GroupBy = member.text()
		case "filters":
			p.Vehicles = vehiclesOf(member)
		}
	}
	return p
}

func vehiclesOf(filters value) (ids []string) {
	for name, member := range filters.members() {
		if name != "vehicle" {
			continue
		}
		ids = nil
		for vehicle := range member.elements() {
			ids = append(ids, vehicle.id())
		}
	}
	return ids
}

// fleetOf reads one fleet object (charge-api.md, Fleets) and keeps it whole in Raw. Without an id it is no fleet:
// KindTemporary; with an id that no path may hold it is KindInternal, and with one of API versions before 2026 otherShape.
func fleetOf(_ *answer, v value) (charge.Fleet, error) {
	f := charge.Fleet{Raw: []byte(v)}
	for name, member := range v.members() {
		switch name {
		case "id":
			f.ID = member.text()
		case "name":
			f.Name = member.text()
		case "status":
			f.Status = member.text()
		case "timezone":
			f.Timezone = member.text()
		case "total_vehicles":
			f.Vehicles, _ = sizeOf(member)
		}
	}
	if f.ID == "" {
		return charge.Fleet{}, charge.Errorf(charge.KindTemporary, "the API answered with a fleet without id")
	}
	if charge.CheckID("fleet_", f.ID) == nil {
		return charge.Fleet{}, otherShape("a fleet whose id begins with fleet_")
	}
	if charge.CheckID(charge.FleetPrefix, f.ID) != nil {
		return charge.Fleet{}, badID("a fleet", f.ID)
	}
	return f, nil
}

func badID(what, id string) error {
	return charge.Errorf(charge.KindInternal, "the API answered with %s whose id %q is not safe to use", what,
		charge.Clip(id, 80))
}

// sizeOf reads a JSON number that is whole and not negative, 1e3 included; null and missing are 0. What a float64
// does not hold exactly must be written in digits alone.
func sizeOf(v value) (int64, bool) {
	if v.null() {
		return 0, true
	}
	if n, err := strconv.ParseInt(string(v), 10, 64); err == nil {
		return n, n >= 0
	}
	f, err := strconv.ParseFloat(string(v), 64)
	digits, _, _ := strings.Cut(strings.ToLower(string(v)), "e")
	vanished := f == 0 && strings.ContainsAny(digits, "123456789")
	if err != nil || !v.number() || vanished || f != math.Trunc(f) || f < 0 || f > 1<<53 {
		return 0, false
	}
	return int64(f), true
}
