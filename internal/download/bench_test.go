package download

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/chargectl/chargectl/internal/charge"
	"github.com/chargectl/chargectl/internal/disk"
)

// smallHost has one file of 48 KiB.
type smallHost []byte

func (h smallHost) OpenFile(context.Context, string, charge.FileRange) (*charge.File, error) {
	size := int64(len(h))
	return &charge.File{HTTPStatus: 200, End: size, Total: size, Validator: tag, Body: io.NopCloser(bytes.NewReader(h))}, nil
}

// BenchmarkSmallFile is what a file costs on disk, whole at once: the system calls tell as much as the time.
func BenchmarkSmallFile(b *testing.B) {
	folder, err := disk.Open(b.TempDir(), disk.System{}, func(string) {})
	if err != nil {
		b.Fatal(err)
	}
	defer folder.Close()
	s := Source{Host: smallHost(make([]byte, 48<<10)), Observer: unheard{}}
	r := charge.Report{ID: "rpt_1", Size: 48 << 10, URL: "https://files/1"}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		if _, err := s.File(b.Context(), folder, fmt.Sprintf("%d.csv", i), r, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
