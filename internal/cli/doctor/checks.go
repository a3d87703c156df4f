package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
	"github.com/chargectl/chargectl/internal/period"
)

const (
	lowSpace      = 100 << 20   // less than a month of reports of many fleets
	tolerableSkew = time.Minute // more would be worth a word: periods and ages depend on the clock
)

func settings(s Settings) []Finding {
	path := cmp.Or(s.Path, "no place for a configuration file")
	if _, err := os.Stat(s.Path); s.Path != "" && errors.Is(err, fs.ErrNotExist) {
		path += " does not exist"
	}
	findings := []Finding{ok("settings", path+", profile "+s.Profile)}
	for _, notice := range s.Notices {
		findings = append(findings, warn("settings", notice, "see: chargectl config list"))
	}
	return findings
}

// fileModes checks the files that may hold the key.
func fileModes(paths []string, quote func(string) string) (findings []Finding) {
	for _, path := range paths {
		info, err := os.Stat(path)
		if err != nil || os.PathSeparator == '\\' {
			continue
		}
		found := ok("file mode", fmt.Sprintf("%s is %04o", path, info.Mode().Perm()))
		if info.Mode().Perm()&0o077 != 0 {
			found.State, found.Do = Warn, "chmod 600 "+quote(path)
		}
		findings = append(findings, found)
	}
	return findings
}

func folder(dir string) []Finding {
	dir = cmp.Or(dir, ".")
	f := disk.Examine(dir)
	if f.Writable != nil {
		return []Finding{fail("folder", charge.KindOutput, f.Writable, "choose another with --dir or CHARGE_DIR, or make it writable")}
	}
	found := dir + " is writable"
	if f.Missing {
		found = dir + " will be made in " + f.Path
	}
	findings := []Finding{ok("folder", found)}
	if free := fmt.Sprintf("%.1f GB", float64(f.Free)/1e9); f.Free >= lowSpace {
		findings = append(findings, ok("free space", free))
	} else if f.Free >= 0 {
		findings = append(findings, warn("free space", free, "make room where files are written"))
	}
	if f.Locks != nil {
		return append(findings, warn("locks", f.Locks.Error(), "do not let two runs write into this folder at once"))
	}
	return append(findings, ok("locks", "runs keep out of each other's way"))
}

func reportType(name string) Finding {
	if name == "" {
		return warn("type", "none is set", "give --type to create and sync, or once and for all: chargectl config set type charging_summary")
	}
	return ok("type", name)
}

// fleet looks up the fleet that reports are to cover.
func fleet(ctx context.Context, d Deps, name string) Finding {
	if name == "" {
		return ok("fleet", "the whole account")
	}
	found, err := d.Fleet(ctx, name)
	if err != nil {
		return fail("fleet", passing(err), err, "list the fleets with: chargectl fleets list")
	}
	return ok("fleet", found.Name+", "+found.ID)
}

func zone(s Settings) Finding {
	if s.Timezone == "fleet" {
		return ok("time zone", "each fleet's own")
	}
	if _, err := period.LoadZone(s.Timezone); err != nil {
		return fail("time zone", charge.KindUsage, s.Wrong("timezone", err), "set timezone to an IANA name")
	}
	return ok("time zone", s.Timezone)
}

func proxy(baseURL string) Finding {
	target, _ := url.Parse(baseURL) // settings are right in form
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: target})
	switch {
	// What cannot be read as a URL is read as the host and path of one. It may hold a password, and so does the cause.
	case err != nil, proxy != nil && strings.Trim(proxy.Path, "/") != "":
		return fail("proxy", charge.KindUsage, errors.New("what the environment names is not a URL"), "fix HTTPS_PROXY and HTTP_PROXY")
	case proxy == nil:
		return ok("proxy", "none")
	default:
		return ok("proxy", proxy.Scheme+"://"+proxy.Host)
	}
}

func certificates(trust func(string) error, caFile string) Finding {
	if caFile == "" {
		return ok("certificates", "the system's")
	}
	if err := trust(caFile); err != nil {
		return fail("certificates", charge.KindUsage, err, "fix CHARGE_CA_FILE or ca_file: a PEM file is wanted")
	}
	return ok("certificates", "the system's and "+caFile)
}

// remote asks the API and the file host.
func remote(ctx context.Context, d Deps, s Settings) []Finding {
	key, err := d.Key(ctx)
	if err != nil {
		return []Finding{fail("key", charge.KindAuth, err, "set CHARGE_API_KEY_FILE or CHARGE_API_KEY")}
	}
	good := ok("key", fmt.Sprintf("%s mode, …%s from %s", key.Mode, key.Last4, key.Source))
	api, err := d.Connect(ctx)
	if err != nil {
		return []Finding{good, fail("api", charge.KindUsage, err, "fix base_url or ca_file")}
	}
	date, took, err := api.Probe(ctx)
	switch {
	case err == nil:
		answers := ok("api", fmt.Sprintf("%s answers in %d ms", api.Origin(), took.Milliseconds()))
		return []Finding{good, answers, clock(date), fleet(ctx, d, s.Fleet), fileHost(ctx, api)}
	case charge.KindOf(err) == charge.KindAuth:
		return []Finding{fail("key", charge.KindAuth, err, "check the key from "+key.Source), clock(date)}
	default:
		return []Finding{good, fail("api", passing(err), err, "check network, proxy and base_url")}
	}
}

// passing is the kind of a failure on the way to a host: only what may pass by itself is temporary. The rest is wrong
// here, in settings or certificates.
func passing(err error) charge.Kind {
	if kind := charge.KindOf(err); kind == charge.KindTemporary || kind == charge.KindCertificate {
		return kind
	}
	return charge.KindUsage
}

func clock(server time.Time) Finding {
	if server.IsZero() {
		return warn("clock", "the API did not say its time", "compare the clock by hand")
	}
	skew, off := time.Since(server).Round(time.Second), "ahead of"
	if skew < 0 {
		off = "behind"
	}
	if skew.Abs() > tolerableSkew {
		return warn("clock", fmt.Sprintf("%s %s the API's", skew.Abs(), off), "set the clock: periods such as yesterday depend on it")
	}
	return ok("clock", "agrees with the API's")
}

// fileHost opens the newest file there is; which host has files is not known otherwise.
func fileHost(ctx context.Context, api API) Finding {
	link := ""
	for page, err := range api.ReportPages(ctx, charge.ReportFilter{Status: charge.Succeeded}) {
		if err != nil {
			return fail("file host", passing(err), err, "run doctor again: without a report it is not known where files are")
		}
		if len(page) > 0 {
			link = page[0].URL
		}
		break
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
