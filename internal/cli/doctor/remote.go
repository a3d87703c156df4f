package cli

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
)

// remoteFindings asks the API and the file host.
func (a *App) remoteFindings(ctx context.Context, cfg *config.Config) []finding {
	key, err := cfg.Key(ctx)
	if err != nil {
		return []finding{fail("key", err, charge.KindAuth, hintOf(err, "set CHARGE_API_KEY_FILE or CHARGE_API_KEY"))}
	}
	found := fmt.Sprintf("%s mode, …%s from %s", key.Mode(), key.Last4(), key.Source())
	client, err := a.connect(cfg, key.Secret(), key.Mode())
	if err != nil {
		return []finding{ok("key", found), fail("api", err, charge.KindTemporary, hintOf(err, "mend base_url or ca_file"))}
	}
	probe, err := client.Probe(ctx)
	switch {
	case err == nil:
		answers := fmt.Sprintf("%s answers in %d ms", client.Origin(), probe.Duration.Milliseconds())
		return []finding{ok("key", found), ok("api", answers), clockFinding(probe.Date), fileHostFinding(ctx, client)}
	case charge.KindOf(err) == charge.KindAuth:
		return []finding{fail("key", err, charge.KindAuth, "check the key from "+key.Source()), clockFinding(probe.Date)}
	default:
		return []finding{ok("key", found), fail("api", err, charge.KindTemporary, hintOf(err, "check network, proxy and base_url"))}
	}
}

func clockFinding(server time.Time) finding {
	if server.IsZero() {
		return warn("clock", "the API did not say its time", "compare the clock by hand")
	}
	skew := time.Since(server).Round(time.Second)
	if skew.Abs() <= tolerableSkew {
		return ok("clock", "agrees with the API's")
	}
	off := "behind"
	if skew > 0 {
		off = "ahead of"
	}
	return warn("clock", fmt.Sprintf("%s %s the API's", skew.Abs(), off), "set the clock: periods such as yesterday depend on it")
}

// fileHostFinding opens the newest file there is; which host has files is not known otherwise.
func fileHostFinding(ctx context.Context, c *connection) finding {
	link, err := newestLink(ctx, c)
	if err != nil {
		return fail("file host", err, charge.KindTemporary, "run doctor again: without a report it is not known where files are")
	}
	host, err := url.Parse(link)
	if err != nil || host.Host == "" {
		return warn("file host", "not known yet: no report has succeeded", "run doctor again after the first report")
	}
	file, err := c.OpenFile(ctx, link, charge.FileRange{})
	if err == nil {
		_ = file.Body.Close()
	}
	if err == nil || slices.Contains(expired(), asError(err).HTTPStatus) {
		return ok("file host", host.Host+" answers")
	}
	return fail("file host", err, charge.KindTemporary, hintOf(err, "check network and proxy for "+host.Host))
}

// expired are the statuses of a link that has run out: it was given, all the same, by the right host.
func expired() []int {
	return []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone}
}

// newestLink is the link to the newest file, empty when no report has succeeded.
func newestLink(ctx context.Context, c *connection) (string, error) {
	for page, err := range c.ReportPages(ctx, charge.ReportFilter{Status: charge.Succeeded}) {
		if err != nil || len(page) == 0 {
			return "", err
		}
		return page[0].URL, nil
	}
	return "", nil
}
