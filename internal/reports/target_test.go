package reports

import (
	"context"
	"io"
	"os"
	"slices"
	"testing"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/download"
	"github.com/chargectl/chargectl/internal/filename"
)

// download brings the port's report to a target, without waiting.
func (p *fakeBackend) download(target Target, ids ...string) ([]Saved, error) {
	if len(ids) == 0 {
		ids = []string{"rpt_1"}
	}
	if target.IfExists == "" {
		target.IfExists = download.Skip
	}
	saved := make([]Saved, len(ids))
	_, err := p.Download(p.t.Context(), ids, DownloadOptions{Target: target, Jobs: 2}, func(l Saved) { saved[slices.Index(ids, l.ID)] = l })
	return saved, err
}

func template(t *testing.T, text string) filename.Template {
	t.Helper()
	parsed, err := filename.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// closedPipe takes some bytes and then no more.
type closedPipe struct{ room int }

func (c *closedPipe) Write(b []byte) (int, error) {
	n := min(c.room, len(b))
	c.room -= n
	if n < len(b) {
		return n, io.ErrClosedPipe
	}
	return n, nil
}

func TestStreamNobodyReads(t *testing.T) {
	p := newFakeBackend(t)
	saved, err := p.download(Target{Stream: &closedPipe{room: half}})
	if err != nil {
		t.Fatal(err)
	}
	wantKind(t, saved[0].Err, charge.KindOutput)
	p.wantAsked(charge.FileRange{})
}

// TestTargetRefused is about targets that cannot work: they are refused before the first request.
func TestTargetRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		target func(*fakeBackend) Target
		kind   charge.Kind
	}{
		"out of --dir":          {func(p *fakeBackend) Target { return Target{Dir: p.dir, File: "../x"} }, charge.KindUsage},
		"out of --dir and back": {func(p *fakeBackend) Target { return Target{Dir: p.dir, File: "a/../../x"} }, charge.KindUsage},
		"a folder":              {func(p *fakeBackend) Target { p.mkdir("d"); return Target{File: p.path("d")} }, charge.KindOutput},
		"a folder in --dir":     {func(p *fakeBackend) Target { p.mkdir("d"); return Target{Dir: p.dir, File: "d"} }, charge.KindOutput},
		"a folder by its slash": {func(p *fakeBackend) Target { return Target{File: p.path("d") + "/"} }, charge.KindOutput},
		"under a file":          {func(p *fakeBackend) Target { p.write("f", nil); return Target{File: p.path("f/x")} }, charge.KindOutput},
		"--dir is a file":       {func(p *fakeBackend) Target { p.write("f", nil); return Target{Dir: p.path("f")} }, charge.KindOutput},
		"behind a link in --dir": {
			func(p *fakeBackend) Target {
				p.link("aside", p.t.TempDir())
				return Target{Dir: p.dir, File: "aside/x"}
			}, charge.KindOutput,
		},
		"a name we keep": {func(p *fakeBackend) Target { return Target{File: p.path("x.part")} }, charge.KindUsage},
		"there, and fail asked": {
			func(p *fakeBackend) Target {
				p.write("f", nil)
				return Target{File: p.path("f"), IfExists: download.Fail}
			}, charge.KindOutput,
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := newFakeBackend(t)
			p.answer = func() (charge.Report, error) { t.Error("asked for the report"); return p.report, nil }
			_, err := p.download(tt.target(p))
			wantKind(t, err, tt.kind)
			if _, err := p.CreateAndDownload(t.Context(), Order{}, DownloadOptions{Target: tt.target(newFakeBackend(t))}); err == nil {
				t.Error("create went on")
			}
			p.wantAsked()
		})
	}
}

func TestTargetFile(t *testing.T) {
	for name, target := range map[string]func(p *fakeBackend) Target{
		"absolute":           func(p *fakeBackend) Target { return Target{File: p.path("new/a.csv")} },
		"absolute and --dir": func(p *fakeBackend) Target { return Target{Dir: p.t.TempDir(), File: p.path("new/a.csv")} },
		"in --dir":           func(p *fakeBackend) Target { return Target{Dir: p.dir, File: "new/a.csv"} },
		"by name":            func(p *fakeBackend) Target { return Target{Dir: p.path("new"), Name: template(p.t, "a")} },
	} {
		t.Run(name, func(t *testing.T) {
			p := newFakeBackend(t)
			saved, err := p.download(target(p))
			if err != nil || saved[0].Err != nil || saved[0].Path != p.path("new/a.csv") {
				t.Fatalf("%+v, %v", saved, err)
			}
			p.wantFile("new/a.csv", content())
		})
	}
}

