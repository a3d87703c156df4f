package cli

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/output"
	"github.com/chargectl/chargectl/internal/webhook"
)

// longestBody is the largest event that a listener takes.
const longestBody = 1 << 20

type verifyOptions struct {
	secrets   secretFlags
	signature string
	tolerance time.Duration
}

func (o *verifyOptions) addFlags(fs *pflag.FlagSet) {
	o.secrets.addFlags(fs)
	fs.StringVar(&o.signature, "signature", "", "`HEADER` value of the "+webhook.SignatureHeader+" header")
	addDuration(fs, &o.tolerance, "tolerance", 0, "`DURATION` how far its time may be off, before or after (default any)")
}

func newVerifyCmd(app *App) *cobra.Command {
	var o verifyOptions
	return app.withFlags(&cobra.Command{
		Use:   "verify --signature HEADER < BODY",
		Short: "Check the signature of an event",
		Long: `The raw body of the event is read from standard input. Prints what it was signed under (the secret whole, without whsec_,
or base64-decoded), when, and how long ago that was. Ends with 7 where it does not match, and says which part: the
header, the time, or the body. Nothing is asked of the API.`,
		Example: `  # an event that was kept in a file
  chargectl webhooks verify --secret-file whsec.txt --signature "$(cat signature.txt)" < event.json
  # a body from elsewhere
  printf '{}' | chargectl webhooks verify --secret-file whsec.txt --signature "$(cat signature.txt)"
  # for a script
  chargectl webhooks verify --secret-file whsec.txt --signature "$(cat signature.txt)" --json < event.json`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runVerify(cmd.Context(), app, o) },
	}, &o, &app.format)
}

// verification is the JSON form of what verify found. Fields are only ever added.
type verification struct {
	Derivation string  `json:"derivation" doc:"what the body was signed under: whole, without whsec_, or base64-decoded"`
	Secret     string  `json:"secret" doc:"where that secret comes from: its file, or the variable"`
	SignedAt   string  `json:"signed_at" doc:"when it was signed"`
	Age        float64 `json:"age_s" doc:"how many seconds ago that was"`
}

func runVerify(_ context.Context, app *App, o verifyOptions) error {
	header := strings.TrimSpace(o.signature)
	if name, value, ok := strings.Cut(header, ":"); ok && strings.EqualFold(name, webhook.SignatureHeader) {
		header = strings.TrimSpace(value)
	}
	switch {
	case header == "":
		return charge.Usagef("no signature: give the value of the event's %s header with --signature", webhook.SignatureHeader)
	case o.tolerance < 0:
		return charge.Usagef("--tolerance %s is negative", o.tolerance)
	}
	secrets, sources, err := o.secrets.read(app)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(io.LimitReader(app.streams.In, longestBody+1))
	switch {
	case err != nil:
		return charge.Usagef("read the body from standard input: %w", err)
	case len(body) > longestBody:
		return charge.Usagef("the body is longer than 1 MiB: no event is")
	}
	now := time.Now()
	signature, err := webhook.ParseSignature(header)
	if err == nil && o.tolerance > 0 {
		err = signature.Fresh(now, o.tolerance)
	}
	if err != nil {
		return charge.AsError(err).About("verify", "")
	}
	key, err := signature.Match(webhook.Keys(secrets), body)
	if err != nil {
		return charge.AsError(err).About("verify", "").WithHint("the body must be the very bytes that were sent: formatted or decoded ones do not match")
	}
	found := verification{
		Derivation: string(key.Derivation), Secret: sources[key.Secret], SignedAt: charge.FormatInstant(signature.At),
		Age: now.Sub(signature.At).Truncate(time.Millisecond).Seconds(),
	}
	return app.out.Sheet(output.Shape{Columns: []string{"DERIVATION", "SECRET", "SIGNED", "AGE"}}).Fill(output.Row{Object: document(found), Cells: []output.Cell{
		{Text: found.Derivation}, {Text: found.Secret, Kind: output.PathCell}, {Text: found.SignedAt}, {Text: now.Sub(signature.At).Round(time.Second).String()},
	}})
}
