//go:build unix

package main

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestRecipesTellSomebody runs the recipes that tell of a folder that is not right, on folders that are, and that are not.
func TestRecipesTellSomebody(t *testing.T) {
	t.Parallel()
	st := newExampleEnv(t)
	st.run(t, "chargectl reports sync --type charging_summary --since 2026-01 --as-of 2026-03-15 --receipts --quiet --dir reports")
	for _, broken := range []string{"missing", "changed"} {
		st.run(t, "cp -R reports "+broken)
	}
	st.run(t, "rm missing/charging_summary_2026-01.csv; printf X >>changed/charging_summary_2026-02.csv")
	ends := map[string]int{"reports": 0, "missing": 10, "changed": 7}
	t.Run("systemd", func(t *testing.T) { t.Parallel(); tellsBySystemd(t, st, ends) })
	t.Run("prometheus", func(t *testing.T) { t.Parallel(); tellsByPrometheus(t, st, ends) })
	t.Run("ping", func(t *testing.T) { t.Parallel(); tellsByPing(t, st, ends) })
}

// recipe is the text of a recipe, for a folder of the test's own and a day on which two months are to be there.
func recipe(t *testing.T, name, dir string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../docs/recipes", name))
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer("/usr/local/bin/chargectl", "chargectl", "/var/lib/charging", dir, "reports check ", "reports check --as-of 2026-03-15 ").Replace(string(text))
}

// settings of a unit of systemd, each with its values.
func settings(unit string) map[string][]string {
	found := map[string][]string{}
	for _, line := range regexp.MustCompile(`(?m)^([A-Za-z]+)=(.*)$`).FindAllStringSubmatch(unit, -1) {
		found[line[1]] = append(found[line[1]], line[2])
	}
	return found
}

