// Command image puts the Linux programs that goreleaser built into an image for each architecture, from scratch: the
// program, which has the zone data in it, and Mozilla's CA roots. It needs no daemon and no base image, and writes an OCI
// layout: a folder that crane, skopeo and podman read. The same commit gives the same digest.
//
// It is a module of its own, so that what it needs is not in the program's go.mod.
package main

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"encoding/pem"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"golang.org/x/crypto/x509roots/fallback/bundle"
)

func main() {
	top := flag.String("top", ".", "the top of the repository, with goreleaser's dist in it")
	version := flag.String("version", "", "the program's version")
	revision := flag.String("revision", "", "the commit")
	seconds := flag.Int64("time", 0, "the commit's time, in seconds since 1970")
	export := flag.String("export", "", "also write what a container of this machine's architecture sees, as a tar, to this file")
	flag.Parse()
	index, err := build(*top, *version, *revision, time.Unix(*seconds, 0).UTC())
	if err == nil {
		err = write(filepath.Join(*top, "dist", "image"), index)
	}
	if err == nil && *export != "" {
		err = exportTo(*export, index)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "image:", err)
		os.Exit(1)
	}
}

// write makes the layout, and prints the digest by which the image is pulled.
func write(folder string, index v1.ImageIndex) error {
	if err := os.RemoveAll(folder); err != nil {
		return err
	}
	path, err := layout.Write(folder, empty.Index)
	if err != nil {
		return err
	}
	if err := path.AppendIndex(index); err != nil {
		return err
	}
	digest, err := index.Digest()
	if err == nil {
		fmt.Println(digest)
	}
	return err
}

// exportTo writes the files of the image for this machine.
func exportTo(path string, index v1.ImageIndex) error {
	manifest, err := index.IndexManifest()
	if err != nil {
		return err
	}
	for _, m := range manifest.Manifests {
		if m.Platform.Architecture != runtime.GOARCH {
			continue
		}
		image, err := index.Image(m.Digest)
		if err != nil {
			return err
		}
		file, err := os.Create(path)
		if err != nil {
			return err
		}
		files := mutate.Extract(image)
		defer files.Close()
		if _, err := io.Copy(file, files); err != nil {
			return err
		}
		return file.Close()
	}
	return fmt.Errorf("no image for %s", runtime.GOARCH)
}

// build makes the index of the images of the architectures that goreleaser's list of artifacts has.
func build(top, version, revision string, created time.Time) (v1.ImageIndex, error) {
	text, err := os.ReadFile(filepath.Join(top, "dist", "artifacts.json"))
	if err != nil {
		return nil, err
	}
	var artifacts []struct{ Type, Path, Goos, Goarch string }
	if err := json.Unmarshal(text, &artifacts); err != nil {
		return nil, err
	}
	roots, err := layer(created, file{"etc/ssl/certs/ca-certificates.crt", 0o644, certificates()})
	if err != nil {
		return nil, err
	}
	index := mutate.IndexMediaType(empty.Index, types.OCIImageIndex)
	for _, arch := range []string{"amd64", "arm64"} {
		for _, a := range artifacts {
			if a.Type != "Binary" || a.Goos != "linux" || a.Goarch != arch {
				continue
			}
			program, err := os.ReadFile(filepath.Join(top, a.Path))
			if err != nil {
				return nil, err
			}
			image, err := imageOf(program, arch, roots, version, revision, created)
			if err != nil {
				return nil, err
			}
			index = mutate.AppendManifests(index, mutate.IndexAddendum{
				Add: image, Descriptor: v1.Descriptor{Platform: &v1.Platform{OS: "linux", Architecture: arch}},
			})
		}
	}
	manifest, err := index.IndexManifest()
	if err == nil && len(manifest.Manifests) != 2 {
		err = fmt.Errorf("%d programs for Linux in dist, want 2", len(manifest.Manifests))
	}
	return index, err
}

func imageOf(program []byte, arch string, roots v1.Layer, version, revision string, created time.Time) (v1.Image, error) {
	// Whoever the image runs as may write into the folder, if it is the one of the image or a new volume.
	own, err := layer(created, file{"bin/chargectl", 0o755, program}, file{"reports/", 0o1777, nil})
	if err != nil {
		return nil, err
	}
	image := mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON)
	image, err = mutate.AppendLayers(image, roots, own)
	if err != nil {
		return nil, err
	}
	labels := map[string]string{
		"org.opencontainers.image.title":    "chargectl",
		"org.opencontainers.image.source":   "https://github.com/chargectl/chargectl",
		"org.opencontainers.image.licenses": "Apache-2.0",
		"org.opencontainers.image.version":  version,
		"org.opencontainers.image.revision": revision,
	}
	return mutate.ConfigFile(image, configOf(image, arch, labels, created))
}

func configOf(image v1.Image, arch string, labels map[string]string, created time.Time) *v1.ConfigFile {
	config, err := image.ConfigFile()
	if err != nil { // an image that was built in memory has one
		panic(err)
	}
	config = config.DeepCopy()
	config.OS, config.Architecture, config.Created = "linux", arch, v1.Time{Time: created}
	config.Config = v1.Config{
		Entrypoint: []string{"chargectl"},
		Env:        []string{"PATH=/bin", "CHARGE_DIR=/reports"},
		User:       "10001:10001",
		Labels:     labels,
	}
	config.History = nil
	return config
}

// certificates are the roots that Mozilla trusts without a condition; a file of them cannot say a condition.
func certificates() []byte {
	var text bytes.Buffer
	for root := range bundle.Roots() {
		if root.Constraint == nil {
			_ = pem.Encode(&text, &pem.Block{Type: "CERTIFICATE", Bytes: root.Certificate}) // a buffer takes all
		}
	}
	return text.Bytes()
}

// file is what a layer has: a folder where the name ends in a slash.
type file struct {
	name string
	mode int64
	text []byte
}

func layer(created time.Time, files ...file) (v1.Layer, error) {
	var text bytes.Buffer
	w := tar.NewWriter(&text)
	made := map[string]bool{}
	add := func(name string, mode int64, text []byte) error {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: mode, Size: int64(len(text)), ModTime: created}
		if name[len(name)-1] == '/' {
			header.Typeflag = tar.TypeDir
			made[name] = true
		}
		if err := w.WriteHeader(header); err != nil {
			return err
		}
		_, err := w.Write(text)
		return err
	}
	for _, f := range files {
		for i, c := range f.name[:len(f.name)-1] {
			if folder := f.name[:i+1]; c == '/' && !made[folder] {
				if err := add(folder, 0o755, nil); err != nil {
					return nil, err
				}
			}
		}
		if err := add(f.name, f.mode, f.text); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(text.Bytes())), nil
	}, tarball.WithMediaType(types.OCILayer))
}
