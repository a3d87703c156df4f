package cli

import (
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
)

// requestFlags say what is in a report, but for its fleet and its period.
type requestFlags struct {
	kind     optional
	vehicles []string
	groupBy  string
	params   []string
}

func (o *requestFlags) addFlags(fs *pflag.FlagSet) {
	fs.VarP(&o.kind, "type", "t", "`TYPE` type of the report, such as charging_summary, unless the setting type says it")
	fs.StringArrayVar(&o.vehicles, "vehicle", nil, "`ID` only this vehicle (repeatable)")
	fs.StringVar(&o.groupBy, "group-by", "", "`FIELD` how rows are grouped, such as vehicle")
	fs.StringArrayVar(&o.params, "param", nil, "`KEY=VALUE` a further parameter; dots in KEY nest (repeatable)")
}

// request gives the parts of the request that need no period and no fleet.
func (o *requestFlags) request(cfg *config.Config) (charge.Request, error) {
	r := charge.Request{Type: o.kind.or(cfg.Type), Vehicles: o.vehicles, GroupBy: o.groupBy}
	if r.Type == "" {
		err := charge.Usagef("no report type: give one with --type")
		return r, err.WithHint("for example: --type charging_summary, or once and for all: chargectl config set type charging_summary")
	}
	for _, vehicle := range o.vehicles {
		if err := charge.CheckID(charge.VehiclePrefix, vehicle); err != nil {
			return r, err
		}
	}
	var err error
	if r.Extra, err = charge.ParseParams(o.params); err != nil {
		return r, err
	}
	return r, o.conflict(r.Extra)
}

func (o *requestFlags) conflict(extra map[string]any) error {
	if _, twice := extra["group_by"]; twice && o.groupBy != "" {
		return charge.Usagef("--group-by and --param group_by both set group_by: give one")
	}
	filters, ok := extra["filters"]
	object, isObject := filters.(map[string]any)
	if _, twice := object["vehicle"]; len(o.vehicles) > 0 && (twice || ok && !isObject) {
		return charge.Usagef("--vehicle and --param filters both set filters.vehicle: give one")
	}
	return nil
}

// scopeFlags say whose reports a folder should hold.
type scopeFlags struct {
	fleets    []string
	allFleets bool
}

func (o *scopeFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringArrayVar(&o.fleets, "fleet", nil, "`FLEET` fleet by id or exact name (repeatable); \"\" is the whole account")
	fs.BoolVar(&o.allFleets, "all-fleets", false, "every fleet, inactive ones too")
}

// wanted are the fleets as they were named; the flags go over the settings, and no fleet is the whole account.
func (o *scopeFlags) wanted(cfg *config.Config) ([]string, error) {
	switch {
	case o.allFleets && len(o.fleets) > 0:
		return nil, charge.Usagef("--fleet and --all-fleets both say the fleets: give one")
	case o.allFleets || len(o.fleets) > 0:
		return o.fleets, nil
	}
	return []string{cfg.Fleet}, nil
}
