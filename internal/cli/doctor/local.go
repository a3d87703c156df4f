package doctor

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/period"
)

// lowSpace is less than a month of reports of many fleets.
const lowSpace = 100 << 20

func settings(s Settings) []Finding {
	path := s.Path
	if path == "" {
		path = "no place for a configuration file"
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
		found := fmt.Sprintf("%s is %04o", path, info.Mode().Perm())
		if info.Mode().Perm()&0o077 != 0 {
			findings = append(findings, warn("file mode", found, "chmod 600 "+quote(path)))
		} else {
			findings = append(findings, ok("file mode", found))
		}
	}
	return findings
}

func folder(examine func(string) Folder, dir string) []Finding {
	if dir == "" {
		dir = "."
	}
	f := examine(dir)
	if f.Writable != nil {
		return []Finding{fail("folder", charge.KindOutput, f.Writable, "choose another with --dir or CHARGE_DIR, or make it writable")}
	}
	found := dir + " is writable"
	if f.Missing {
		found = dir + " will be made in " + f.Path
	}
	findings := []Finding{ok("folder", found)}
	switch {
	case f.Free < 0:
	case f.Free < lowSpace:
		findings = append(findings, warn("free space", gigabytes(f.Free), "make room where files are written"))
	default:
		findings = append(findings, ok("free space", gigabytes(f.Free)))
	}
	if f.Locks != nil {
		return append(findings, warn("locks", f.Locks.Error(), "do not let two runs write into this folder at once"))
	}
	return append(findings, ok("locks", "runs keep out of each other's way"))
}

func gigabytes(bytes int64) string { return fmt.Sprintf("%.1f GB", float64(bytes)/1e9) }

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
	target, err := url.Parse(baseURL)
	if err != nil {
		return fail("proxy", charge.KindUsage, err, "fix base_url")
	}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: target})
	switch {
	// What cannot be read as a URL is read as the host and path of one. It may hold a password, and so does the cause.
	case err != nil, proxy != nil && strings.Trim(proxy.Path, "/") != "":
		err = errors.New("what the environment names is not a URL")
		return fail("proxy", charge.KindUsage, err, "fix HTTPS_PROXY and HTTP_PROXY")
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
