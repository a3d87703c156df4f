package folder

import (
	"bufio"
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// maxRecord is how many bytes of a CSV record are kept in memory, maxColumns of the column names, so that a receipt stays
	// small. A file with more passes for no CSV.
	maxRecord  = 256 << 10
	maxColumns = 64 << 10
	piece      = 64 << 10
)

// Measure is what a receipt tells of a file's bytes. A file that is no CSV has neither Columns nor Records.
type Measure struct {
	Bytes   int64    `json:"bytes"`
	SHA256  string   `json:"sha256"` // in hex
	Columns []string `json:"columns,omitempty"`
	Records *int64   `json:"records,omitempty"` // without the one that names the columns
}

// MeasureOf reads a file once, to its end. The format is the one that the API gave: csv is looked into, in memory that does
// not grow with the file. Errors are the reader's.
func MeasureOf(r io.Reader, format string) (m Measure, err error) {
	sum := &counted{Writer: sha256.New()}
	hash := sum.Writer.(interface{ Sum([]byte) []byte })
	all := &bounded{Reader: io.TeeReader(r, sum)}
	if format == "csv" {
		m.Columns, m.Records = columnsOf(all)
	}
	all.bound = 0 // what follows goes by memory that is reused
	if _, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{all}, make([]byte, piece)); err != nil {
		return Measure{}, err
	}
	m.Bytes, m.SHA256 = sum.bytes, hex.EncodeToString(hash.Sum(nil))
	return m, nil
}

// columnsOf reads a CSV (RFC 4180): the names in its first record, and how many follow. nil is no CSV: quotes that do not
// fit, records of different lengths, names that are no text, or more of them than anybody reads.
func columnsOf(r *bounded) (columns []string, records *int64) {
	buffered := bufio.NewReaderSize(r, piece)
	r.bound = maxColumns + piece
	if mark, _ := buffered.Peek(3); bytes.Equal(mark, []byte("\ufeff")) {
		_, _ = buffered.Discard(3)
	}
	in := csv.NewReader(buffered)
	in.ReuseRecord = true
	for n := int64(-1); ; n++ {
		record, err := in.Read()
		r.bound = in.InputOffset() + maxRecord + piece
		switch {
		case errors.Is(err, io.EOF) && n >= 0:
			return columns, &n
		case err != nil:
			return nil, nil
		case n < 0:
			columns = slices.Clone(record)
			text := strings.Join(columns, "\n")
			if len(text)+4*len(columns) > maxColumns || !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
				return nil, nil
			}
		}
	}
}

// counted counts what is written.
type counted struct {
	io.Writer
	bytes int64
}

func (c *counted) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.bytes += int64(n)
	return n, err
}

var errBound = errors.New("a record is too long")

// bounded is a reader that fails once it has given more bytes than the bound, which moves. 0 is none.
type bounded struct {
	io.Reader
	given, bound int64
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.bound > 0 && b.given > b.bound {
		return 0, errBound
	}
	n, err := b.Reader.Read(p)
	b.given += int64(n)
	return n, err
}
