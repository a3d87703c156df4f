package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/api"
	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/period"
	"github.com/chargectl/chargectl/internal/reports"
)

// The states of a finding.
const (
	stateOK   = "ok"
	stateWarn = "warn"
	stateFail = "fail"
)

const (
	// tolerableSkew is how far the clock may be off before periods and ages are worth a word.
	tolerableSkew = time.Minute
	// lowSpace is less than a month of reports of many fleets.
	lowSpace = 100 << 20
)

// finding is one line of doctor.
type finding struct {
	State string `json:"state" doc:"ok, warn or fail"`
	Check string `json:"check" doc:"what was looked at, a name of the list below"`
	Found string `json:"found" doc:"what there is, for people"`
	Do    string `json:"do" doc:"what to do about it; empty when the state is ok"`

	kind charge.Kind // of a failure
}

// checks are what findings are about, in the order in which they come. Names are only ever added.
func checks() [][2]string {
	return [][2]string{
		{"version", "this program"},
		{"settings", "the configuration file and what is wrong in it; one line for each mistake"},
		{"file mode", "who else may read the configuration file and the key's file"},
		{"folder", "whether files can be written where they are to land"},
		{"free space", "how much room there is"},
		{"locks", "whether two runs can keep out of each other's way there"},
		{"time zone", "whether the zone is known here"},
		{"proxy", "the proxy in use"},
		{"certificates", "who is trusted, and whether the CA file can be read"},
		{"key", "where the key comes from, its mode, and whether the API takes it"},
		{"api", "whether the API answers"},
		{"clock", "whether this machine's clock agrees with the API's"},
		{"file host", "whether the host of the newest report's file answers"},
	}
}

func ok(check, found string) finding { return finding{State: stateOK, Check: check, Found: found} }

func warn(check, found, do string) finding {
	return finding{State: stateWarn, Check: check, Found: found, Do: do}
}

func fail(check string, err error, kind charge.Kind, do string) finding {
	return finding{State: stateFail, Check: check, Found: charge.HideKeys(err.Error()), Do: do, kind: kind}
}

// diagnose looks at everything; what depends on something that is broken is left out.
func (a *App) diagnose(ctx context.Context) []finding {
	b := a.build
	findings := []finding{ok("version", fmt.Sprintf("chargectl %s (%s/%s, %s)", b.Version, b.OS, b.Arch, b.Go))}
	cfg, err := config.Load(a.env, a.flags())
	if err != nil {
		return append(findings, fail("settings", err, charge.KindAuth, hintOf(err, "mend the file or the variable; `chargectl config path` says where the file is")))
	}
	a.config = cfg
	findings = append(findings, settingsFindings(cfg)...)
	findings = append(findings, modeFindings(cfg)...)
	findings = append(findings, folderFindings(cfg)...)
	findings = append(findings, zoneFinding(cfg), proxyFinding(cfg), caFinding(cfg))
	return append(findings, a.remoteFindings(ctx, cfg)...)
}

// hintOf is what the error itself advises, else the other.
func hintOf(err error, other string) string {
	if hint := asError(err).Hint; hint != "" {
		return hint
	}
	return other
}

func settingsFindings(cfg *config.Config) []finding {
	found := cfg.Path
	if found == "" {
		found = "no place for a configuration file"
	}
	findings := []finding{ok("settings", found+", profile "+cfg.Profile.Text)}
	for _, notice := range cfg.Notices {
		findings = append(findings, warn("settings", notice, "see: chargectl config list"))
	}
	return findings
}

// modeFindings looks at the files that may hold the key.
func modeFindings(cfg *config.Config) []finding {
	var findings []finding
	for _, path := range []string{cfg.Path, keyFile(cfg)} {
		info, err := os.Stat(path)
		if path == "" || err != nil || os.PathSeparator == '\\' {
			continue
		}
		if mode := info.Mode().Perm(); mode&0o077 != 0 {
			findings = append(findings, warn("file mode", fmt.Sprintf("%s is %04o", path, mode), "chmod 600 "+quote(path)))
		} else {
			findings = append(findings, ok("file mode", fmt.Sprintf("%s is %04o", path, mode)))
		}
	}
	return findings
}

func keyFile(cfg *config.Config) string {
	v, err := cfg.Get("api_key_file")
	if err != nil {
		return ""
	}
	return v.Text
}

func folderFindings(cfg *config.Config) []finding {
	dir := cfg.Dir.Text
	if dir == "" {
		dir = "."
	}
	e := reports.Examine(dir)
	if e.Writable != nil {
		return []finding{fail("folder", e.Writable, charge.KindTemporary, "choose another with --dir or CHARGE_DIR, or make it writable")}
	}
	found := dir + " is writable"
	if e.Missing {
		found = dir + " will be made in " + e.Path
	}
	findings := []finding{ok("folder", found)}
	switch {
	case e.Free < 0:
	case e.Free < lowSpace:
		findings = append(findings, warn("free space", gigabytes(e.Free), "make room where files land"))
	default:
		findings = append(findings, ok("free space", gigabytes(e.Free)))
	}
	if e.Locks != nil {
		return append(findings, warn("locks", e.Locks.Error(), "do not let two runs write into this folder at once"))
	}
	return append(findings, ok("locks", "runs keep out of each other's way"))
}

func gigabytes(bytes int64) string { return fmt.Sprintf("%.1f GB", float64(bytes)/1e9) }

func zoneFinding(cfg *config.Config) finding {
	name := cfg.Timezone.Text
	if name == fleetZone {
		name = "Europe/Paris"
	}
	if _, err := period.LoadZone(name); err != nil {
		return fail("time zone", cfg.Wrong("timezone", err), charge.KindTemporary, "set timezone to an IANA name")
	}
	return ok("time zone", cfg.Timezone.Text)
}

func proxyFinding(cfg *config.Config) finding {
	target, err := url.Parse(cfg.BaseURL.Text)
	if err != nil {
		return fail("proxy", err, charge.KindTemporary, "mend base_url")
	}
	proxy, err := http.ProxyFromEnvironment(&http.Request{URL: target})
	switch {
	// What cannot be read as a URL is read as the host and path of one. It may hold a password, and so does the cause.
	case err != nil, proxy != nil && strings.Trim(proxy.Path, "/") != "":
		err = errors.New("what the environment names is not a URL")
		return fail("proxy", err, charge.KindTemporary, "mend HTTPS_PROXY and HTTP_PROXY")
	case proxy == nil:
		return ok("proxy", "none")
	default:
		return ok("proxy", proxy.Scheme+"://"+proxy.Host)
	}
}

func caFinding(cfg *config.Config) finding {
	if cfg.CAFile.Text == "" {
		return ok("certificates", "the system's")
	}
	if _, err := api.NewTransport(cfg.CAFile.Text); err != nil {
		return fail("certificates", err, charge.KindTemporary, "mend CHARGE_CA_FILE or ca_file: a PEM file is wanted")
	}
	return ok("certificates", "the system's and "+cfg.CAFile.Text)
}
