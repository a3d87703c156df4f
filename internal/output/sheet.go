package output

import (
	"bytes"
	"encoding/json"
	"sync"
	"time"
)

// CellKind is how a terminal shows a cell; pipes always get its text.
type CellKind int

// The kinds of cells.
const (
	PlainCell    CellKind = iota
	StatusCell            // coloured by its word
	InstantCell           // relative to now when Time is set
	BytesCell             // Text is a count of bytes; shown with a unit
	IDCell                // an id or a name that is there to be copied: not shortened, up to the length that ids have
	PathCell              // not shortened, and in a pipe its own bytes: it is there to be copied
	SentenceCell          // not shortened: where the table has no room for it, each row is a record, in which it has lines of its own
)

// Cell is one value of a row. Text is what a pipe gets, RFC 3339 for instants.
type Cell struct {
	Text string
	Kind CellKind
	Time time.Time
}

// Row is one item of a result: the same row becomes a table's, a tab-separated line, or JSON.
type Row struct {
	Cells  []Cell
	Plain  []Cell          // the piped columns where they differ from Cells, else nil
	Object json.RawMessage // the item as JSON; nil leaves the row out of JSON and jq
}

// Shape is the form of a command's result.
type Shape struct {
	Columns []string // headers of the table
	Array   bool     // JSON is one array over all rows; false: one object, or none where no row has any
	Card    bool     // at a terminal its one row is lines of key: value, the columns being the keys
	Live    bool     // rows are printed as they come: text, and those of an array
}

// Sheet takes the rows of one result. What is not Live is written by Close alone, so that a command that fails midway
// leaves no half of a document or a table.
type Sheet struct {
	output  *Output
	shape   Shape
	mu      sync.Mutex        // guards what follows
	rows    []Row             // of a table
	objects []json.RawMessage // of a document; of a live array the last one, because what follows it is yet to come
	array   texts             // the objects of an array that is not live
	lines   bytes.Buffer      // of one Add, kept for the next one
	begun   bool              // the first line of a live array is written
	failed  error             // the first row that could not be written
	closed  bool
}

// Sheet begins a result.
func (o *Output) Sheet(s Shape) *Sheet {
	return &Sheet{output: o, shape: s, objects: []json.RawMessage{}}
}

// Add gives rows. Piped text, live text and JSON Lines are written at once, what is given together in one write, and not
// kept. Errors are KindOutput; Close returns the first one again.
func (s *Sheet) Add(rows ...Row) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	err := s.add(rows)
	if s.failed == nil {
		s.failed = err
	}
	return err
}

func (s *Sheet) add(rows []Row) error {
	out, lines := s.output, &s.lines
	lines.Reset()
	for _, r := range rows {
		var err error
		switch {
		case out.Structured() && r.Object == nil:
		case out.options.JSONL:
			if err = json.Compact(lines, r.Object); err != nil {
				return notJSON(err)
			}
			lines.WriteByte('\n')
		case s.liveArray():
			err = s.flush(",")
			s.objects = append(s.objects, r.Object)
		case out.Structured() && s.shape.Array:
			err = s.array.add(r.Object)
		case out.Structured():
			s.objects = append(s.objects, r.Object)
		case !out.screen.OutTTY:
			out.tabbed(lines, r)
		case s.shape.Live:
			lines.Write(out.live(r))
		default:
			s.rows = append(s.rows, r)
		}
		if err != nil {
			return err
		}
	}
	if lines.Len() == 0 {
		return nil
	}
	return write(out.screen.Rows(), out.escaped(lines.Bytes()))
}

// liveArray reports whether an array is written row by row. An expression needs it whole.
func (s *Sheet) liveArray() bool {
	return s.output.Structured() && s.shape.Array && s.shape.Live && s.output.jq == nil
}

// flush writes the object that is kept, in whole lines, and what is to stand behind it.
func (s *Sheet) flush(behind string) error {
	if len(s.objects) == 0 {
		return nil
	}
	var b bytes.Buffer
	if !s.begun {
		b.WriteString("[\n")
	}
	b.WriteString("  ")
	if err := json.Indent(&b, s.objects[0], "  ", "  "); err != nil {
		return notJSON(err)
	}
	b.WriteString(behind)
	s.begun, s.objects = true, s.objects[:0]
	return write(s.output.screen.Rows(), s.output.line(b.Bytes()))
}

// Close writes what was kept: the table, the JSON document, or what jq makes of it. Errors are as Document's. Closing
// twice writes once.
func (s *Sheet) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	switch {
	case s.failed != nil:
		return s.failed
	case !s.output.Structured() && s.shape.Card && len(s.rows) == 1:
		return s.output.card(s.shape.Columns, s.rows[0].Cells)
	case !s.output.Structured():
		return s.output.table(s.shape.Columns, s.rows)
	case s.output.options.JSONL:
		return nil
	case s.liveArray() && len(s.objects) > 0:
		return s.flush("\n]")
	case s.shape.Array && s.output.jq != nil:
		return s.output.runJQ(s.array.joined())
	case s.shape.Array && s.array.count > 0:
		return s.writeArray()
	case s.shape.Array:
		return s.output.Document(s.objects)
	case len(s.objects) > 0:
		return s.output.Document(s.objects[0])
	}
	return nil
}

// writeArray writes the objects that are kept as Document writes an array, but never holds more of its text than a part.
func (s *Sheet) writeArray() error {
	const part = 64 << 10 // bytes
	out, b := s.output, bytes.NewBufferString("[")
	first := true
	for object := range s.array.all() {
		if !first {
			b.WriteByte(',')
		}
		first = false
		if b.Len() < part {
			b.WriteByte('\n')
		} else {
			if err := write(out.screen.Stdout(), out.line(b.Bytes())); err != nil {
				return err
			}
			b.Reset()
		}
		b.WriteString("  ")
		if err := json.Indent(b, object, "  ", "  "); err != nil {
			return notJSON(err)
		}
	}
	b.WriteString("\n]")
	return write(out.screen.Stdout(), out.line(b.Bytes()))
}

// Fill gives all rows and closes the sheet.
func (s *Sheet) Fill(rows ...Row) error {
	if err := s.Add(rows...); err != nil {
		return err
	}
	return s.Close()
}

// CloseWith closes a sheet whose rows have no objects, and writes the document that is its JSON form.
func (s *Sheet) CloseWith(document any) error {
	if err := s.Close(); err != nil {
		return err
	}
	return s.output.Document(document)
}
