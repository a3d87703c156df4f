package disk

import (
	"bufio"
	"errors"
	"io"
	"os"
)

// Log is a file of a folder that one process appends to. One goroutine may append while another syncs.
type Log struct {
	folder *Folder
	name   string
	file   *os.File
}

// NewLog puts a new file in a log's place, in one step, which begins with what begin writes, lasts, and is there to be
// appended to. So nobody appends to a file that another process made. Errors are charge.KindOutput; the old log stays.
func (f *Folder) NewLog(name string, begin func(w io.Writer) error) (*Log, error) {
	temporary := name + ".tmp"
	if err := f.Remove(temporary); err != nil {
		return nil, err
	}
	file, err := f.Create(temporary, 0o666)
	if err != nil {
		return nil, OutputError("write "+f.Path(name), err)
	}
	l := &Log{folder: f, name: name, file: file}
	w := bufio.NewWriterSize(writerFunc(l.Append), 64<<10)
	if err = errors.Join(begin(w), w.Flush()); err == nil {
		err = l.Sync()
	}
	if err == nil {
		err = f.Publish(temporary, name)
	}
	if err != nil {
		return nil, errors.Join(OutputError("write "+f.Path(name), err), l.Close(), f.Remove(temporary))
	}
	return l, nil
}

type writerFunc func(data []byte) error

func (w writerFunc) Write(data []byte) (int, error) { return len(data), w(data) }

// Append writes at the end. After an error, which is charge.KindOutput, some of it may be there.
func (l *Log) Append(data []byte) error {
	if _, err := l.folder.Write(l.file, data); err != nil {
		return OutputError("write "+l.folder.Path(l.name), err)
	}
	return nil
}

// Sync makes what was appended last. After an error, which is charge.KindOutput, nobody knows what of it does: a new log
// is due.
func (l *Log) Sync() error {
	if err := l.folder.SyncFile(l.file); err != nil {
		return OutputError("flush "+l.folder.Path(l.name), err)
	}
	return nil
}

// Close lets go of the file.
func (l *Log) Close() error { return l.file.Close() }
