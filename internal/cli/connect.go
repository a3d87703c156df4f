package cli

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"runtime"
	"slices"

	"github.com/chargectl/chargectl/internal/api"
	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/credential"
)

// connection is an API client with the mode of its key.
type connection struct {
	*api.Client
	Mode charge.Mode
}

// Connect makes the API client. Without a key it fails at once, before any request.
func (a *App) Connect(ctx context.Context) (*connection, error) {
	cfg, err := a.Config()
	if err != nil {
		return nil, err
	}
	key, err := a.Key(ctx)
	if err != nil {
		return nil, err
	}
	a.Observer().Start()
	return a.connect(cfg, key.Secret(), key.Mode())
}

// Key asks for the key once: a command that gives it may be slow.
func (a *App) Key(ctx context.Context) (credential.Key, error) {
	if a.key != nil {
		return *a.key, nil
	}
	cfg, err := a.Config()
	if err != nil {
		return credential.Key{}, err
	}
	key, err := credential.Find(ctx, a.secrets, keySources(cfg))
	if err == nil {
		a.key = &key
	}
	return key, err
}

// ConnectWithoutKey makes a client for what sends nothing; a key is used where there is one.
func (a *App) ConnectWithoutKey(ctx context.Context) (*connection, error) {
	c, err := a.Connect(ctx)
	if charge.KindOf(err) == charge.KindAuth {
		return a.connect(a.config, "", charge.UnknownMode)
	}
	return c, err
}

func (a *App) connect(cfg *config.Config, secret string, mode charge.Mode) (*connection, error) {
	transport, err := a.transport(cfg)
	if err != nil {
		return nil, err
	}
	client, err := api.New(api.Options{
		BaseURL: cfg.BaseURL.Text, Key: secret, Version: cfg.APIVersion.Text,
		UserAgent: fmt.Sprintf("chargectl/%s (%s/%s)", a.build.Version, runtime.GOOS, runtime.GOARCH),
		Transport: transport, Trace: a.trace(),
	})
	if err != nil {
		return nil, err
	}
	return &connection{Client: client, Mode: mode}, nil
}

func (a *App) transport(cfg *config.Config) (http.RoundTripper, error) {
	if a.network != nil {
		return a.network, nil
	}
	return api.NewTransport(cfg.CAFile.Text)
}

// connectFor makes a client that may do without a key where nothing is sent.
func (a *App) connectFor(ctx context.Context, dryRun bool) (*connection, error) {
	if dryRun {
		return a.ConnectWithoutKey(ctx)
	}
	return a.Connect(ctx)
}

// trace tells --debug of every HTTP attempt, without the key and without bodies.
func (a *App) trace() func(api.Attempt) {
	if !a.global.debug {
		return nil
	}
	return func(t api.Attempt) {
		attrs := []slog.Attr{
			slog.String("method", t.Method), slog.String("url", t.URL), slog.Int("status", t.Status),
			slog.Int("attempt", t.Number), slog.Int64("duration_ms", t.Duration.Milliseconds()),
		}
		if t.Request != "" {
			attrs = append(attrs, slog.String("request", t.Request))
		}
		if t.Bytes >= 0 {
			attrs = append(attrs, slog.Int64("bytes", t.Bytes))
		}
		if t.Wait > 0 {
			attrs = append(attrs, slog.Int64("wait_ms", t.Wait.Milliseconds()))
		}
		if t.Err != nil {
			attrs = append(attrs, slog.String("error", t.Err.Error()))
		}
		for _, name := range slices.Sorted(maps.Keys(t.Headers)) {
			attrs = append(attrs, slog.String(name, t.Headers[name]))
		}
		a.Out().Trace("http", attrs...)
	}
}
