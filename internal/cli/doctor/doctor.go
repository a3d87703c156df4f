// Package doctor checks what a run from here would have: settings, key, folder, clock, proxy, certificates, the API and
// the file host.
//
// It prints nothing and knows no command and no flag: what it checks comes in through Deps, and its findings go out
// as values. It repairs nothing, and leaves nothing behind.
package doctor

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// The states of a finding.
const (
	OK   = "ok"
	Warn = "warn"
	Fail = "fail"
)

// Finding is one line of doctor.
type Finding struct {
	State string `json:"state" doc:"ok, warn or fail"`
	Check string `json:"check" doc:"what was checked, a name of the list below"`
	Found string `json:"found" doc:"what there is, for people"`
	Do    string `json:"do" doc:"what to do about it; empty when the state is ok"`

	kind charge.Kind // of a failure, else empty
}

// Checks are what findings are about with their meanings, in the order in which they come. Names are only ever added.
func Checks() [][2]string {
	return [][2]string{
		{"version", "this program"},
		{"settings", "the configuration file and what is wrong in it; one line for each mistake"},
		{"file mode", "who else may read the configuration file and the key's file"},
		{"folder", "whether files can be written where they are to go"},
		{"free space", "how much room there is"},
		{"locks", "whether two runs can keep out of each other's way there"},
		{"type", "whether there is a type of reports to create and sync"},
		{"time zone", "whether the zone is known here"},
		{"proxy", "the proxy in use"},
		{"certificates", "who is trusted, and whether the CA file can be read"},
		{"key", "where the key comes from, its mode, and whether the API takes it"},
		{"api", "whether the API answers"},
		{"clock", "whether this machine's clock agrees with the API's"},
		{"fleet", "whether the fleet exists; only where the API answers"},
		{"file host", "whether the host of the newest report's file answers"},
	}
}

// Deps are what the checks need. All of them are needed.
type Deps struct {
	Program  string // in one line
	Settings func() (Settings, error)
	Trust    func(caFile string) error // what is wrong with the CA file
	Key      func(context.Context) (Key, error)
	Connect  func(context.Context) (API, error)                           // with that key
	Fleet    func(ctx context.Context, name string) (charge.Fleet, error) // by id or exact name, once connected
	Quote    func(word string) string                                     // makes a word safe to paste into a shell
}

// Settings are the settings that the checks are about.
type Settings struct {
	Path     string // of the configuration file; empty where there is no place for one
	Profile  string
	Notices  []string // what is wrong with the settings, but ends no run
	Secrets  []string // files that may hold the key; those that do not exist are passed over
	Type     string   // of reports; may be empty
	Fleet    string   // id or name; empty is the whole account
	Dir      string   // empty is the working folder
	Timezone string   // an IANA name, UTC, local or fleet
	BaseURL  string
	CAFile   string                                // may be empty
	Wrong    func(setting string, err error) error // says where a wrong setting was made
}

// Key is what may be shown of an API key.
type Key struct{ Mode, Last4, Source string }

// API is what the checks ask of the API and the file host.
type API interface {
	Origin() string
	// Probe sends one harmless request. With an error it returns what is known so far beside it; a zero clock is not known.
	Probe(ctx context.Context) (clock time.Time, took time.Duration, err error)
	ReportPages(ctx context.Context, filter charge.ReportFilter) iter.Seq2[[]charge.Report, error]
	OpenFile(ctx context.Context, url string, from charge.FileRange) (*charge.File, error)
}

// Run makes every check, except those that depend on something broken.
func Run(ctx context.Context, d Deps) []Finding {
	program := ok("version", d.Program)
	s, err := d.Settings()
	if err != nil {
		const do = "fix the file or the variable; `chargectl config path` says where the file is"
		return []Finding{program, fail("settings", charge.KindUsage, err, do)}
	}
	single := []Finding{reportType(s.Type), zone(s), proxy(s.BaseURL), certificates(d.Trust, s.CAFile)}
	return slices.Concat([]Finding{program}, settings(s), fileModes(s.Secrets, d.Quote), folder(s.Dir), single, remote(ctx, d, s))
}

// Worst is the failure that decides how the run ends, nil when nothing failed: no good key before wrong settings, those
// before the folder, and last what may pass by itself. It names the checks that failed; what they found is in the findings.
func Worst(findings []Finding) error {
	order := []charge.Kind{charge.KindAuth, charge.KindUsage, charge.KindCertificate, charge.KindOutput, charge.KindTemporary}
	var failed []string
	for _, f := range findings {
		if f.kind != "" && !slices.Contains(failed, f.Check) {
			failed = append(failed, f.Check)
		}
	}
	for _, kind := range order {
		for _, f := range findings {
			if f.kind != kind {
				continue
			}
			worst := &charge.Error{Kind: kind, Op: "doctor", Reason: "failed: " + strings.Join(failed, ", ")}
			if kind == charge.KindTemporary {
				worst.Hint = f.Do // what else a temporary error hints at is to run doctor
			}
			return worst
		}
	}
	return nil
}

func ok(check, found string) Finding { return Finding{State: OK, Check: check, Found: found} }

func warn(check, found, do string) Finding {
	return Finding{State: Warn, Check: check, Found: found, Do: do}
}

// fail advises what the error itself does, else what is given.
func fail(check string, kind charge.Kind, err error, do string) Finding {
	do = cmp.Or(charge.AsError(err).Hint, do)
	return Finding{State: Fail, Check: check, Found: charge.HideKeys(err.Error()), Do: do, kind: kind}
}
