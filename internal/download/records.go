package download

import "bytes"

// records counts the records of a CSV that is written to it, in pieces of any size (RFC 4180): a line end within quotes
// ends none, an empty line is none, and the last may lack its line end.
type records struct {
	ended  int64
	begun  bool // the record that has not ended has a character
	quoted bool // and ends within quotes so far
}

func (r *records) Write(p []byte) (int, error) {
	quotes := r.quoted || bytes.IndexByte(p, '"') >= 0
	for rest := p; len(rest) > 0; {
		end := bytes.IndexByte(rest, '\n')
		line := rest
		if end >= 0 {
			line = rest[:end]
		}
		rest = rest[min(len(line)+1, len(rest)):]
		if quotes {
			r.quoted = r.quoted != (bytes.Count(line, []byte(`"`))%2 == 1) // a quote within quotes is doubled
		}
		r.begun = r.begun || len(line) > 0 && (line[0] != '\r' || len(bytes.Trim(line, "\r")) > 0)
		if end >= 0 && !r.quoted && r.begun {
			r.ended, r.begun = r.ended+1, false
		}
	}
	return len(p), nil
}

// rows are the records but for the first, which names the columns.
func (r *records) rows() int64 {
	n := r.ended
	if r.begun {
		n++
	}
	return max(0, n-1)
}
