//go:build unix

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chargectl/chargectl/internal/sandbox"
)

// TestRecipeRclone has machines with an empty folder, one after the other, complete what the real rclone copies elsewhere, as
// docs/recipes/rclone-container.sh does it: to a folder, and to a server on loopback.
func TestRecipeRclone(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("rclone")
	if err != nil {
		t.Skip(err)
	}
	recipe, err := filepath.Abs("../../docs/recipes/rclone-container.sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{"folder", "webdav"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			s, err := sandbox.Start(t.Context(), sandbox.Options{GenerationTime: time.Millisecond, Vehicles: 3}, "127.0.0.1:0", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = s.Close() })
			st := &exampleEnv{dir: t.TempDir()}
			store, config := filepath.Join(st.dir, "store"), filepath.Join(st.dir, "rclone.conf")
			st.env = []string{
				"PATH=" + os.Getenv("PATH"), "GORACE=" + atOnce, "HOME=" + st.dir, "RCLONE_CONFIG=" + config, "RCLONE_CACHE_DIR=" + filepath.Join(st.dir, "cache"),
				"CHARGE_BASE_URL=" + s.BaseURL, "CHARGE_API_KEY=" + s.Key,
			}
			if err := os.Mkdir(store, 0o700); err != nil {
				t.Fatal(err)
			}
			remote := "[bucket]\ntype = alias\nremote = " + store + "\n"
			if kind == "webdav" {
				addr := freeAddr(t)
				remote = "[bucket]\ntype = webdav\nvendor = other\nurl = http://" + addr + "\n"
				server := exec.Command(program, "serve", "webdav", store, "--addr", addr)
				server.Env = st.env
				started(t, server, addr)
			}
			if err := os.WriteFile(config, []byte(remote), 0o600); err != nil {
				t.Fatal(err)
			}

			plan := strings.Split(st.output(t, "chargectl reports sync --type charging_summary --since 2026-01 --all-fleets --dir first --dry-run --jq '.items[] | select(.action == \"create\").path'"), "\n")
			kept := filepath.Join(store, "reports", filepath.Base(strings.Trim(plan[0], `"`)))
			if got := st.output(t, "sh "+recipe+" first nowhere:reports || echo $?"); got != "5" {
				t.Errorf("without a list: %s", got)
			}
			wantReports(t, st, 0)
			if err := os.Mkdir(filepath.Dir(kept), 0o700); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(kept, []byte("kept"), 0o600); err != nil {
				t.Fatal(err)
			}
			for _, dir := range []string{"first", "second"} {
				paths := strings.Fields(st.output(t, "sh "+recipe+" "+dir+" bucket:reports"))
				want := 0
				if dir == "first" {
					want = len(plan) - 1
				}
				if len(paths) != want {
					t.Errorf("%s: %d paths, want %d: %v", dir, len(paths), want, paths)
				}
				wantReports(t, st, len(plan)-1)
				there, err := os.ReadDir(filepath.Dir(kept))
				if err != nil || len(there) != len(plan) {
					t.Errorf("%s: %d files in the bucket, want %d: %v", dir, len(there), len(plan), err)
				}
			}
			if text, err := os.ReadFile(kept); err != nil || string(text) != "kept" {
				t.Errorf("what was there is now %q: %v", text, err)
			}
		})
	}
}

// wantReports counts what the sandbox was asked for.
func wantReports(t *testing.T, st *exampleEnv, want int) {
	t.Helper()
	ids := strings.Fields(st.output(t, "chargectl reports list | cut -f 1"))
	if len(ids) != want {
		t.Errorf("%d reports, want %d", len(ids), want)
	}
}

// TestRecipeObjectStorage ends with the sync's own code, also where there is no folder to copy; a copy that fails after a sync
// that did not is 5.
func TestRecipeObjectStorage(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		sync, copied string
		folder       bool
		want         int
	}{
		{"0", "0", true, 0}, {"0", "1", true, 5}, {"6", "0", true, 6}, {"4", "1", true, 4},
		{"4", "3", false, 4}, {"2", "3", false, 2}, {"0", "3", false, 0}, // nothing is closed yet
	} {
		dir := stub(t, tc.sync)
		for _, program := range []string{"rclone", "aws"} {
			if err := os.WriteFile(filepath.Join(dir, program), []byte("#!/bin/sh\nexit "+tc.copied+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
		}
		reports := filepath.Join(dir, "reports")
		if tc.folder {
			if err := os.Mkdir(reports, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		for _, remote := range []string{"bucket:reports", "s3://bucket/reports"} {
			if err := os.WriteFile(filepath.Join(dir, "codes"), []byte(tc.sync), 0o600); err != nil {
				t.Fatal(err)
			}
			cmd := exec.CommandContext(t.Context(), "sh", "../../docs/recipes/object-storage.sh", reports, remote)
			cmd.Env = []string{"PATH=" + dir + ":" + os.Getenv("PATH")}
			if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != tc.want {
				t.Errorf("%+v to %s: ended with %d\n%s", tc, remote, cmd.ProcessState.ExitCode(), out)
			}
		}
	}
}
