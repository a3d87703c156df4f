package main

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// TestResidentListener takes 500 events a second for five seconds, a minute in the long mode, with the real binary, which
// writes the file of each: it holds less than 32 MB at its peak.
func TestResidentListener(t *testing.T) {
	t.Parallel()
	oncePerRun(t)
	events := 2500
	if os.Getenv("CHARGECTL_LONG") == "1" {
		events = 30_000
	}
	const secret, line = "whsec_0123456789abcdef", "a line of a file\n"
	mux := http.NewServeMux()
	mux.HandleFunc("GET /v1/reports", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"data":[],"next_page_url":null,"previous_page_url":null}`)
	})
	mux.HandleFunc("GET /v1/reports/{id}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"id":%q,"object":"report","status":"succeeded","type":"csv","size":%d,"url":"http://%s/a.csv"}`, r.PathValue("id"), len(line), r.Host)
	})
	mux.HandleFunc("GET /a.csv", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/csv")
		_, _ = fmt.Fprint(w, line)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	dir, addr := filepath.Join(t.TempDir(), "reports"), freeAddr(t)
	cmd := exec.CommandContext(t.Context(), build(t), "webhooks", "listen", "--dir", dir, "--addr", addr, "--quiet")
	cmd.Env = []string{"HOME=" + t.TempDir(), "CHARGE_API_KEY=ch_sk_test_listen", "CHARGE_BASE_URL=" + server.URL + "/v1", "CHARGE_WEBHOOK_SECRET=" + secret}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100, MaxConnsPerHost: 100}}
	defer client.CloseIdleConnections()
	deliver := func(n int) error {
		body := fmt.Sprintf(`{"id":"evt_%d","type":"report.succeeded","data":{"object":{"id":"rpt_%032d"},"previous_attributes":{"status":%q}}}`, n, n, strings.Repeat("x", 1000))
		at := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
		mac := hmac.New(sha256.New, []byte(secret))
		_, _ = fmt.Fprint(mac, at+"."+body)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+addr+"/", strings.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("Charge-Signature", "t="+at+",v1="+hex.EncodeToString(mac.Sum(nil)))
		resp, err := client.Do(r)
		if err != nil {
			return err
		}
		_ = resp.Body.Close()
		if resp.StatusCode != http.StatusNoContent {
			return fmt.Errorf("%s", resp.Status)
		}
		return nil
	}
	if !await(func() bool { return deliver(0) == nil }) {
		t.Fatal("it does not listen")
	}
	tick := time.NewTicker(time.Second / 500)
	defer tick.Stop()
	var senders sync.WaitGroup
	for n := 1; n < events; n++ {
		<-tick.C
		senders.Go(func() {
			if err := deliver(n); err != nil {
				t.Error(err)
			}
		})
	}
	senders.Wait()
	peak := peakOf(t, cmd.Process.Pid)
	if peak > 32_000 {
		t.Errorf("%d kB resident", peak)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.csv"))
	t.Logf("%d kB resident at the peak of %d events, of which %d files were written meanwhile", peak, events, len(files))
	_ = cmd.Process.Signal(syscall.SIGTERM)
	if _ = cmd.Wait(); cmd.ProcessState.ExitCode() != 143 {
		t.Errorf("it ended with %d", cmd.ProcessState.ExitCode())
	}
}