// TestDownloadMany brings several reports at once: one that fails does not stop the others.
func TestDownloadMany(t *testing.T) {
	p := newFakeBackend(t)
	reports := map[string]charge.Report{}
	ids := []string{"rpt_1", "rpt_2", "rpt_3", "rpt_4"}
	for _, id := range ids {
		r := p.report
		r.ID, r.Parameters.Type = id, "type_"+id
		reports[id] = r
	}
	broken := reports["rpt_2"]
	broken.Size++
	reports["rpt_2"] = broken
	p.Service.Reports, p.Service.Poll = lookup{p, reports}, lookup{p, reports}
	var ended []string
	errs, err := p.Download(t.Context(), ids, DownloadOptions{
		Target: Target{Dir: p.dir, Name: template(t, "{type}"), IfExists: download.Skip}, Jobs: 3,
	}, func(l Saved) { ended = append(ended, l.ID) })
	if err != nil || len(ended) != len(ids) {
		t.Fatalf("%v, ended %v", err, ended)
	}
	for i, err := range errs {
		if (err == nil) != (ids[i] != "rpt_2") {
			t.Errorf("%s: %v", ids[i], err)
		}
	}
	wantKind(t, errs[1], charge.KindOutput)
	p.wantOnly("type_rpt_1.csv", "type_rpt_3.csv", "type_rpt_4.csv")
}

// lookup knows some reports.
type lookup struct {
	*fakeBackend

	reports map[string]charge.Report
}

func (l lookup) Report(_ context.Context, id string) (charge.Report, error) {
	return l.reports[id], nil
}

// TestNamesThatCollide refuses the second report of a name, also where only case tells them apart.
func TestNamesThatCollide(t *testing.T) {
	p := newFakeBackend(t)
	lower, upper := p.report, p.report
	lower.Parameters.Type, upper.Parameters.Type, upper.ID = "sums", "SUMS", "rpt_2"
	all := lookup{p, map[string]charge.Report{"rpt_1": lower, "rpt_2": upper}}
	p.Service.Reports, p.Service.Poll = all, all
	saved, err := p.download(Target{Dir: p.dir, Name: template(t, "{type}")}, "rpt_1", "rpt_2")
	if err != nil {
		t.Fatal(err)
	}
	if (saved[0].Err == nil) == (saved[1].Err == nil) {
		t.Errorf("%v and %v, want one refused", saved[0].Err, saved[1].Err)
	}
	for _, l := range saved {
		if l.Err != nil {
			wantKind(t, l.Err, charge.KindUsage)
		}
	}
	if entries, err := os.ReadDir(p.dir); err != nil || len(entries) != 1 {
		t.Errorf("%d files (%v), want one", len(entries), err)
	}
}

// fleets knows a fleet's name and counts who asks.
type fleets struct{ asked int }

func (f *fleets) Fleet(_ context.Context, id string) (charge.Fleet, error) {
	f.asked++
	return charge.Fleet{ID: id, Name: "Lyon Sud"}, nil
}

func TestFleetNameIsAskedForOnce(t *testing.T) {
	p := newFakeBackend(t)
	known := &fleets{}
	p.Fleets = known
	all := map[string]charge.Report{}
	for _, id := range []string{"rpt_1", "rpt_2"} {
		r := p.report
		r.ID, r.Fleet = id, "flt_1"
		all[id] = r
	}
	p.Service.Reports, p.Service.Poll = lookup{p, all}, lookup{p, all}
	if _, err := p.download(Target{Dir: p.dir, Name: template(t, "{fleet_name}_{id}")}, "rpt_1", "rpt_2"); err != nil {
		t.Fatal(err)
	}
	p.wantOnly("lyon-sud_rpt_1.csv", "lyon-sud_rpt_2.csv")
	if known.asked != 1 {
		t.Errorf("asked %d times for one fleet", known.asked)
	}
}
