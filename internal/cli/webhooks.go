package cli

import (
	"context"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/output"
)

func newWebhooksCmd(app *App) *cobra.Command {
	return newGroup(app, &cobra.Command{
		Use:     "webhooks",
		Short:   "Receive an event when a report is ready, and write its file",
		GroupID: groupMain,
		Example: `  # have events sent to this machine, and keep their signing secret
  chargectl webhooks register --url http://127.0.0.1:4242/ --secret-file secret.txt
  # write the file of each report that they tell of
  chargectl webhooks listen --dir reports --secret-file whsec.txt
  # where events are sent to
  chargectl webhooks list`,
	}, newListenCmd, newRegisterCmd, newWebhooksListCmd, newVerifyCmd)
}

// secretVariable holds a signing secret where no file does.
const secretVariable = "CHARGE_WEBHOOK_SECRET"

// longestSecret is more than any secret has; what is longer is some other file.
const longestSecret = 4 << 10

// secretFlags say which secrets events may be signed with.
type secretFlags struct{ files []string }

func (o *secretFlags) addFlags(fs *pflag.FlagSet) {
	fs.StringArrayVar(&o.files, "secret-file", nil, "`FILE` file with the endpoint's signing secret, in one line (repeatable; else "+secretVariable+")")
}

// read gives the secrets, and where each comes from. That there is none is a usage error.
func (o *secretFlags) read(app *App) (secrets, sources []string, err error) {
	for _, path := range o.files {
		text, err := readSecret(path)
		if err != nil {
			return nil, nil, charge.Usagef("read the signing secret: %w", err)
		}
		secrets, sources = append(secrets, text), append(sources, path)
	}
	if text := app.variable(secretVariable); text != "" {
		secrets, sources = append(secrets, text), append(sources, secretVariable)
	}
	for i, secret := range secrets {
		secret = strings.TrimSpace(secret)
		if !strings.HasPrefix(secret, charge.SecretPrefix) || secret == charge.SecretPrefix || strings.ContainsAny(secret, " \t\r\n") {
			// Nothing of the text is repeated: it may be another secret.
			const wrong = "%s: it does not hold a signing secret, which begins with %s, in one line"
			return nil, nil, charge.Usagef(wrong, sources[i], charge.SecretPrefix)
		}
		secrets[i] = secret
	}
	if len(secrets) == 0 {
		err := charge.Usagef("no signing secret: name its file with --secret-file, or set %s", secretVariable)
		return nil, nil, err.WithHint("chargectl webhooks register --url URL --secret-file FILE makes an endpoint and writes its secret")
	}
	return secrets, sources, nil
}

func readSecret(path string) (string, error) {
	file, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, longestSecret))
	return string(text), err
}

var endpointColumns = []string{"ID", "STATUS", "URL", "EVENTS"}

func endpointRow(e charge.Endpoint) output.Row {
	return output.Row{Object: e.Raw, Cells: []output.Cell{
		{Text: e.ID, Kind: output.IDCell}, {Text: e.Status, Kind: output.StatusCell}, {Text: e.URL}, {Text: strings.Join(e.Events, ",")},
	}}
}

func newWebhooksListCmd(app *App) *cobra.Command {
	var o listFlags
	return app.withFlags(&cobra.Command{
		Use:        "list",
		SuggestFor: []string{"ls"},
		Short:      "List webhook endpoints, newest first",
		Long: `All pages are read. Piped, each endpoint is one line: id, status, url, events, separated by tabs. Signing secrets are not
shown, with --json neither.`,
		Example: `  # every endpoint
  chargectl webhooks list
  # all that the API says of them
  chargectl webhooks list --json
  # the addresses of those that are enabled
  chargectl webhooks list --jq '.[] | select(.status == "enabled") | .url'`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runWebhooksList(cmd.Context(), app, o) },
	}, &o, &app.format)
}

func runWebhooksList(ctx context.Context, app *App, o listFlags) error {
	client, err := o.connect(ctx, app, "endpoints")
	if err != nil {
		return err
	}
	return listAll(app, o, nothing{text: "no webhook endpoints"}, client.EndpointPages(ctx), endpointColumns, endpointRow)
}
