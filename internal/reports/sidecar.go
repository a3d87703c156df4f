package reports

import (
	"encoding/json"
	"errors"
	"os"
)

// sidecar says whose bytes a part holds. A part without a sidecar that agrees is not trusted.
type sidecar struct {
	Report    string `json:"report"`
	Validator string `json:"validator"`
	Size      int64  `json:"size"`
}

// readSidecar returns what the sidecar says, or nothing for one that is missing, torn, or not a file.
func (p *part) readSidecar() (sidecar, error) {
	info, err := p.folder.stat(p.name + sidecarSuffix)
	if err != nil || info == nil || !info.Mode().IsRegular() || info.Size() > 64<<10 {
		return sidecar{}, err
	}
	data, err := p.folder.root.ReadFile(p.name + sidecarSuffix)
	if err != nil {
		return sidecar{}, outputError("read "+p.folder.Path(p.name+sidecarSuffix), err)
	}
	var found sidecar
	if json.Unmarshal(data, &found) != nil {
		return sidecar{}, nil
	}
	return found, nil
}

// writeSidecar writes in place: a torn one does not parse, and is then not trusted.
func (p *part) writeSidecar() error {
	name := p.name + sidecarSuffix
	text, err := json.Marshal(p.whose)
	if err != nil {
		return err
	}
	if err := p.folder.remove(name); err != nil {
		return err
	}
	file, err := p.folder.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return outputError("write "+p.folder.Path(name), err)
	}
	_, err = file.Write(append(text, '\n'))
	if err = errors.Join(err, file.Close()); err != nil {
		return outputError("write "+p.folder.Path(name), err)
	}
	return nil
}
