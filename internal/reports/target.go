package reports

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/filename"
	"github.com/chargectl/chargectl/internal/period"
)

// Target is where files go: into a folder under names from a template, to one file, or straight into a stream.
type Target struct {
	Dir      string            // made when missing
	Name     filename.Template // of files in Dir
	File     string            // one report's file; relative to Dir where that is set, else to the working folder
	Stream   io.Writer
	IfExists download.IfExists
	Zone     *time.Location // of the periods in names
	// FleetZone is whether names use the zone of each report's own fleet, and Zone only for the whole account.
	FleetZone bool
}

// place is an opened target: each report gets its name, or the stream, from it.
type place struct {
	target Target
	folder *disk.Folder
	file   string // the one name, where the target is one file
	stream *download.Output
	device io.Closer

	mu     sync.Mutex
	taken  map[string]string                       // names in this run, by whose they are
	fleets map[string]func() (charge.Fleet, error) // by id, each asked for once
}

// open gets everything ready that can be before the first request, so that a target that cannot work is refused first.
func (t Target) open(ctx context.Context, system disk.System, notice func(string)) (*place, error) {
	p := &place{target: t, taken: map[string]string{}, fleets: map[string]func() (charge.Fleet, error){}}
	if t.Stream != nil {
		p.stream = download.NewOutput(t.Stream, "standard output")
		return p, nil
	}
	dir, file := t.Dir, filepath.ToSlash(t.File)
	if strings.HasSuffix(file, "/") {
		return nil, &charge.Error{Kind: charge.KindOutput, Op: "write " + t.File, Reason: "it is a folder", Hint: "--dir names a folder for files"}
	}
	if t.File != "" && (filepath.IsAbs(t.File) || t.Dir == "") {
		if disk.IsDevice(t.File) {
			file, err := disk.OpenDevice(ctx, t.File, notice)
			if err != nil {
				return nil, err
			}
			p.stream, p.device = download.NewOutput(file, t.File), file
			return p, nil
		}
		dir, file = filepath.Dir(t.File), filepath.Base(t.File)
	}
	if dir == "" {
		dir = "."
	}
	if t.File != "" && !filepath.IsLocal(file) {
		return nil, charge.Usagef("-o %q leaves the folder %s", t.File, dir)
	}
	folder, err := disk.Open(dir, system, notice)
	if err != nil {
		return nil, err
	}
	p.folder, p.file = folder, file
	if file != "" {
		if err := download.Precheck(folder, file, t.IfExists); err != nil {
			p.close()
			return nil, err
		}
	}
	return p, nil
}

func (p *place) close() {
	if p.folder != nil {
		_ = p.folder.Close()
	}
	if p.device != nil {
		_ = p.device.Close()
	}
}

// nameOf gives a report its name, which no other report of this run may have.
func (p *place) nameOf(ctx context.Context, fleets FleetGetter, r charge.Report) (string, error) {
	name := p.file
	if name == "" {
		var err error
		if name, err = p.target.NameOf(ctx, onceEach{p, fleets}, r); err != nil {
			return "", err
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	key := strings.ToLower(name)
	if other, taken := p.taken[key]; taken {
		return "", charge.Usagef("%s and %s would both be written to %s: name files by {id}", other, r.ID, p.folder.Path(name))
	}
	p.taken[key] = r.ID
	return name, nil
}

// onceEach asks for each fleet once, however many reports are its.
type onceEach struct {
	*place
	fleets FleetGetter
}

// Fleet finds a fleet by its id.
func (o onceEach) Fleet(ctx context.Context, id string) (charge.Fleet, error) {
	o.mu.Lock()
	ask, known := o.place.fleets[id]
	if !known {
		ask = sync.OnceValues(func() (charge.Fleet, error) { return o.fleets.Fleet(ctx, id) })
		o.place.fleets[id] = ask
	}
	o.mu.Unlock()
	return ask()
}

// NameOf names a report's file in Dir by the template. The fleet is looked up where that needs more than its id. Errors
// are those of the look-up, and KindUsage where the report can have no name, or one that chargectl keeps for itself.
func (t Target) NameOf(ctx context.Context, fleets FleetGetter, r charge.Report) (string, error) {
	fleet, zone := charge.Fleet{}, t.Zone
	dated := t.Name.Uses("period") || t.Name.Uses("start") || t.Name.Uses("end")
	if r.Fleet != "" && (t.Name.Uses("fleet_name") || t.FleetZone && dated) {
		var err error
		if fleet, err = fleets.Fleet(ctx, r.Fleet); err != nil {
			return "", err
		}
	}
	if t.FleetZone && fleet.Timezone != "" {
		var err error
		if zone, err = period.LoadZone(fleet.Timezone); err != nil {
			return "", charge.Usagef("fleet %s: %w", fleet.ID, err)
		}
	}
	return named(t.Name, filename.Values{
		ID: r.ID, Type: r.Parameters.Type, Fleet: r.Fleet, FleetName: fleet.Name, Start: r.Parameters.Start, End: r.Parameters.End,
		Created: r.Created, Format: r.Format, Zone: zone,
	})
}

// named fills a template in, and refuses a name that chargectl keeps for itself.
func named(template filename.Template, values filename.Values) (string, error) {
	name, err := template.Name(values)
	if err != nil {
		return "", err
	}
	return name, download.Reserved(name)
}
