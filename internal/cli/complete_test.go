package cli

import (
	"net/http"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// TestCompletionAsks: values come from the API, with a word on each.
func TestCompletionAsks(t *testing.T) {
	v := newCommandTest(t)
	id := v.given(t, 1)[0]
	for line, want := range map[string]string{
		"reports download ":             id + "\tsucceeded 2026-0",
		"reports get ":                  id + "\t",
		"reports create --type ":        "charging_summary",
		"reports create --fleet ":       "flt_",
		"reports sync --fleet ":         "flt_",
		"reports list --fleet ":         "flt_",
		"reports list --status ":        "succeeded\n",
		"fleets get ":                   "flt_",
		"completion ":                   "powershell\n",
		"reports sync --on-overlap ":    "skip\n",
		"reports sync --every ":         "quarter\n",
		"reports download --if-exists ": "overwrite\n",
		"reports create --period ":      "last-month\tthe last month that has ended\n",
		"reports list --color ":         "never\n",
		"reports list --log-format ":    "json\n",
	} {
		code, stdout, stderr := v.run(t, "__complete "+line+"''")
		if code != 0 || !strings.Contains(stdout, want) || strings.Contains(stderr, "rror") {
			t.Errorf("%s: %d, %q, %q", line, code, stdout, stderr)
		}
	}
}

// TestCompletionIsSilent without a key, a network, or an answer within two seconds: a shell would show what is printed.
func TestCompletionIsSilent(t *testing.T) {
	for name, change := range map[string]func(*commandTest){
		"no key":   func(v *commandTest) { delete(v.vars, "CHARGE_API_KEY") },
		"bad key":  func(v *commandTest) { v.vars["CHARGE_API_KEY"] = "nonsense" },
		"bad base": func(v *commandTest) { v.vars["CHARGE_BASE_URL"] = "ftp://example.com" },
		"misspelt setting": func(v *commandTest) {
			v.vars["CHARGE_CONFIG"] = write(t, filepath.Join(t.TempDir(), "config.yaml"), "profiles:\n  default: {timezome: UTC}\n")
			v.network = roundTripFunc(disconnected)
		},
		"broken file": func(v *commandTest) {
			v.vars["CHARGE_CONFIG"] = write(t, filepath.Join(t.TempDir(), "config.yaml"), "profiles: [\n")
		},
		"no network": func(v *commandTest) { v.network = roundTripFunc(disconnected) },
		"refused":    func(v *commandTest) { v.network = hostile{text: evil, code: http.StatusForbidden} },
		"hanging": func(v *commandTest) {
			v.network = roundTripFunc(func(req *http.Request) (*http.Response, error) {
				<-req.Context().Done()
				return nil, req.Context().Err()
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newCommandTest(t)
				v.terminal = true
				change(v)
				began := time.Now()
				code, stdout, stderr := v.run(t, "__complete reports wait ''")
				if code != 0 || stdout != ":4\n" || strings.ReplaceAll(stderr, "Completion ended with directive: ShellCompDirectiveNoFileComp\n", "") != "" {
					t.Errorf("%d, %q, %q", code, stdout, stderr)
				}
				if took := time.Since(began); took > completionTime {
					t.Errorf("it took %s", took)
				}
			})
		})
	}
}

// TestCompletionOffersOnlyWords: an id or a type that a shell would read as more than a word is left out.
func TestCompletionOffersOnlyWords(t *testing.T) {
	v := newCommandTest(t)
	v.network = hostile{text: "x; rm -rf ~", status: "succeeded", code: http.StatusOK}
	if _, stdout, _ := v.run(t, "__complete reports create --type ''"); stdout != "charging_summary\n:4\n" {
		t.Errorf("types: %q", stdout)
	}
	if _, stdout, _ := v.run(t, "__complete reports get ''"); !strings.HasPrefix(stdout, "rpt_1\tsucceeded ") {
		t.Errorf("ids: %q", stdout)
	}
}

func disconnected(*http.Request) (*http.Response, error) { return nil, syscall.ECONNREFUSED }
