package cli

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/cli/exit"
)

func newSandboxRunCmd(app *App) *cobra.Command {
	var o sandboxFlags
	cmd := app.withFlags(&cobra.Command{
		Use:   "run [flags] -- COMMAND [ARG…]",
		Short: "Start a command against a local Charge API",
		Long: `The API is on free ports, and this chargectl comes first on the command's PATH. The
command gets none of your CHARGE_ variables and profiles: it has a configuration of its own, which is removed when it
ends.

The exit code is the command's: 128 and the signal's number when a signal ended it, 127 when it is not found, 126 when
it cannot be run. A signal is passed on; half a second later the command is killed. What it leaves in the background
is killed when it ends, but not at a terminal.`,
		Example: `  # a report without an account
  chargectl sandbox run -- chargectl reports create --type charging_summary --download
  # what becomes of a create whose answer is lost
  chargectl sandbox run --fault lost-create -- chargectl reports create --type charging_summary
  # several commands
  chargectl sandbox run --generation-time 1s -- sh -c 'chargectl fleets list'`,
		Args:              cobra.MinimumNArgs(1),
		ValidArgsFunction: files,
		RunE:              func(cmd *cobra.Command, args []string) error { return runSandboxRun(cmd.Context(), app, o, args) },
	}, &o)
	cmd.Flags().SetInterspersed(false)
	return cmd
}

func runSandboxRun(ctx context.Context, app *App, o sandboxFlags, argv []string) error {
	options, timeout, err := o.options()
	if err != nil {
		return err
	}
	server, end, err := o.start(ctx, options, loopback(0), loopback(0))
	defer end()
	if err != nil {
		return err
	}
	home, err := newSandboxHome()
	if err != nil {
		return charge.Errorf(charge.KindOutput, "prepare the sandbox: %w", err)
	}
	defer home.remove()
	path, err := home.find(argv[0])
	if err != nil {
		return notStarted(argv[0], err)
	}
	err = app.runChild(ctx, path, argv, home.environ(os.Environ(), environment(server, timeout)))
	if code := exit.Code(err); o.state == "" && app.watched() && (code == 8 || code > 128) { // and has hinted at what continues
		app.Log().Note("the sandbox has ended, and its reports with it; --state FILE keeps them for the next one")
	}
	return err
}

// sandboxHome is a temporary folder with what a command in the sandbox has for its own: this program under the name
// chargectl in bin, and a configuration.
type sandboxHome string

// sandboxConfig has a profile of its own name, so that auth login does not touch what the keyring has for yours.
const sandboxConfig = "default_profile: sandbox\nprofiles:\n  sandbox: {}\n"

func newSandboxHome() (h sandboxHome, err error) {
	folder, err := os.MkdirTemp("", "chargectl-")
	if err != nil {
		return "", err
	}
	if folder, err = filepath.Abs(folder); err != nil { // TMPDIR may be relative, the command's folder another
		return "", err
	}
	h = sandboxHome(folder)
	for _, file := range []string{h.program(), h.config()} {
		err = errors.Join(err, os.MkdirAll(filepath.Dir(file), 0o700))
	}
	if err = errors.Join(err, os.WriteFile(h.config(), []byte(sandboxConfig), 0o600), linkSelf(h.program())); err != nil {
		h.remove()
	}
	return h, err
}

// linkSelf gives this program another name: by a hard link, which on Windows needs no right of its own, from another volume
// by a symbolic one, and where neither can be made it is a copy.
func linkSelf(name string) error {
	self, err := os.Executable()
	if err != nil || os.Link(self, name) == nil || os.Symlink(self, name) == nil {
		return err
	}
	program, err := os.ReadFile(self)
	if err != nil {
		return err
	}
	return os.WriteFile(name, program, 0o700)
}

func (h sandboxHome) remove() { _ = os.RemoveAll(string(h)) }

func (h sandboxHome) program() string {
	name := "chargectl"
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(string(h), "bin", name)
}

// config is where XDG_CONFIG_HOME leads too.
func (h sandboxHome) config() string { return filepath.Join(string(h), "chargectl", "config.yaml") }

// find is where a command is: this program for chargectl, whatever else has that name, or what the PATH has.
func (h sandboxHome) find(command string) (path string, err error) {
	own := filepath.Base(h.program())
	if command == "chargectl" || command == own || runtime.GOOS == "windows" && strings.EqualFold(command, own) {
		return h.program(), nil
	}
	return exec.LookPath(command)
}

// environ is the environment of the command: the user's, but for what is about chargectl, and with variables.
func (h sandboxHome) environ(user []string, variables []string) []string {
	env := slices.DeleteFunc(slices.Clone(user), func(entry string) bool {
		if runtime.GOOS == "windows" {
			entry = strings.ToUpper(entry)
		}
		return strings.HasPrefix(entry, "CHARGE_")
	})
	path := filepath.Dir(h.program())
	if inherited := os.Getenv("PATH"); inherited != "" { // an empty element would be the working folder
		path += string(os.PathListSeparator) + inherited
	}
	env = append(env, "PATH="+path, "CHARGE_CONFIG="+h.config(), "XDG_CONFIG_HOME="+string(h))
	return append(env, variables...)
}