func tellsBySystemd(t *testing.T, st *exampleEnv, ends map[string]int) {
	timer := settings(recipe(t, "chargectl-check.timer", ""))
	if len(timer["OnCalendar"]) != 1 || !slices.Equal(timer["Persistent"], []string{"true"}) || timer["Unit"] != nil {
		t.Errorf("the timer has %v", timer)
	}
	beside := settings(recipe(t, "chargectl-sync.service", ""))
	for dir, code := range ends {
		unit := settings(recipe(t, "chargectl-check.service", dir))
		// Whatever it ends with but 0 is a failure, and starts a unit that is there.
		if !slices.Equal(unit["OnFailure"], []string{"chargectl-failed@%n.service"}) || !slices.Equal(unit["Type"], []string{"oneshot"}) || unit["SuccessExitStatus"] != nil || unit["Restart"] != nil {
			t.Errorf("the unit has %v", unit)
		}
		for name, values := range beside { // the same user, the same folder, and no more rights
			if same := regexp.MustCompile(`^(User|DynamicUser|StateDirectory|UMask|LoadCredential|Protect.*|Private.*|Restrict[A-Z].*|SystemCall.*|Capability.*|Lock.*|Memory.*)$`); same.MatchString(name) && name != "RestartForceExitStatus" && !slices.Equal(values, unit[name]) {
				t.Errorf("%s: %q, of sync: %q", name, unit[name], values)
			}
		}
		scope := strings.TrimSuffix(strings.TrimPrefix(unit["Environment"][1], `"CHARGECTL_CHECK=`), `"`)
		var stdout, stderr bytes.Buffer
		cmd := st.command(strings.Replace(unit["ExecStart"][0], "$CHARGECTL_CHECK", scope, 1))
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		if err := cmd.Run(); cmd.ProcessState.ExitCode() != code {
			t.Errorf("%s: ends with %v, want %d", dir, err, code)
		}
		if said := stderr.String(); (said != "") != (code != 0) || code != 0 && !strings.Contains(said, "2026-0") {
			t.Errorf("%s: the journal has %q", dir, said)
		}
	}

	programs := t.TempDir()
	for name, text := range map[string]string{"journalctl": `echo "the log of $6: $*"`, "mail": `printf '%s|' "$@"; cat`} {
		if err := os.WriteFile(filepath.Join(programs, name), []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	tell := settings(recipe(t, "chargectl-failed@.service", ""))["ExecStart"]
	mail := st.output(t, "PATH="+programs+":$PATH; "+strings.Replace(tell[0], " %i", " chargectl-check.service", 1))
	if !strings.HasPrefix(mail, "-s|chargectl-check.service has failed|root|the log of ") || !strings.HasSuffix(mail, "--unit chargectl-check.service") {
		t.Errorf("the mail is %q", mail)
	}
}

func tellsByPrometheus(t *testing.T, st *exampleEnv, ends map[string]int) {
	bin := t.TempDir()
	script := filepath.Join(bin, "prometheus-textfile.sh")
	if err := os.WriteFile(script, []byte(recipe(t, "prometheus-textfile.sh", "")), 0o600); err != nil {
		t.Fatal(err)
	}
	collector := t.TempDir()
	written := func(name string) string {
		t.Helper()
		text, err := os.ReadFile(filepath.Join(collector, name+".prom"))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	run := func(env, dir, name string) int {
		t.Helper()
		cmd := st.command(env + "sh " + script + " " + dir + " " + filepath.Join(collector, name+".prom"))
		_ = cmd.Run()
		return cmd.ProcessState.ExitCode()
	}
	before := time.Now().Unix()
	wrote := map[string]bool{}
	for dir, code := range ends {
		if got := run("", dir, dir); got != 0 { // 7 and 10 are in the file
			t.Errorf("%s: ends with %d", dir, got)
		}
		samples := exposition(t, written(dir))
		at := fmt.Sprintf(`chargectl_check_time_seconds{folder=%q}`, dir)
		if when := int64(samples[at]); when < before || when > time.Now().Unix() {
			t.Errorf("%s: checked at %d", dir, when)
		}
		delete(samples, at)
		want := map[string]float64{}
		for state, n := range map[string]float64{"ok": 2, "open": 0, "missing": 0, "changed": 0, "wrong": 0} {
			if code != 0 && state == "ok" || state == dir {
				n = 1
			}
			want[fmt.Sprintf(`chargectl_check_files{folder=%q,state=%q}`, dir, state)] = n
		}
		if !maps.Equal(samples, want) {
			t.Errorf("%s: %v, want %v", dir, samples, want)
		}
		for _, name := range regexp.MustCompile(`(?m)^# TYPE (\w+)`).FindAllStringSubmatch(written(dir), -1) {
			wrote[name[1]] = true
		}
	}

	// Where there are no figures, or half of them, those from before stay, and the script fails.
	old := written("reports")
	for codes, want := range map[string]int{"4": 4, "5": 5, "7": 7, "10": 10, "0": 1} { // prints what is no document
		if code := run("PATH="+stub(t, codes)+":$PATH; ", "missing", "reports"); code != want || written("reports") != old {
			t.Errorf("after %s: ends with %d, want %d, and leaves %q", codes, code, want, written("reports"))
		}
	}
	if left, err := filepath.Glob(filepath.Join(collector, "*")); err != nil || len(left) != len(ends) {
		t.Errorf("in the collector's folder: %q, %v", left, err)
	}

	alerts := recipe(t, "prometheus-alerts.yml", "")
	for _, name := range regexp.MustCompile(`\bchargectl_\w+`).FindAllString(alerts, -1) {
		if !wrote[name] {
			t.Errorf("an alert asks for %s; there are %v", name, wrote)
		}
	}
	if !strings.Contains(alerts, "time() - chargectl_check_time_seconds > 2 * 86400\n") {
		t.Error("no alert after two days")
	}
	if promtool, err := exec.LookPath("promtool"); err == nil {
		if out, err := exec.CommandContext(t.Context(), promtool, "check", "rules", "../../docs/recipes/prometheus-alerts.yml").CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

// exposition reads Prometheus's text format, of gauges: each metric is told of once, before its samples, which stand together.
func exposition(t *testing.T, text string) map[string]float64 {
	t.Helper()
	samples, told, metric := map[string]float64{}, map[string]bool{}, ""
	sample := regexp.MustCompile(`^((\w+)(?:\{\w+="[^"\\\n]*"(?:,\w+="[^"\\\n]*")*\})?) (\S+)$`)
	lines := strings.SplitAfter(text, "\n")
	if last := lines[len(lines)-1]; last != "" {
		t.Errorf("the last line has no end: %q", last)
	}
	for i, line := range lines[:len(lines)-1] {
		line = strings.TrimSuffix(line, "\n")
		words := strings.Fields(line)
		switch found := sample.FindStringSubmatch(line); {
		case strings.HasPrefix(line, "# HELP ") && len(words) > 3:
			if metric = words[2]; told[metric] || lines[i+1] != "# TYPE "+metric+" gauge\n" {
				t.Errorf("line %d: %q is told of twice, or has no type", i+1, metric)
			}
			told[metric] = true
		case strings.HasPrefix(line, "# TYPE ") && words[2] == metric, line == "# EOF" && i == len(lines)-2:
		case found != nil && found[2] == metric:
			value, err := strconv.ParseFloat(found[3], 64)
			if _, twice := samples[found[1]]; err != nil || twice {
				t.Errorf("line %d: %q: %v, there twice: %v", i+1, line, err, twice)
			}
			samples[found[1]] = value
		default:
			t.Errorf("line %d: %q", i+1, line)
		}
	}
	return samples
}

func tellsByPing(t *testing.T, st *exampleEnv, ends map[string]int) {
	if _, err := exec.LookPath("curl"); err != nil {
		t.Skip(err)
	}
	var mu sync.Mutex
	var heard []string
	service := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		heard = append(heard, r.Method+" "+r.URL.Path)
	}))
	t.Cleanup(service.Close)
	for dir, code := range ends {
		table := recipe(t, "crontab-ping", dir)
		jobs := regexp.MustCompile(`(?m)^[0-9]+ [0-9]+ \* \* \* (.*)$`).FindAllStringSubmatch(table, -1)
		if len(jobs) != 2 || strings.Count(table, "\nPING=https://hc.example.com/ID\n") != 1 {
			t.Fatalf("not two jobs and an address:\n%s", table)
		}
		good := []string{"GET /ID"}
		if code != 0 {
			good = nil
		}
		for i, want := range [][]string{good, {fmt.Sprintf("GET /ID/%d", code)}} {
			cmd := st.command("PING=" + service.URL + "/ID; " + jobs[i][1])
			said, _ := cmd.CombinedOutput() // what is mailed, and what was heard count
			mu.Lock()
			if !slices.Equal(heard, want) || (len(said) > 0) != (i == 0 && code != 0) {
				t.Errorf("%s: job %d: heard was %q, want %q; mailed is %q", dir, i, heard, want, said)
			}
			heard = nil
			mu.Unlock()
		}
	}
}
