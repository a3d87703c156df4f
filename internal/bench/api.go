package main

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// catalogue is a Charge API that has so many reports, all ready, and answers from memory.
type catalogue struct {
	base    string // its own, /v1 included
	reports [][]byte
}

func reportID(n int) string { return fmt.Sprintf("rpt_%032d", n) }

// newCatalogue serves reports whose files of so many bytes are at an origin.
func (l *lab) newCatalogue(ctx context.Context, n, size int, origin string, how security) (*catalogue, error) {
	c := &catalogue{}
	for i := range n {
		c.reports = append(c.reports, fmt.Appendf(nil, `{"id":"%s","object":"report","account":"acct_00000000000000000000000000000001",`+
			`"created":"2026-05-01T%02d:%02d:%02d.000Z","fleet":"flt_%032d","parameters":{"period_end":"2026-05-01T00:00:00.000Z",`+
			`"period_start":"2026-04-01T00:00:00.000Z","type":"charging_summary","group_by":"vehicle"},"size":%d,"status":"succeeded",`+
			`"succeeded_at":"2026-05-01T23:59:59.000Z","type":"csv","url":"%s/%d/%s.csv"}`,
			reportID(i), 23-i/3600%24, 59-i/60%60, 59-i%60, i%12, size, origin, size, reportID(i)))
	}
	addr, err := l.serve(ctx, c, how)
	c.base = "http://" + addr + "/v1"
	if how != clear {
		c.base = "https://" + addr + "/v1"
	}
	return c, err
}

func (c *catalogue) url(n int) string { return c.base + "/reports/" + reportID(n) }

// ServeHTTP knows one report and pages of reports.
func (c *catalogue) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	if r.Header.Get("Authorization") != "Bearer "+key {
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	if id, one := strings.CutPrefix(r.URL.Path, "/v1/reports/rpt_"); one {
		n, err := strconv.Atoi(id)
		if err != nil || n >= len(c.reports) {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		_, _ = w.Write(c.reports[n])
		return
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("page"))
	to, next := min(from+100, len(c.reports)), "null"
	if to < len(c.reports) {
		next = fmt.Sprintf(`"%s/reports?limit=100&page=%d"`, c.base, to)
	}
	page := append([]byte(`{"data":[`), bytes.Join(c.reports[from:to], []byte(","))...)
	_, _ = w.Write(fmt.Appendf(page, `],"next_page_url":%s,"previous_page_url":null}`, next))
}

// makeFiles makes the files of so many reports.
func (l *lab) makeFiles(n, size int) error {
	dir := filepath.Join(l.files.root, strconv.Itoa(size))
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	line := []byte("2026-04-01,veh_00000000000000000000000000000001,12.345,home\n")
	text := bytes.Repeat(line, size/len(line)+1)[:size]
	for i := range n {
		if err := os.WriteFile(filepath.Join(dir, reportID(i)+".csv"), text, 0o644); err != nil {
			return err
		}
	}
	return nil
}
