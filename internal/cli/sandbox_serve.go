package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/cli/exit"
)

type serveOptions struct {
	sandboxFlags
	port, filesPort uint16
}

func (o *serveOptions) addFlags(fs *pflag.FlagSet) {
	o.sandboxFlags.addFlags(fs)
	fs.Uint16Var(&o.port, "port", 0, "`PORT` port of the API on 127.0.0.1 (default a free one)")
	fs.Uint16Var(&o.filesPort, "files-port", 0, "`PORT` port of the file host on 127.0.0.1 (default a free one)")
}

func newSandboxServeCmd(app *App) *cobra.Command {
	var o serveOptions
	return app.withFlags(&cobra.Command{
		Use:   "serve",
		Short: "Serve a local Charge API until a signal ends it",
		Long: `The settings that lead commands to it are printed for a shell to eval; standard output is closed after them, so that
eval can read to the end while the sandbox goes on.`,
		Example: `  # until Ctrl-C, with what to set in another terminal
  chargectl sandbox serve
  # in the background of this shell, which uses it from now on
  eval "$(chargectl sandbox serve &)"
  # on a port of your choice, misbehaving
  chargectl sandbox serve --port 8088 --fault flaky=3`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runSandboxServe(cmd.Context(), app, o) },
	}, &o)
}

func runSandboxServe(ctx context.Context, app *App, o serveOptions) error {
	options, timeout, err := o.options()
	if err != nil {
		return err
	}
	server, end, err := o.start(ctx, options, loopback(o.port), loopback(o.filesPort))
	defer end()
	if err != nil {
		return err
	}
	if err := app.out.Text(exports(app.env.GOOS, environment(server, timeout))); err != nil {
		return err
	}
	stop := "Ctrl-C"
	if out, ok := app.streams.Out.(io.Closer); ok && !app.streams.OutTTY { // perhaps in the background, where no key is heard
		_ = out.Close()
		stop = fmt.Sprintf("Ctrl-C, or: kill %d", os.Getpid())
		if app.env.GOOS == "windows" {
			stop = fmt.Sprintf("Ctrl-C, or: taskkill /f /pid %d", os.Getpid())
		}
	}
	app.Log().Note("sandbox ready; stop it with " + stop)
	<-ctx.Done()
	if caught, _ := errors.AsType[exit.Signal](context.Cause(ctx)); caught.Number == int(syscall.SIGINT) {
		return nil // as it was told
	}
	return context.Cause(ctx)
}

func loopback(port uint16) string { return fmt.Sprintf("127.0.0.1:%d", port) }

func exports(goos string, variables []string) string {
	format := "export %s=%s\n"
	if goos == "windows" {
		format = "$env:%s = '%s'\n"
	}
	lines := ""
	for _, v := range variables {
		name, value, _ := strings.Cut(v, "=")
		lines += fmt.Sprintf(format, name, value)
	}
	return lines
}
