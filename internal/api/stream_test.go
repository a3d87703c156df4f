package api

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/chargectl/chargectl/internal/charge"
)

// slowBody is a body that brings its text a byte at a time, with a pause before each, and then nothing until it is closed.
type slowBody struct {
	text   string
	pause  time.Duration
	closed chan struct{}
	once   sync.Once
}

func dripping(text string, pause time.Duration) *slowBody {
	return &slowBody{text: text, pause: pause, closed: make(chan struct{})}
}

func (d *slowBody) Read(p []byte) (int, error) {
	if d.text == "" {
		<-d.closed
		return 0, io.ErrClosedPipe
	}
	select {
	case <-time.After(d.pause):
	case <-d.closed:
		return 0, io.ErrClosedPipe
	}
	p[0], d.text = d.text[0], d.text[1:]
	return 1, nil
}

func (d *slowBody) Close() error {
	d.once.Do(func() { close(d.closed) })
	return nil
}

func open(t *testing.T, ctx context.Context, body io.ReadCloser) *charge.File {
	t.Helper()
	c := client(t, roundTrip(func(*http.Request) (*http.Response, error) { return streamed(200, body), nil }))
	file, err := c.OpenFile(ctx, "https://files.test/r.csv", charge.FileRange{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = file.Body.Close() })
	return file
}

func digits() string { return strings.Repeat("0123456789", 20) }

func TestASlowBodyIsNotCutAStalledOneIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		file := open(t, t.Context(), dripping(digits(), 29*time.Second))
		got, err := io.ReadAll(file.Body)
		wantText(t, wantKind(t, err, charge.KindTemporary).Error(), "stalled: no byte for 30 s")
		if want := 200*29*time.Second + stallLimit; string(got) != digits() || time.Since(began) != want {
			t.Errorf("%d bytes after %v, want 200 after %v", len(got), time.Since(began), want)
		}
		if _, again := file.Body.Read(make([]byte, 1)); !errors.Is(again, err) {
			t.Errorf("the next Read says %v", again)
		}
	})
}

func TestASlowReaderIsNoStall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		file := open(t, t.Context(), io.NopCloser(strings.NewReader(digits())))
		time.Sleep(time.Hour)
		if got, err := io.ReadAll(file.Body); string(got) != digits() || err != nil {
			t.Errorf("%q, %v", got, err)
		}
	})
}

func TestTheContextEndsABody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		signal := charge.Errorf(charge.KindInterrupted, "SIGTERM came")
		ctx, cancel := context.WithCancelCause(t.Context())
		file := open(t, ctx, dripping(digits(), 0))
		time.AfterFunc(time.Second, func() { cancel(signal) })
		began := time.Now()
		_, err := io.ReadAll(file.Body)
		if !errors.Is(err, context.Canceled) || !errors.Is(err, signal) || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

func TestAStallBeforeTheFirstByteIsTheErrorOfOpenFile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := client(t, roundTrip(func(*http.Request) (*http.Response, error) {
			return streamed(200, dripping("", 0)), nil
		}))
		_, err := c.OpenFile(t.Context(), "https://files.test/r.csv", charge.FileRange{})
		wantText(t, wantKind(t, err, charge.KindTemporary).Error(), "fetch file: stalled")
	})
}

// An answer of the API is small: what drips for ever is cut although it never stalls.
func TestADrippingAnswerIsCut(t *testing.T) {
	for _, status := range []int{200, 503} {
		synctest.Test(t, func(t *testing.T) {
			c := client(t, roundTrip(func(*http.Request) (*http.Response, error) {
				return streamed(status, dripping(strings.Repeat(" ", 1000), time.Second)), nil
			}))
			began := time.Now()
			_, err := get(t, c)
			if e := wantKind(t, err, charge.KindTemporary); e.HTTPStatus != status || time.Since(began) != tryLimit {
				t.Errorf("%+v after %v", e, time.Since(began))
			}
		})
	}
}
