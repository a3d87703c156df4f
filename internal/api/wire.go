package api

import (
	"encoding/json"
	"math/big"
	"strconv"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// wireReport is a report as the API writes it (charge-api.md, Reports).
type wireReport struct {
	ID          string          `json:"id"`
	Status      string          `json:"status"`
	Fleet       string          `json:"fleet"`
	Type        string          `json:"type"`
	Size        json.RawMessage `json:"size"`
	URL         string          `json:"url"`
	Created     string          `json:"created"`
	SucceededAt string          `json:"succeeded_at"`
	Parameters  struct {
		Type        string `json:"type"`
		PeriodStart string `json:"period_start"`
		PeriodEnd   string `json:"period_end"`
		GroupBy     string `json:"group_by"`
		Filters     struct {
			Vehicle []string `json:"vehicle"`
		} `json:"filters"`
	} `json:"parameters"`
}

type wireFleet struct {
	ID            string `json:"id"`
	Name          string `json:"name"`
	Status        string `json:"status"`
	Timezone      string `json:"timezone"`
	TotalVehicles int64  `json:"total_vehicles"`
}

// DecodeReport reads one report object and keeps its bytes in Raw. Unknown members are kept there, missing ones are
// zero, and so is an unreadable time. Without id and status it is no report: KindTemporary. With an id that no path
// may hold or a size that is no whole number of bytes it is KindInternal.
func DecodeReport(raw []byte) (charge.Report, error) {
	var w wireReport
	if err := decodeTolerant(raw, &w); err != nil || w.ID == "" || w.Status == "" {
		return charge.Report{}, charge.Errorf(charge.KindTemporary, "the API answered with a report without id or status")
	}
	if charge.CheckID(charge.ReportPrefix, w.ID) != nil {
		return charge.Report{}, badID("a report", w.ID)
	}
	size, ok := parseSize(w.Size)
	if !ok {
		return charge.Report{}, charge.Errorf(charge.KindInternal, "the size %s of report %s is not a number of bytes",
			charge.Clip(string(w.Size), 80), w.ID)
	}
	return w.report(size, raw), nil
}

func (w *wireReport) report(size int64, raw []byte) charge.Report {
	return charge.Report{
		ID:       w.ID,
		Status:   charge.Status(w.Status),
		Fleet:    w.Fleet,
		Format:   w.Type,
		Size:     size,
		URL:      w.URL,
		Created:  parseInstant(w.Created),
		Finished: parseInstant(w.SucceededAt),
		Parameters: charge.Parameters{
			Type:     w.Parameters.Type,
			Start:    parseInstant(w.Parameters.PeriodStart),
			End:      parseInstant(w.Parameters.PeriodEnd),
			GroupBy:  w.Parameters.GroupBy,
			Vehicles: w.Parameters.Filters.Vehicle,
		},
		Raw: raw,
	}
}

// DecodeFleet reads one fleet object and keeps its bytes in Raw. Without an id it is no fleet: KindTemporary; with an
// id that no path may hold it is KindInternal.
func DecodeFleet(raw []byte) (charge.Fleet, error) {
	var w wireFleet
	if err := decodeTolerant(raw, &w); err != nil || w.ID == "" {
		return charge.Fleet{}, charge.Errorf(charge.KindTemporary, "the API answered with a fleet without id")
	}
	if charge.CheckID(charge.FleetPrefix, w.ID) != nil {
		return charge.Fleet{}, badID("a fleet", w.ID)
	}
	return charge.Fleet{ID: w.ID, Name: w.Name, Status: w.Status, Timezone: w.Timezone, Vehicles: w.TotalVehicles,
		Raw: raw}, nil
}

func badID(what, id string) error {
	return charge.Errorf(charge.KindInternal, "the API answered with %s whose id %q is not safe to use", what,
		charge.Clip(id, 80))
}

// parseInstant reads RFC 3339 with any precision; what is none is zero, because no instant is worth losing a report.
func parseInstant(text string) time.Time {
	t, err := time.Parse(time.RFC3339, strings.ToUpper(text))
	if err != nil {
		return time.Time{}
	}
	return t
}

const (
	maxSizeText     = 64 // bytes; more than any size needs, and little enough to compute with
	maxSizeExponent = 40
)

// parseSize reads a JSON number of bytes exactly, 1e3 included; null and absent are 0.
func parseSize(raw json.RawMessage) (int64, bool) {
	text := string(raw)
	if text == "" || text == "null" {
		return 0, true
	}
	if text[0] == '"' || len(text) > maxSizeText {
		return 0, false
	}
	_, exponent, _ := strings.Cut(strings.ToLower(text), "e")
	if e, err := strconv.Atoi(exponent); exponent != "" && (err != nil || max(e, -e) > maxSizeExponent) {
		return 0, false
	}
	number, ok := new(big.Rat).SetString(text)
	if !ok || !number.IsInt() || number.Sign() < 0 || !number.Num().IsInt64() {
		return 0, false
	}
	return number.Num().Int64(), true
}
