package supplytest

import (
	"path"
	"regexp"
	"strings"
	"testing"
)

// What a page template must not hold. The linters leave generated code out, so they would not see these.
var aroundThePolicy = []struct {
	what    string
	pattern *regexp.Regexp
}{
	{"writes text without escaping it", regexp.MustCompile(`\btempl\.(Raw|FromGoHTML)\b`)},
	{"takes an address unchecked", regexp.MustCompile(`\btempl\.SafeURL\(`)},
	{"holds a style", regexp.MustCompile(`(?i)<style\b|\sstyle\s*=`)},
	{"holds a script", regexp.MustCompile(`(?i)<script\b[^>]*>[^<]|\btempl\.(ComponentScript|JSFuncCall|JSUnsafeFuncCall|OnceHandle)\b|^script\s`)},
	{"handles an event in the markup", regexp.MustCompile(`(?i)\s(on[a-z]+|hx-on[a-z:-]*)\s*=`)},
	{"names another host", regexp.MustCompile(`(?i)\b(src|href|action)\s*=\s*["{\x60\s]*https?://`)},
}

func templates(files []entry) []string {
	var out []string
	for _, f := range files {
		if path.Ext(f.path) != ".templ" {
			continue
		}
		for i, line := range strings.Split(string(f.data), "\n") {
			for _, rule := range aroundThePolicy {
				if rule.pattern.MatchString(line) {
					out = append(out, position(f.path, i)+": "+rule.what)
				}
			}
		}
	}
	return out
}

func TestWB01NoTemplateGoesAroundEscapingOrTheSecurityPolicy(t *testing.T) {
	t.Parallel()
	for _, v := range templates(tree(t)) {
		t.Error(v)
	}
}

func TestWB01ATemplateThatGoesAroundThePolicyIsReported(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"@templ.Raw(p.note)", "<a href={ templ.SafeURL(u) }>", `<p style="color:red">`, "<style>", "<script>go()</script>",
		`<button onclick="go()">`, `<form hx-on:click="go()">`, `<img src="https://elsewhere.example/x.png"/>`,
	} {
		if len(templates([]entry{{path: "x.templ", data: []byte("package x\n" + line + "\n")}})) == 0 {
			t.Errorf("%q was not reported", line)
		}
	}
	sound := `<script type="module" src={ script }></script><p data-style="x" class="on">{ p.note }</p>`
	if got := templates([]entry{{path: "x.templ", data: []byte(sound)}}); len(got) != 0 {
		t.Errorf("a sound template was reported: %v", got)
	}
}
