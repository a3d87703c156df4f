package doctor

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// tolerableSkew is how far the clock may be off before periods and ages are worth a word.
const tolerableSkew = time.Minute

// remote asks the API and the file host.
func remote(ctx context.Context, d Deps) []Finding {
	key, err := d.Key(ctx)
	if err != nil {
		return []Finding{fail("key", charge.KindAuth, err, "set CHARGE_API_KEY_FILE or CHARGE_API_KEY")}
	}
	good := ok("key", fmt.Sprintf("%s mode, …%s from %s", key.Mode, key.Last4, key.Source))
	api, err := d.Connect(ctx)
	if err != nil {
		return []Finding{good, fail("api", charge.KindUsage, err, "fix base_url or ca_file")}
	}
	answer, err := api.Answer(ctx)
	switch {
	case err == nil:
		answers := fmt.Sprintf("%s answers in %d ms", api.Origin(), answer.Duration.Milliseconds())
		return []Finding{good, ok("api", answers), clock(answer.Date), fileHost(ctx, api)}
	case charge.KindOf(err) == charge.KindAuth:
		return []Finding{fail("key", charge.KindAuth, err, "check the key from "+key.Source), clock(answer.Date)}
	default:
		return []Finding{good, fail("api", passing(err), err, "check network, proxy and base_url")}
	}
}

// passing is the kind of a failure on the way to a host: only what may pass by itself is temporary. The rest is wrong
// here, in settings or certificates.
func passing(err error) charge.Kind {
	switch kind := charge.KindOf(err); kind {
	case charge.KindTemporary, charge.KindCertificate:
		return kind
	}
	return charge.KindUsage
}

func clock(server time.Time) Finding {
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

// fileHost opens the newest file there is; which host has files is not known otherwise.
func fileHost(ctx context.Context, api API) Finding {
	link, err := newestLink(ctx, api)
	if err != nil {
		return fail("file host", passing(err), err, "run doctor again: without a report it is not known where files are")
	}
	host, err := url.Parse(link)
	if err != nil || host.Host == "" {
		return warn("file host", "not known yet: no report has succeeded", "run doctor again after the first report")
	}
	file, err := api.OpenFile(ctx, link, charge.FileRange{})
	if err == nil {
		_ = file.Body.Close()
	}
	// A link that has run out was given, all the same, by the right host.
	expired := []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusGone}
	if err == nil || slices.Contains(expired, charge.AsError(err).HTTPStatus) {
		return ok("file host", host.Host+" answers")
	}
	return fail("file host", passing(err), err, "check network and proxy for "+host.Host)
}

// newestLink is the link to the newest file, empty when no report has succeeded.
func newestLink(ctx context.Context, api API) (string, error) {
	for page, err := range api.ReportPages(ctx, charge.ReportFilter{Status: charge.Succeeded}) {
		if err != nil || len(page) == 0 {
			return "", err
		}
		return page[0].URL, nil
	}
	return "", nil
}
