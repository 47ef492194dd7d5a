package desktest

import (
	"fmt"
	"strings"

	"github.com/PuerkitoBio/goquery"
	"golang.org/x/net/html"
)

// Faults lists what is wrong with a whole page whatever it is about: what the security policy would not run (WB-01),
// and what a reader of any kind needs (one heading, labels, a language).
func (p Page) Faults() []string {
	return append(p.inline(), p.unreadable()...)
}

// inline finds script, style and handlers that stand in the page itself.
func (p Page) inline() []string {
	var wrong []string
	if n := p.Find("script:not([src])").Length(); n > 0 {
		wrong = append(wrong, fmt.Sprintf("%d inline scripts", n))
	}
	if n := p.Find("style").Length(); n > 0 {
		wrong = append(wrong, fmt.Sprintf("%d style elements", n))
	}
	p.Find("*").Each(func(_ int, s *goquery.Selection) {
		for _, a := range s.Nodes[0].Attr {
			name, value := strings.ToLower(a.Key), strings.ToLower(strings.TrimSpace(a.Val))
			if name == "style" || strings.HasPrefix(name, "on") || strings.HasPrefix(name, "hx-on") || strings.HasPrefix(value, "javascript:") {
				wrong = append(wrong, fmt.Sprintf("<%s %s=%q>", s.Nodes[0].Data, a.Key, a.Val))
			}
		}
	})
	return wrong
}

// unreadable finds what stands in the way of a reader.
func (p Page) unreadable() []string {
	var wrong []string
	one := func(what, selector string) {
		if n := p.Find(selector).Length(); n != 1 {
			wrong = append(wrong, fmt.Sprintf("%d times %s", n, what))
		}
	}
	one("a language", `html[lang="id"], html[lang="en"]`)
	one("a title", "head > title")
	one("a first heading", "h1")
	one("a main part", "main")
	one("a link to the content", `a[href="#main"]`)
	if p.Find(`footer a[href="/help"]`).Length() != 1 {
		wrong = append(wrong, "no link to help at its place")
	}
	ids := map[string]bool{}
	p.Find("[id]").Each(func(_ int, s *goquery.Selection) {
		if id := s.AttrOr("id", ""); ids[id] {
			wrong = append(wrong, "id twice: "+id)
		} else {
			ids[id] = true
		}
	})
	p.Find("input:not([type=hidden]), select, textarea").Each(func(_ int, s *goquery.Selection) {
		id := s.AttrOr("id", "")
		if s.Closest("label").Length() == 0 && p.Find(`label[for="`+id+`"]`).Length() == 0 {
			wrong = append(wrong, "a field without label: "+s.AttrOr("name", ""))
		}
		for ref := range strings.FieldsSeq(s.AttrOr("aria-describedby", "")) {
			if !ids[ref] {
				wrong = append(wrong, "described by nothing: "+ref)
			}
		}
	})
	p.Find("table").Each(func(_ int, s *goquery.Selection) {
		if s.Find("caption").Length() != 1 || s.Find("th:not([scope])").Length() > 0 {
			wrong = append(wrong, "a table without caption or scopes")
		}
	})
	return append(wrong, p.untold()...)
}

// untold finds message ids that no language has: they come out as they are.
func (p Page) untold() []string {
	var wrong []string
	var walk func(n *html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			for word := range strings.FieldsSeq(n.Data) {
				for _, area := range []string{"ui.", "account.", "admin.", "sheet.", "fault.", "locale."} {
					if rest, ok := strings.CutPrefix(word, area); ok && rest != "" && rest == strings.ToLower(rest) && !strings.ContainsAny(rest, "@/") {
						wrong = append(wrong, "a message without text: "+word)
					}
				}
			}
		}
		for c := n.FirstChild; c != nil; c = c.NextSibling {
			walk(c)
		}
	}
	for _, n := range p.Nodes {
		walk(n)
	}
	return wrong
}
