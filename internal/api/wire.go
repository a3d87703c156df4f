package api

import (
	"math"
	"strconv"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
)

// kind is what the API has objects of.
type kind struct{ name, prefix, path string }

var (
	reports   = kind{"report", charge.ReportPrefix, "/reports"}
	fleets    = kind{"fleet", charge.FleetPrefix, "/fleets"}
	endpoints = kind{"webhook endpoint", charge.EndpointPrefix, "/webhook_endpoints"}
)

// otherShape is an object that has the shape of another API version, described in a few words.
type otherShape string

func (s otherShape) Error() string { return string(s) }

// reportOf reads one report object (charge-api.md, Reports) and notes when and in which response it came. Unknown
// members are kept in Raw, missing ones are zero, and so is an unreadable time. Without id and status it is no report:
// KindTemporary. With an id that no path may hold or a size that is no number of bytes it is KindInternal; with times
// in seconds, as API versions before 2026 write them, it is otherShape.
func reportOf(a *answer, v value) (charge.Report, error) {
	members := v.members()
	parameters := members["parameters"].members()
	size, ok := sizeOf(members["size"])
	r := charge.Report{
		ID:       members["id"].text(),
		Status:   charge.Status(members["status"].text()),
		Fleet:    members["fleet"].id(),
		Format:   members["type"].text(),
		Size:     size,
		URL:      members["url"].text(),
		Created:  members["created"].instant(),
		Finished: members["succeeded_at"].instant(),
		Parameters: charge.Parameters{
			Type:    parameters["type"].text(),
			Start:   parameters["period_start"].instant(),
			End:     parameters["period_end"].instant(),
			GroupBy: parameters["group_by"].text(),
		},
		Seen:    dateOf(a.header),
		Request: requestID(a.header),
		Raw:     []byte(v),
	}
	for vehicle := range parameters["filters"].members()["vehicle"].elements() {
		r.Parameters.Vehicles = append(r.Parameters.Vehicles, vehicle.id())
	}
	err := reports.check(r.ID)
	switch {
	case r.ID == "" || r.Status == "":
		err = charge.Errorf(charge.KindTemporary, "the API answered with a report without id or status")
	case err != nil:
	case members["created"].number():
		err = otherShape(`a report whose "created" is a number`)
	case !ok:
		err = charge.Errorf(charge.KindInternal, "the size %s of report %s is not a number of bytes",
			charge.Clip(string(members["size"]), 80), r.ID)
	}
	return r, err
}

// fleetOf reads one fleet object (charge-api.md, Fleets) and keeps it whole in Raw. Errors are those of check, and
// otherShape for an id of API versions before 2026.
func fleetOf(_ *answer, v value) (charge.Fleet, error) {
	members := v.members()
	vehicles, _ := sizeOf(members["total_vehicles"])
	f := charge.Fleet{
		ID:       members["id"].text(),
		Name:     members["name"].text(),
		Status:   members["status"].text(),
		Timezone: members["timezone"].text(),
		Vehicles: vehicles,
		Raw:      []byte(v),

		MetricSystem: members["metric_system"].text(),
	}
	if charge.CheckID("fleet_", f.ID) == nil {
		return f, otherShape("a fleet whose id begins with fleet_")
	}
	return f, fleets.check(f.ID)
}

// check is nil for an id that an object of this kind may have. Without one it is no such object: KindTemporary; with one
// that no path may hold it is KindInternal.
func (k kind) check(id string) error {
	switch {
	case id == "":
		return charge.Errorf(charge.KindTemporary, "the API answered with a %s without id", k.name)
	case charge.CheckID(k.prefix, id) != nil:
		return charge.Errorf(charge.KindInternal, "the API answered with a %s whose id %q is not safe to use", k.name, charge.Clip(id, 80))
	}
	return nil
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
