package cli

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"runtime"
	"slices"

	"github.com/chargectl/chargectl/internal/api"
	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/credential"
	"github.com/chargectl/chargectl/internal/progress"
)

// connection is an API client with the mode of its key.
type connection struct {
	*api.Client
	Mode charge.Mode
}

// Connect makes the API client of the run, once. Without a key it fails before any request, but for what sends none.
func (a *App) Connect(ctx context.Context) (*connection, error) {
	if a.client != nil {
		return a.client, nil
	}
	cfg, err := a.Config()
	if err != nil {
		return nil, err
	}
	key, err := a.Key(ctx, cfg)
	if a.keyless && charge.KindOf(err) == charge.KindAuth {
		err = nil
	}
	if err != nil {
		return nil, err
	}
	a.Observer(progress.EachChange).Start()
	a.client, err = a.connect(cfg, key)
	return a.client, err
}

// Key asks for the key once: a command that gives it may be slow.
func (a *App) Key(ctx context.Context, cfg *config.Config) (credential.Key, error) {
	if a.key != nil {
		return *a.key, nil
	}
	key, err := credential.Find(ctx, a.secrets, keySources(cfg))
	if err == nil {
		a.key = &key
	}
	return key, err
}

func (a *App) connect(cfg *config.Config, key credential.Key) (*connection, error) {
	transport := a.network
	if transport == nil {
		var err error
		if transport, err = api.NewTransport(cfg.CAFile); err != nil {
			return nil, err
		}
	}
	client, err := api.New(api.Options{
		BaseURL: cfg.BaseURL, Key: key.Secret(), Version: cfg.APIVersion,
		UserAgent: fmt.Sprintf("chargectl/%s (%s/%s)", a.Build().Version, runtime.GOOS, runtime.GOARCH),
		Transport: transport, Trace: a.trace(),
	})
	if err != nil {
		return nil, err
	}
	return &connection{Client: client, Mode: key.Mode()}, nil
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
		a.Log().Debug("http", attrs...)
	}
}
