package cli

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/credential"
)

func newAuthCmd(app *App) *cobra.Command {
	return newGroup(app, &cobra.Command{
		Use:   "auth",
		Short: "Store, show and remove the API key",
		Long:  "A job needs no login: set CHARGE_API_KEY_FILE or CHARGE_API_KEY.",
		Example: `  # give a key at a prompt
  chargectl auth login
  # give it from a file
  chargectl auth login < key.txt
  # which key is in use, and whether the API takes it
  chargectl auth status --verify`,
		GroupID: groupSetup,
	}, newAuthLoginCmd, newAuthStatusCmd, newAuthLogoutCmd)
}

func newAuthLoginCmd(app *App) *cobra.Command {
	return &cobra.Command{
		Use:   "login",
		Short: "Check an API key and store it",
		Long: `The key is read from a prompt that does not echo, or from standard input, and checked with one request. It is stored in
the keyring, or without a keyring in the configuration file, which only you can read; stderr says where.`,
		Example: `  # give a key at a prompt
  chargectl auth login
  # give it from a file
  chargectl auth login < key.txt
  # the key of another account
  chargectl auth login --profile acme < key.txt`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runLogin(cmd.Context(), app) },
	}
}

func runLogin(ctx context.Context, app *App) error {
	if _, err := config.Locate(app.env, app.global.set); err != nil {
		return err // nobody types a key that there is no place for
	}
	cfg, err := config.LoadToCreate(app.env, app.global.set)
	if err != nil {
		return err
	}
	key, err := app.askKey(ctx)
	if err != nil {
		return err
	}
	client, err := app.connect(cfg, key)
	if err != nil {
		return err
	}
	if _, _, err := client.Probe(ctx); err != nil {
		return err
	}
	stored, err := credential.Login(ctx, app.secrets, keySources(cfg), key, app.keepKey)
	if err != nil {
		return err
	}
	place := cfg.Path
	if stored.Keyring {
		place = "the system's keyring"
	}
	app.Log().Note(fmt.Sprintf("stored the %s key …%s for profile %s in %s", key.Mode(), key.Last4(), cfg.Profile, place))
	if stored.Reason != "" {
		app.Log().Note("the keyring was not used: " + stored.Reason)
	}
	if stored.Shadow != "" {
		app.Log().Note(stored.Shadow + " is set, and is used before this key")
	}
	return nil
}

// keySources is what the settings say about the key.
func keySources(cfg *config.Config) credential.Sources {
	return credential.Sources{
		Variable: cfg.FromEnvironment("api_key"), FileVariable: cfg.FromEnvironment("api_key_file"),
		Profile: cfg.Profile, Origin: cfg.ProfileOrigin(), Command: cfg.APIKeyCommand, File: cfg.FromProfile("api_key_file"),
		Text: cfg.FromProfile("api_key"), Keyring: cfg.Keyring, RequireMode: cfg.RequireMode,
	}
}

// notices are those of the settings, and one where somebody asked for a profile and the environment's key is used.
func (a *App) notices(cfg *config.Config) []string {
	variable := keySources(cfg).Overridden()
	if variable == "" || a.global.set == nil || !a.global.set.Changed("profile") {
		return cfg.Notices
	}
	return append(cfg.Notices, fmt.Sprintf("the key of %s is used, not the one of profile %s", variable, cfg.Profile))
}

// keepKey writes what a login or logout leaves in the profile in use.
func (a *App) keepKey(ctx context.Context, text string, keyring bool) error {
	return config.StoreKey(ctx, a.env, a.global.set, text, keyring)
}

// askKey reads a key without echo at a terminal, else the first line of stdin.
func (a *App) askKey(ctx context.Context) (credential.Key, error) {
	if a.streams.InTTY && a.streams.ReadPassword != nil {
		text, err := a.streams.ReadPassword(ctx, "API key (it is not shown): ")
		if ctx.Err() != nil {
			return credential.Key{}, context.Cause(ctx)
		}
		if err != nil {
			return credential.Key{}, charge.Usagef("read the key: %w", err)
		}
		return credential.ParseKey(strings.TrimSpace(text))
	}
	line, err := bufio.NewReader(io.LimitReader(a.streams.In, 64<<10)).ReadString('\n')
	if err != nil && line == "" {
		return credential.Key{}, charge.Usagef("no key on standard input: pipe it in, as in chargectl auth login < key.txt")
	}
	return credential.ParseKey(strings.TrimRight(line, "\r\n"))
}

type statusOptions struct{ verify bool }

func (o *statusOptions) addFlags(fs *pflag.FlagSet) {
	fs.BoolVar(&o.verify, "verify", false, "check the key with a request to the API")
}

func newAuthStatusCmd(app *App) *cobra.Command {
	var o statusOptions
	return app.withFlags(&cobra.Command{
		Use:   "status",
		Short: "Show which API key is in use",
		Long:  "Shows profile, mode, source and the last four characters of the key. Asks the API only with --verify.",
		Example: `  # which key is in use
  chargectl auth status
  # and whether the API takes it
  chargectl auth status --verify
  # test or live
  chargectl auth status --jq .mode`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runStatus(cmd.Context(), app, o) },
	}, &o, &app.format)
}

// authStatus is the JSON form of auth status.
type authStatus struct {
	Profile  string `json:"profile" doc:"the profile in use"`
	Mode     string `json:"mode" doc:"test, live or unknown"`
	Source   string `json:"source" doc:"where the key comes from"`
	Last4    string `json:"last4" doc:"its last four characters; empty of a key too short to hide the rest"`
	BaseURL  string `json:"base_url" doc:"the API that it is for"`
	Verified bool   `json:"verified" doc:"whether the API was asked, with --verify, and took it"`
}

func runStatus(ctx context.Context, app *App, o statusOptions) error {
	cfg, err := app.Config()
	if err != nil {
		return err
	}
	key, err := app.Key(ctx, cfg)
	if err != nil {
		return err
	}
	if o.verify {
		client, err := app.connect(cfg, key)
		if err != nil {
			return err
		}
		if _, _, err := client.Probe(ctx); err != nil {
			return err
		}
	}
	s := authStatus{cfg.Profile, string(key.Mode()), key.Source(), key.Last4(), cfg.BaseURL, o.verify}
	text := fmt.Sprintf("profile\t%s\nmode\t%s\nkey\t…%s\nsource\t%s\napi\t%s\n", s.Profile, s.Mode, s.Last4, s.Source, s.BaseURL)
	if s.Verified {
		text += "verified\tyes\n"
	}
	return app.out.Either(text, s)
}

func newAuthLogoutCmd(app *App) *cobra.Command {
	return &cobra.Command{
		Use:   "logout",
		Short: "Remove the stored API key",
		Long:  "It is the key of the profile in use, and is removed from everywhere that auth login put it.",
		Example: `  # forget the key
  chargectl auth logout
  # forget that of another profile
  chargectl auth logout --profile acme
  # log in with another key
  chargectl auth logout && chargectl auth login < key.txt`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runLogout(cmd.Context(), app) },
	}
}

func runLogout(ctx context.Context, app *App) error {
	cfg, err := app.Config()
	if err != nil {
		return err
	}
	removed, err := credential.Logout(ctx, app.secrets, keySources(cfg), app.keepKey)
	for _, place := range removed {
		app.Log().Note("removed the key from " + place)
	}
	if err == nil && len(removed) == 0 {
		app.Log().Note("there was no stored key")
	}
	return err
}
