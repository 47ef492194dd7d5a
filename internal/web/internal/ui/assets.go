package ui

import (
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
)

// dist is made by the asset build and is not committed; a clone without it compiles, and its pages say what to run.
//
//go:embed all:dist
var dist embed.FS

// AssetPath is where assets are served, under names that change with their content.
const AssetPath = "/assets/"

// Assets are the built style sheets, scripts and pictures.
type Assets struct {
	names map[string]string // source name to hashed name
	files map[string]asset  // by hashed name
}

// asset is one file in every form that it may be sent in.
type asset struct {
	kind     string // content type
	identity []byte
	br, gzip []byte // nil: not compressed
}

// Embedded returns the assets built into the program. It is an error when a manifest names what is not there; no
// manifest at all means that the assets were not built.
func Embedded() (*Assets, error) {
	sub, err := fs.Sub(dist, "dist")
	if err != nil {
		return nil, fmt.Errorf("open embedded assets: %w", err)
	}
	return ReadAssets(sub)
}

// ReadAssets reads a folder made by the asset build.
func ReadAssets(folder fs.FS) (*Assets, error) {
	a := &Assets{names: map[string]string{}, files: map[string]asset{}}
	manifest, err := fs.ReadFile(folder, "manifest.json")
	if errors.Is(err, fs.ErrNotExist) {
		return a, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read asset manifest: %w", err)
	}
	if err := json.Unmarshal(manifest, &a.names); err != nil {
		return nil, fmt.Errorf("read asset manifest: %w", err)
	}
	for source, name := range a.names {
		file := asset{kind: contentType(name)}
		if file.identity, err = fs.ReadFile(folder, name); err != nil {
			return nil, fmt.Errorf("read asset %s: %w", source, err)
		}
		// Pictures have no compressed forms, so these two may be missing.
		file.br, _ = fs.ReadFile(folder, name+".br")
		file.gzip, _ = fs.ReadFile(folder, name+".gz")
		a.files[name] = file
	}
	return a, nil
}

// contentType does not ask the machine's table of types, which may say anything about .js.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// Built reports whether there are assets at all.
func (a *Assets) Built() bool { return len(a.names) > 0 }

// Path returns where the asset with this source name is served, "" when it was not built.
func (a *Assets) Path(source string) string {
	name, ok := a.names[source]
	if !ok {
		return ""
	}
	return AssetPath + name
}

// Serve sends the asset with this hashed name and reports whether there is one. Its content never changes, so a
// browser may keep it for a year.
func (a *Assets) Serve(w http.ResponseWriter, r *http.Request, name string) bool {
	file, ok := a.files[name]
	if !ok {
		return false
	}
	h := w.Header()
	h.Set("Content-Type", file.kind)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	body := file.identity
	if file.br != nil || file.gzip != nil {
		h.Set("Vary", "Accept-Encoding")
		switch accepted := r.Header.Get("Accept-Encoding"); {
		case file.br != nil && accepts(accepted, "br"):
			h.Set("Content-Encoding", "br")
			body = file.br
		case file.gzip != nil && accepts(accepted, "gzip"):
			h.Set("Content-Encoding", "gzip")
			body = file.gzip
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		_, _ = w.Write(body)
	}
	return true
}

// accepts reads an Accept-Encoding header; an encoding with weight 0 is refused by the browser.
func accepts(header, encoding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), encoding) {
			continue
		}
		q := strings.TrimPrefix(strings.ReplaceAll(weight, " ", ""), "q=")
		return q == "" || strings.Trim(q, "0.") != ""
	}
	return false
}
