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
// docs/recipes/rclone-container.sh does it: to a folder, and to servers on loopback. The one that speaks S3 is fetched for the
// long tests alone.
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
	kinds := []string{"folder", "webdav"}
	if os.Getenv("CHARGECTL_LONG") == "1" {
		kinds = append(kinds, "s3")
	}
	for _, kind := range kinds {
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
			switch kind {
			case "s3":
				addr := freeAddr(t)
				remote = "[bucket]\ntype = s3\nprovider = Other\naccess_key_id = key\nsecret_access_key = secret\nendpoint = http://" + addr + "\n"
				started(t, exec.Command(fakeS3(t), "-backend", "memory", "-initialbucket", "reports", "-host", addr), addr)
			case "webdav":
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
			kept := "bucket:reports/" + filepath.Base(strings.Trim(plan[0], `"`))
			if got := st.output(t, "sh "+recipe+" first nowhere:reports || echo $?"); got != "5" {
				t.Errorf("without a list: %s", got)
			}
			wantReports(t, st, 0)
			st.output(t, "printf kept | rclone rcat "+kept)
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
				if there := strings.Fields(st.output(t, "rclone lsf -R --files-only bucket:reports")); len(there) != len(plan) {
					t.Errorf("%s: %d files in the bucket, want %d", dir, len(there), len(plan))
				}
			}
			if text := st.output(t, "rclone cat "+kept); text != "kept" {
				t.Errorf("what was there is now %q", text)
			}
		})
	}
}

// fakeS3 is a program that serves buckets from memory.
func fakeS3(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	install := exec.CommandContext(t.Context(), "go", "install", "github.com/johannesboyne/gofakes3/cmd/gofakes3@v1.2.0")
	install.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=-mod=mod")
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return filepath.Join(dir, "gofakes3")
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
