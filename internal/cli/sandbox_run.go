package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/sandbox"
)

func newSandboxRunCmd(app *App) *cobra.Command {
	var o sandboxFlags
	cmd := &cobra.Command{
		Use:   "run [flags] -- COMMAND [ARG…]",
		Short: "Start a command against a local Charge API",
		Long: `Start a local Charge API on free ports, run the command against it with this chargectl first on its PATH, and end
with the command's exit code.`,
		Example: `  chargectl sandbox run -- chargectl reports create --type charging_summary --download
  chargectl sandbox run --fault lost-create -- chargectl reports create --type charging_summary
  chargectl sandbox run --generation-time 1s -- sh -c 'chargectl fleets list'`,
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			return runSandboxRun(cmd.Context(), app, o, args)
		},
	}
	o.addFlags(cmd.Flags())
	cmd.Flags().SetInterspersed(false)
	return cmd
}

func runSandboxRun(ctx context.Context, app *App, o sandboxFlags, argv []string) error {
	options, err := o.options()
	if err != nil {
		return err
	}
	server, err := sandbox.Start(ctx, options, loopback(0), loopback(0))
	if err != nil {
		return charge.Errorf(charge.KindInternal, "start the sandbox: %w", err)
	}
	defer server.Close()
	folder, cleanUp, err := selfOnPath()
	if err != nil {
		return err
	}
	defer cleanUp()
	return app.runChild(ctx, argv, childEnv(folder, server))
}

// selfOnPath returns a folder in which this program has the name chargectl.
func selfOnPath() (folder string, cleanUp func(), err error) {
	self, err := os.Executable()
	if err != nil {
		return "", nil, charge.Errorf(charge.KindInternal, "find this program: %w", err)
	}
	name := "chargectl" + strings.ToLower(filepath.Ext(self))
	if filepath.Ext(self) != ".exe" {
		name = "chargectl"
	}
	if filepath.Base(self) == name {
		return filepath.Dir(self), func() {}, nil
	}
	folder, err = os.MkdirTemp("", "chargectl-")
	if err != nil {
		return "", nil, charge.Errorf(charge.KindOutput, "make a temporary folder: %w", err)
	}
	cleanUp = func() { _ = os.RemoveAll(folder) }
	if err := link(self, filepath.Join(folder, name)); err != nil {
		cleanUp()
		return "", nil, charge.Errorf(charge.KindOutput, "put chargectl on the PATH: %w", err)
	}
	return folder, cleanUp, nil
}

// link makes a symbolic link, or a copy where those are not allowed.
func link(from, to string) error {
	if os.Symlink(from, to) == nil {
		return nil
	}
	source, err := os.Open(from)
	if err != nil {
		return err
	}
	defer source.Close()
	target, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o700)
	if err != nil {
		return err
	}
	_, err = io.Copy(target, source)
	return errors.Join(err, target.Close())
}

// childEnv is our environment with the sandbox's settings; later entries win.
func childEnv(folder string, server *sandbox.Server) []string {
	env := append(os.Environ(), "PATH="+folder+string(os.PathListSeparator)+os.Getenv("PATH"))
	for _, v := range environment(server) {
		env = append(env, v[0]+"="+v[1])
	}
	return env
}

// grace is how long a child has to end by itself once we are signalled: Ctrl-C at a terminal and the stop of a service
// reach it without our help, and a second signal would kill it before it has said what continues.
const grace = 300 * time.Millisecond

// runChild runs a command on our own streams. A signal to us alone is passed on, and its exit code is ours.
func (a *App) runChild(ctx context.Context, argv, env []string) error {
	program, err := lookPath(argv[0], env)
	if err != nil {
		return charge.Usagef("run %s: %w", argv[0], err)
	}
	late, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })()
	cmd := exec.CommandContext(late, program, argv[1:]...)
	cmd.Args[0] = argv[0]
	cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = env, a.streams.In, a.streams.Out, a.streams.Err
	cmd.Cancel = func() error { return terminate(cmd.Process) }
	cmd.WaitDelay = 5 * time.Second
	err = cmd.Run()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok {
		return exitStatus(childCode(exit))
	}
	if err == nil || errors.Is(err, context.Canceled) { // it was asked to end, and ended well
		return nil
	}
	return charge.Usagef("run %s: %w", argv[0], err)
}

// lookPath finds a program on the child's PATH rather than on ours.
func lookPath(name string, env []string) (string, error) {
	if strings.ContainsFunc(name, func(r rune) bool { return r < 0x80 && os.IsPathSeparator(uint8(r)) }) {
		return name, nil
	}
	for _, entry := range env {
		if list, ok := strings.CutPrefix(entry, "PATH="); ok {
			for _, folder := range filepath.SplitList(list) {
				if path, err := exec.LookPath(filepath.Join(folder, name)); err == nil {
					return path, nil
				}
			}
		}
	}
	return exec.LookPath(name)
}

// terminate asks a child to end the way that we were asked to.
func terminate(p *os.Process) error {
	if err := p.Signal(syscall.SIGTERM); err != nil {
		return p.Kill()
	}
	return nil
}

// exitStatus ends the run with another program's exit code, without a word: that program has said what there is.
type exitStatus int

func (e exitStatus) Error() string { return "the command did not end well" }

// childCode is a program's exit code as a shell would show it.
func childCode(exit *exec.ExitError) int {
	if status, ok := exit.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return exit.ExitCode()
}
