package cli

import (
	"context"
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// Set by the linker for released binaries (.goreleaser.yaml); otherwise the build information says it.
var (
	version = ""
	commit  = ""
	date    = ""
)

// build says what this binary is made of.
type build struct {
	Version string `json:"version"`
	Commit  string `json:"commit"`
	Date    string `json:"date"`
	Go      string `json:"go"`
	OS      string `json:"os"`
	Arch    string `json:"arch"`
}

func (b build) String() string {
	return fmt.Sprintf("chargectl %s (%s/%s, %s)", b.Version, b.OS, b.Arch, b.Go)
}

// Build reads it once.
func (a *App) Build() build {
	if a.build == (build{}) {
		a.build = readBuild()
	}
	return a.build
}

func readBuild() build { return buildOf(debug.ReadBuildInfo()) }

// buildOf puts what the linker set before what the build says of itself. Built without modules, as Bazel does, it says
// nothing.
func buildOf(info *debug.BuildInfo, ok bool) build {
	if !ok {
		info = &debug.BuildInfo{}
	}
	b := build{Version: version, Commit: commit, Date: date, Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH}
	if b.Version == "" {
		b.Version = "dev"
		if info.Main.Version != "" && info.Main.Version != "(devel)" {
			b.Version = info.Main.Version
		}
	}
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision" && b.Commit == "":
			b.Commit = s.Value
		case s.Key == "vcs.time" && b.Date == "":
			b.Date = s.Value
		}
	}
	return b
}

func newVersionCmd(app *App) *cobra.Command {
	return app.withFlags(&cobra.Command{
		Use:   "version",
		Short: "Print the version",
		Long:  "With --json it says also what the program was built from.",
		Example: `  # in one line
  chargectl version
  # with commit and date
  chargectl version --json
  # the number alone
  chargectl version --jq .version`,
		Args:    cobra.NoArgs,
		GroupID: groupSetup,
		RunE:    func(cmd *cobra.Command, _ []string) error { return runVersion(cmd.Context(), app) },
	}, &app.format)
}

// addVersionFlag gives the root a --version that prints what the command version prints. Cobra's own would need a template.
func addVersionFlag(root *cobra.Command, app *App) {
	asked := root.Flags().BoolP("version", "v", false, "print the version")
	group := root.RunE
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if *asked {
			return runVersion(cmd.Context(), app)
		}
		return group(cmd, args)
	}
}

func runVersion(_ context.Context, app *App) error {
	b := app.Build()
	return app.out.Either(b.String()+"\n", b)
}
