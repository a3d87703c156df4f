package cli

import (
	"context"
	"net/http"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/poll"
	"github.com/chargectl/chargectl/internal/reports"
)

// create asks for the report, and prints what was asked for of it: its id, also its last status, or the path of its file.
func (c *creation) create(ctx context.Context, app *App, s *reports.Service, o createOptions) error {
	var (
		id    string
		row   output.Row
		shown = true
		later exit.Command // goes on with the report
		ended error        // of the report, once it has been created
		err   error
	)
	switch {
	case o.download:
		var saved reports.Saved
		saved, err = s.CreateAndDownload(ctx, c.order, c.options)
		id, ended = saved.ID, saved.Err
		row = savedRow(saved)
		shown = ended == nil && saved.Path != "" // bytes that went to standard output are their own result
		same := resolved{"timezone": c.clock.zoneFlag(), "if-exists": {string(c.options.Target.IfExists)}}
		same.settle("dir", c.options.Target.Dir)
		same.settle("name", c.name)
		same.moreTime(ended, c.options.Timeout, defaultTimeout)
		later = app.continuation("reports download", new(downloadOptions), []string{id}, app.formatLater(same))
	case o.waits:
		var end poll.End
		end, err = s.CreateAndWait(ctx, c.order, c.options.WaitOptions)
		id, ended = end.ID, end.Err
		row, shown = statusRow(id, end.Status(), end.Report.Raw), !bySignal(ended)
		later = app.continuation("reports wait", new(waitOptions), []string{id}, app.formatLater(resolved{}.moreTime(ended, c.options.Timeout, defaultTimeout)))
	default:
		var r charge.Report
		r, err = s.CreateReport(ctx, c.order)
		id, row = r.ID, lineRow(r.ID, output.IDCell, r.Raw)
		later = app.continuation("reports get", nil, []string{id}, app.formatLater(resolved{}))
	}
	if err != nil {
		return c.unknown(app, err)
	}
	var rows []output.Row
	if shown {
		rows = append(rows, row)
	}
	if err = app.out.Sheet(output.Shape{Live: true}).Fill(rows...); err != nil { // the report exists all the same
		err = exit.ContinueAnyway(charge.AsError(err).About("", id), later)
	} else if !o.waits && !o.download && app.watched() && app.toPeople() {
		app.Log().Next(app.continuation("reports download", nil, []string{id}, resolved{}).String())
	}
	return exit.Join(unfinished(ended, later), err)
}

// unknown is the end of a create whose report is not known: the same again under the same key continues it. Where the
// API refused the request it is known that there is no report. A conflict is about an earlier request under the key.
func (c *creation) unknown(app *App, err error) error {
	e := charge.AsError(err)
	refused := (e.Kind == charge.KindUsage || e.Kind == charge.KindNotFound) && e.HTTPStatus != 0 && e.HTTPStatus != http.StatusConflict
	if refused && !e.MayExist && e.Report == "" && e.Hint == "" {
		return e.WithHint("nothing was created")
	}
	return exit.Continue(err, c.again(app))
}

// unfinished is the end of a create whose report is known, but not at its end or not on disk. The same command again
// would ask for another report, so the one that continues is shown also where something has to be fixed first.
func unfinished(err error, later exit.Command) error {
	switch charge.KindOf(err) {
	case charge.KindOutput, charge.KindAuth, charge.KindCertificate:
		return exit.ContinueAnyway(err, later)
	}
	return exit.Continue(err, later)
}

// again is the same create, so that it means the same whenever it runs. While the fleet's zone is not known, the period
// is still to be read: as of now.
func (c *creation) again(app *App) exit.Command {
	same := resolved{"type": {c.order.Request.Type}, "idempotency-key": {c.order.Key}, "timezone": c.clock.zoneFlag()}
	same.settle("fleet", c.fleet)
	same.settle("dir", c.options.Target.Dir)
	if c.clock.zone == nil {
		same["as-of"] = c.clock.asOfFlag()
	} else {
		same["period"], same["start"], same["end"], same["as-of"] = []string{c.period.String()}, nil, nil, nil
	}
	return app.continuation("reports create", new(createOptions), nil, same)
}
