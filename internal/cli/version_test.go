package cli

import (
	"runtime/debug"
	"testing"
)

// A build that says nothing of itself, as one without modules, still has a version.
func TestBuildThatSaysNothing(t *testing.T) {
	if b := buildOf(nil, false); b.Version != "dev" || b.Commit != "" || b.Go == "" {
		t.Errorf("%+v", b)
	}
	told := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-05-01T00:00:00Z"}}}
	if b := buildOf(told, true); b.Version != "v1.2.3" || b.Commit != "abc" || b.Date != "2026-05-01T00:00:00Z" {
		t.Errorf("%+v", b)
	}
}
