package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"net/url"
	"os"
	"path/filepath"

	"github.com/google/uuid"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/webhook"
)

type registerOptions struct {
	url         string
	description optional
	secretFile  string
	showSecret  bool
}

func (o *registerOptions) addFlags(fs *pflag.FlagSet) {
	fs.StringVar(&o.url, "url", "", "`URL` address that events are to be sent to, https://…")
	fs.Var(&o.description, "description", "`TEXT` what the endpoint is for")
	fs.StringVar(&o.secretFile, "secret-file", "", "`FILE` write the signing secret to this file, which only you can read")
	fs.BoolVar(&o.showSecret, "show-secret", false, "print the signing secret after the id")
}

func newRegisterCmd(app *App) *cobra.Command {
	var o registerOptions
	return app.withFlags(&cobra.Command{
		Use:   "register --url URL",
		Short: "Have report.succeeded sent to an address",
		Long: `The webhook endpoint of the address is found, or made, and enabled. Safe to run again, and by two machines at once: it is
one endpoint. Prints its id. The signing secret goes to --secret-file, which is replaced in one step, or with
--show-secret to standard output.`,
		Example: `  # have events sent to this machine, and keep their signing secret
  chargectl webhooks register --url http://127.0.0.1:4242/ --secret-file secret.txt
  # say what it is for
  chargectl webhooks register --url http://127.0.0.1:4242/ --description "reports of the night"
  # print the secret
  chargectl webhooks register --url http://127.0.0.1:4242/ --show-secret`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runRegister(cmd.Context(), app, o) },
	}, &o, &app.format)
}

func runRegister(ctx context.Context, app *App, o registerOptions) error {
	if err := checkEndpointURL(o.url); err != nil {
		return err
	}
	cfg, err := app.Config()
	if err != nil {
		return err
	}
	client, err := app.Connect(ctx)
	if err != nil {
		return err
	}
	var folder *disk.Folder
	if o.secretFile != "" {
		if folder, err = secretFolder(app, o.secretFile); err != nil {
			return err
		}
		defer folder.Close()
	}
	r := webhook.Registration{URL: o.url, Version: cfg.APIVersion, Mode: client.Mode, Origin: client.Origin(), FreshKey: uuid.NewString}
	if o.description.given {
		r.Description = &o.description.text
	}
	e, err := webhook.Register(ctx, client, r)
	if err != nil {
		return err
	}
	if e.Secret() == "" && (o.secretFile != "" || o.showSecret) {
		return charge.Errorf(charge.KindTemporary, "the API gave no signing secret for %s", e.ID)
	}
	if folder != nil {
		if _, err := folder.WritePrivate(filepath.Base(o.secretFile), []byte(e.Secret()+"\n")); err != nil {
			return err
		}
	} else if !o.showSecret {
		app.Log().Note("the signing secret is not shown: --secret-file FILE writes it, and may be given now")
	}
	return app.out.Sheet(output.Shape{}).Fill(registeredRow(e, o.showSecret))
}

// registeredRow is an endpoint's id, and only where that was asked for its secret too.
func registeredRow(e charge.Endpoint, secret bool) output.Row {
	row := lineRow(e.ID, output.IDCell, e.Raw)
	if secret {
		quoted, _ := json.Marshal(e.Secret()) // always can be
		row.Cells = append(row.Cells, output.Cell{Text: e.Secret(), Kind: output.PathCell})
		row.Object = bytes.ReplaceAll(e.Raw, []byte(`"`+charge.MaskedSecret+`"`), quoted)
	}
	return row
}

// checkEndpointURL refuses what no event should be sent to: who reads it on the way learns of reports, and of the secret.
func checkEndpointURL(text string) error {
	if text == "" {
		return charge.Usagef("no address: give the one that events are to be sent to with --url https://…")
	}
	u, err := url.Parse(text)
	switch {
	case err != nil, u.Hostname() == "":
		return charge.Usagef("the --url must look like https://HOST/PATH")
	case u.User != nil, u.Fragment != "":
		return charge.Usagef("the --url must hold no user name, no password and no #")
	case u.Scheme == "https", u.Scheme == "http" && charge.Loopback(u.Hostname()):
		return nil
	}
	return charge.Usagef("the --url must be https: plain http is for addresses of this machine")
}

// secretFolder opens the folder that the secret is to be written into, so that what cannot be is found before anything is
// asked for. It is not made.
func secretFolder(app *App, path string) (*disk.Folder, error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, &charge.Error{Kind: charge.KindOutput, Op: "write " + path, Reason: "it is a folder"}
	}
	dir := filepath.Dir(path)
	if _, err := os.Stat(dir); err != nil {
		return nil, disk.OutputError("write "+path, err)
	}
	folder, err := disk.Open(dir, app.disk, app.Log().Note)
	if err == nil {
		err = folder.Writable()
	}
	return folder, err
}
