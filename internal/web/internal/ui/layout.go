package ui

import (
	"net/url"
	"strings"
)

// column is the width of the page's own part.
func column(f Frame) string {
	if f.Narrow {
		return "z-narrow"
	}
	return container(f)
}

// container is the width that the page's parts share.
func container(f Frame) string {
	if f.Wide {
		return "container-fluid z-wide"
	}
	return "container-xl"
}

func langShort(lang string) string { return strings.ToUpper(lang) }

// withLang is this page in another language. Only a page that was read can be read again.
func withLang(f Frame, lang string) string {
	query, err := url.ParseQuery(f.Query)
	if err != nil || f.here() == "/" {
		query = url.Values{}
	}
	query.Set("lang", lang)
	path, _, _ := strings.Cut(f.here(), "?")
	return path + "?" + query.Encode()
}
