package ui

import (
	"maps"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"zona/internal/web/internal/route"
)

// Input describes a field of a form.
type Input struct {
	Name         string
	Label        string
	Hint         string // shown between label and field: how to fill it
	Type         string // of the input element; "" is text
	Autocomplete string // what a browser may fill in: "username", "new-password", "off"
	Mode         string // keyboard on a phone: "numeric", "decimal"
	Max          int    // longest text in characters, 0 for no limit
	Rows         int    // more than 0: several lines
	Required     bool
	Optional     bool // said beside the label
	Focus        bool // the first thing to do on this page
	Extra        templ.Attributes
}

// Option is one choice of a list.
type Option struct{ Value, Text, Hint string }

func fieldID(name string) string { return "f-" + strings.ReplaceAll(name, ".", "-") }

func bad(form route.Form, name string) bool {
	_, wrong := form.Wrong(name)
	return wrong
}

func (in Input) kind() string {
	if in.Type == "" {
		return "text"
	}
	return in.Type
}

func (in Input) rows() string { return strconv.Itoa(in.Rows) }

// shown is the value that goes into the page; a password never does.
func (in Input) shown(form route.Form) string {
	if in.Type == "password" {
		return ""
	}
	return form.Value(in.Name)
}

// attributes are those that depend on the state of the form.
func (in Input) attributes(form route.Form) templ.Attributes {
	a := describedBy(in, form)
	maps.Copy(a, in.Extra)
	if in.Required {
		a["required"] = true
	}
	if in.Focus {
		a["autofocus"] = true
	}
	if in.Autocomplete != "" {
		a["autocomplete"] = in.Autocomplete
	}
	if in.Mode != "" {
		a["inputmode"] = in.Mode
	}
	if in.Max > 0 {
		a["maxlength"] = strconv.Itoa(in.Max)
	}
	if in.Type == "password" || in.Autocomplete == "username" {
		a["autocapitalize"] = "none"
		a["spellcheck"] = "false"
	}
	return a
}

// describedBy ties hint and error to the field for those who hear the page.
func describedBy(in Input, form route.Form) templ.Attributes {
	a := templ.Attributes{}
	var ids []string
	if in.Hint != "" {
		ids = append(ids, fieldID(in.Name)+"-hint")
	}
	if bad(form, in.Name) {
		ids = append(ids, fieldID(in.Name)+"-wrong")
		a["aria-invalid"] = "true"
	}
	if len(ids) > 0 {
		a["aria-describedby"] = strings.Join(ids, " ")
	}
	return a
}

// labelled is the beginning of a line in the summary: the label of the field that it is about.
func labelled(labels []string, name string) string {
	for i := 0; i+1 < len(labels); i += 2 {
		if labels[i] == name {
			return labels[i+1] + ": "
		}
	}
	return ""
}
