package reports

import (
	"cmp"
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
	"github.com/chargectl/chargectl/internal/folder"
	"github.com/chargectl/chargectl/internal/period"
	"github.com/chargectl/chargectl/internal/poll"
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
	*Service
	DownloadOptions
	folder *disk.Folder
	file   string // the one name, where the target is one file
	stream *download.Output
	opened io.Closer
	slots  *slots

	taken  sync.Map // ids of reports by the names they have in this run, in lower case
	fleets fleetsOnce
}

// open gets everything ready that can be before the first request, so that a target that cannot work is refused first.
func (s *Service) open(ctx context.Context, o DownloadOptions) (*place, error) {
	t, p := o.Target, &place{Service: s, DownloadOptions: o, fleets: fleetsOnce{FleetGetter: s.Fleets}, slots: newSlots(s.Files, o.Jobs)}
	dir, file := cmp.Or(t.Dir, "."), filepath.ToSlash(t.File)
	switch alone := t.File != "" && (filepath.IsAbs(t.File) || t.Dir == ""); {
	case t.Stream != nil:
		p.stream = download.NewOutput(t.Stream, "standard output")
		return p, nil
	case strings.HasSuffix(file, "/"):
		return nil, &charge.Error{Kind: charge.KindOutput, Op: "write " + t.File, Reason: "it is a folder", Hint: "--dir names a folder for files"}
	case alone && disk.IsDevice(t.File):
		// Where nothing is waited for, the reader of a pipe has a second: it may have been started at the same moment.
		until, cancel := cmp.Or(o.Timeout, poll.Timeout(time.Second)).Bound(ctx)
		defer cancel()
		device, err := disk.OpenDevice(until, t.File, s.Observer.Notice)
		if err != nil {
			return nil, err
		}
		p.stream, p.opened = download.NewOutput(device, t.File), device
		return p, nil
	case alone:
		dir, file = filepath.Dir(t.File), filepath.Base(t.File)
	}
	if file != "" && !filepath.IsLocal(file) {
		return nil, charge.Usagef("-o %q leaves the folder %s", t.File, dir)
	}
	folder, err := disk.Open(dir, s.Disk, s.Observer.Notice)
	if err != nil {
		return nil, err
	}
	p.folder, p.file, p.opened = folder, file, folder
	if file == "" && t.Name.Fixed() { // until the report says its format, it has today's
		if file, err = t.Name.Name(filename.Values{Format: "csv"}); err != nil {
			p.close()
			return nil, err
		}
	}
	if file != "" {
		if err := download.Precheck(folder, file, t.IfExists); err != nil {
			p.close()
			return nil, err
		}
	}
	return p, nil
}

func (p *place) close() {
	if p.opened != nil {
		_ = p.opened.Close()
	}
}

// fleetsOnce asks for each fleet once, however many reports are its.
type fleetsOnce struct {
	FleetGetter
	asked sync.Map // the one request for each id, made when it is first needed
}

// Fleet finds a fleet by its id.
func (f *fleetsOnce) Fleet(ctx context.Context, id string) (charge.Fleet, error) {
	ask := sync.OnceValues(func() (charge.Fleet, error) { return f.FleetGetter.Fleet(ctx, id) })
	first, _ := f.asked.LoadOrStore(id, ask)
	return first.(func() (charge.Fleet, error))()
}

// NameOf names a report's file in Dir by the template. The fleet is looked up where that needs more than its id. Errors
// are those of the look-up, and KindUsage where the report can have no name, or one that chargectl keeps for itself.
func (t Target) NameOf(ctx context.Context, fleets FleetGetter, r charge.Report) (string, error) {
	fleet, zone, err := charge.Fleet{}, t.Zone, error(nil)
	dated := t.Name.Uses("period") || t.Name.Uses("start") || t.Name.Uses("end")
	if r.Fleet != "" && (t.Name.Uses("fleet_name") || t.FleetZone && dated) {
		if fleet, err = fleets.Fleet(ctx, r.Fleet); err != nil {
			return "", err
		}
	}
	if t.FleetZone && fleet.Timezone != "" {
		if zone, err = period.LoadZone(fleet.Timezone); err != nil {
			return "", charge.Usagef("fleet %s: %w", fleet.ID, err)
		}
	}
	return folder.Name(t.Name, filename.Values{
		ID: r.ID, Type: r.Parameters.Type, Fleet: r.Fleet, FleetName: fleet.Name, Start: r.Parameters.Start, End: r.Parameters.End,
		Created: r.Created, Format: r.Format, Zone: zone,
	})
}
