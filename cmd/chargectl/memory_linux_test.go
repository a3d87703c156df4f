package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
)

// TestResident downloads 256 MiB, 2 GiB in the long mode, with the real binary: it holds less than 40 MB at its peak.
func TestResident(t *testing.T) {
	t.Parallel()
	oncePerRun(t)
	size := int64(256 << 20)
	if os.Getenv("CHARGECTL_LONG") == "1" {
		size = 2 << 30
	}
	arrived := make(chan struct{}, 10) // one per attempt
	peaked := make(chan struct{})
	server := httptest.NewServer(bigFile(size, arrived, peaked))
	t.Cleanup(server.Close)
	target := filepath.Join(t.TempDir(), "big.csv")
	cmd := exec.CommandContext(t.Context(), build(t), "reports", "download", "rpt_1", "-o", target)
	cmd.Env = []string{"HOME=" + t.TempDir(), "CHARGE_API_KEY=ch_sk_test_big", "CHARGE_BASE_URL=" + server.URL + "/v1"}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	select {
	case <-arrived:
	case err := <-done:
		t.Fatalf("it ended before the file did: %v", err)
	}
	peak := peakOf(t, cmd.Process.Pid)
	close(peaked)
	if err := <-done; err != nil {
		t.Error(err)
	}
	if info, err := os.Stat(target); err != nil || info.Size() != size {
		t.Errorf("%v, %v", info, err)
	}
	if peak > 40_000 {
		t.Errorf("%d kB resident", peak)
	}
	t.Logf("%d kB resident at the peak of %d MiB", peak, size>>20)
}

// bigFile is an API with one report and its file host. The file's last byte comes after peaked.
func bigFile(size int64, arrived chan<- struct{}, peaked <-chan struct{}) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/reports/rpt_1", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"id":"rpt_1","object":"report","status":"succeeded","type":"csv","size":%d,"url":"http://%s/big.csv"}`, size, r.Host)
	})
	mux.HandleFunc("GET /big.csv", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", strconv.FormatInt(size, 10))
		w.Header().Set("Content-Type", "text/csv")
		piece := make([]byte, 1<<20)
		for sent := int64(0); sent < size-1; {
			n, err := w.Write(piece[:min(int64(len(piece)), size-1-sent)])
			if sent += int64(n); err != nil {
				break
			}
		}
		arrived <- struct{}{}
		<-peaked
		_, _ = w.Write(piece[:1])
	})
	return mux
}

// peakOf is the most memory that a process has held, in kB. (The usage that wait returns counts the parent's too.)
func peakOf(t *testing.T, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if found == nil {
		t.Skip("this system does not tell the peak")
	}
	peak, err := strconv.Atoi(string(found[1]))
	if err != nil {
		t.Fatal(err)
	}
	return peak
}
