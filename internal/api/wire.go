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
	created, size, parameters := v.get("created"), v.get("size"), v.get("parameters")
	bytes, ok := sizeOf(size)
	r := charge.Report{
		ID:       v.get("id").text(),
		Status:   charge.Status(v.get("status").text()),
		Fleet:    v.get("fleet").id(),
		Format:   v.get("type").text(),
		Size:     bytes,
		URL:      v.get("url").text(),
		Created:  created.instant(),
		Finished: v.get("succeeded_at").instant(),
		Parameters: charge.Parameters{
			Type:    parameters.get("type").text(),
			Start:   parameters.get("period_start").instant(),
			End:     parameters.get("period_end").instant(),
			GroupBy: parameters.get("group_by").text(),
		},
		Seen:    dateOf(a.header),
		Request: requestID(a.header),
		Raw:     []byte(v),
	}
	for vehicle := range parameters.get("filters").get("vehicle").elements() {
		r.Parameters.Vehicles = append(r.Parameters.Vehicles, vehicle.id())
	}
	switch {
	case r.ID == "" || r.Status == "":
		return charge.Report{}, charge.Errorf(charge.KindTemporary, "the API answered with a report without id or status")
	case charge.CheckID(charge.ReportPrefix, r.ID) != nil:
		return charge.Report{}, badID("a report", r.ID)
	case created.number():
		return charge.Report{}, otherShape(`a report whose "created" is a number`)
	case !ok:
		return charge.Report{}, charge.Errorf(charge.KindInternal, "the size %s of report %s is not a number of bytes",
			charge.Clip(string(size), 80), r.ID)
	default:
		return r, nil
	}
}

// fleetOf reads one fleet object (charge-api.md, Fleets) and keeps it whole in Raw. Without an id it is no fleet:
// KindTemporary; with an id that no path may hold it is KindInternal, and with one of API versions before 2026 otherShape.
func fleetOf(_ *answer, v value) (charge.Fleet, error) {
	vehicles, _ := sizeOf(v.get("total_vehicles"))
	f := charge.Fleet{
		ID:       v.get("id").text(),
		Name:     v.get("name").text(),
		Status:   v.get("status").text(),
		Timezone: v.get("timezone").text(),
		Vehicles: vehicles,
		Raw:      []byte(v),
	}
	switch {
	case f.ID == "":
		return charge.Fleet{}, charge.Errorf(charge.KindTemporary, "the API answered with a fleet without id")
	case charge.CheckID("fleet_", f.ID) == nil:
		return charge.Fleet{}, otherShape("a fleet whose id begins with fleet_")
	case charge.CheckID(charge.FleetPrefix, f.ID) != nil:
		return charge.Fleet{}, badID("a fleet", f.ID)
	default:
		return f, nil
	}
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
