package cli

import (
	"context"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"sync"

	"github.com/chargectl/chargectl/internal/api"
	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/config"
	"github.com/chargectl/chargectl/internal/credential"
	"github.com/chargectl/chargectl/internal/progress"
)

// connection is an API client with the mode of its key. It remembers the fleets that it has seen: a run asks for each
// of them once.
type connection struct {
	*api.Client
	Mode charge.Mode

	fleetsMu sync.Mutex // guards what follows
	byID     map[string]charge.Fleet
	all      []charge.Fleet // nil until they were listed to the end
}

// Fleet finds a fleet by its id.
func (c *connection) Fleet(ctx context.Context, id string) (charge.Fleet, error) {
	if fleet, ok := c.known(id); ok {
		return fleet, nil
	}
	fleet, err := c.Client.Fleet(ctx, id)
	if err == nil {
		c.remember(fleet)
	}
	return fleet, err
}

func (c *connection) known(id string) (charge.Fleet, bool) {
	c.fleetsMu.Lock()
	defer c.fleetsMu.Unlock()
	fleet, ok := c.byID[id]
	return fleet, ok
}

func (c *connection) remember(fleets ...charge.Fleet) {
	c.fleetsMu.Lock()
	defer c.fleetsMu.Unlock()
	for _, fleet := range fleets {
		c.byID[fleet.ID] = fleet
	}
}

// FleetPages lists the fleets: from memory, once they were listed to the end.
func (c *connection) FleetPages(ctx context.Context) iter.Seq2[[]charge.Fleet, error] {
	c.fleetsMu.Lock()
	all := c.all
	c.fleetsMu.Unlock()
	return func(yield func([]charge.Fleet, error) bool) {
		if all != nil {
			yield(all, nil)
			return
		}
		var listed []charge.Fleet
		for page, err := range c.Client.FleetPages(ctx) {
			listed = append(listed, page...)
			if !yield(page, err) || err != nil {
				return
			}
		}
		c.remember(listed...)
		c.fleetsMu.Lock()
		defer c.fleetsMu.Unlock()
		c.all = listed
	}
}

// Connect makes the API client of the run, once. Without a key it fails before any request.
func (a *App) Connect(ctx context.Context) (*connection, error) {
	if a.client != nil {
		return a.client, nil
	}
	cfg, err := a.Config()
	if err != nil {
		return nil, err
	}
	key, err := a.Key(ctx)
	if err != nil {
		return nil, err
	}
	a.Observer(progress.EachChange).Start()
	a.client, err = a.connect(cfg, key.Secret(), key.Mode())
	return a.client, err
}

// Key asks for the key once: a command that gives it may be slow.
func (a *App) Key(ctx context.Context) (credential.Key, error) {
	cfg, err := a.Config()
	if err != nil {
		return credential.Key{}, err
	}
	return a.findKey(ctx, cfg)
}

func (a *App) findKey(ctx context.Context, cfg *config.Config) (credential.Key, error) {
	if a.key != nil {
		return *a.key, nil
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
	if charge.KindOf(err) != charge.KindAuth {
		return c, err
	}
	cfg, err := a.Config()
	if err != nil {
		return nil, err
	}
	return a.connect(cfg, "", charge.UnknownMode)
}

func (a *App) connect(cfg *config.Config, secret string, mode charge.Mode) (*connection, error) {
	transport, err := a.transport(cfg)
	if err != nil {
		return nil, err
	}
	client, err := api.New(api.Options{
		BaseURL: cfg.BaseURL, Key: secret, Version: cfg.Version(),
		UserAgent: fmt.Sprintf("chargectl/%s (%s/%s)", a.build.Version, runtime.GOOS, runtime.GOARCH),
		Transport: transport, Trace: a.trace(),
	})
	if err != nil {
		return nil, err
	}
	return &connection{Client: client, Mode: mode, byID: map[string]charge.Fleet{}}, nil
}

func (a *App) transport(cfg *config.Config) (http.RoundTripper, error) {
	if a.network != nil {
		return a.network, nil
	}
	return api.NewTransport(cfg.CAFile)
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
