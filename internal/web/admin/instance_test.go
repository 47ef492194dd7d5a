package admin_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"zona/internal/org"
	"zona/internal/web/internal/desktest"
)

func TestASecondAdministratorOfTheInstanceComesThroughThePages(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	root := as(t, server, "root")
	for _, path := range []string{"/admin", "/admin/people", "/admin/people/new", "/admin/people/root", "/admin/people/root/edit", "/admin/people/root/roles/new", "/admin/assignments"} {
		whole(t, root.Get(path), 200)
	}
	slip := root.Send("/admin/people/new", "/admin/people", "role", "administrator", "name", "Kedua", "login", "kedua")
	whole(t, slip, 200)
	if slip.Find(".z-code").Length() != 1 {
		t.Fatalf("no code: %s", slip.Find("main").Text())
	}
	list := root.Get("/admin/people")
	if rows := list.Find("tbody tr"); rows.Length() != 2 || !strings.Contains(rows.Text(), "Kedua") {
		t.Errorf("the people of the instance: %s", rows.Text())
	}
	link := list.Find(`tbody a:contains("Kedua")`).AttrOr("href", "")
	if !strings.HasPrefix(link, "/admin/people/") {
		t.Fatalf("the person's page is %q", link)
	}
	moved(t, root.Send(link, link+"/close"))
	before := w.Store.Digest()
	if p := root.Send("/admin/people/root/edit", "/admin/people/root", "name", "Rina Baru", "login", "root", "rev", "0"); p.Status != http.StatusSeeOther || w.Store.Digest() == before {
		t.Errorf("the own data: %d", p.Status)
	}
	// Somebody of an institution is not among them, and its administrator does not enter.
	if p := root.Do(http.MethodGet, "/admin/people/adm", nil, nil); p.Status != 404 {
		t.Errorf("a person of an institution: %d", p.Status)
	}
	adm := as(t, server, "adm")
	for _, path := range []string{"/admin/people", "/admin/people/new", "/admin/people/root", "/admin/assignments"} {
		if p := adm.Do(http.MethodGet, path, nil, nil); p.Status != 403 {
			t.Errorf("the administrator of an institution reads %s: %d", path, p.Status)
		}
	}
}

func TestTheAccessPageShowsThePolicyAndTheRoutesItself(t *testing.T) {
	t.Parallel()
	_, server := setup(t)
	b := as(t, server, "adm")
	page := b.Get("/admin/access")
	whole(t, page, 200)
	if !strings.Contains(page.Find("table").Text(), "GET /admin/access") || page.Find("table").Length() != 2 {
		t.Error("the page does not tell of itself")
	}
	few := b.Get("/admin/access?role=employee").Find("main")
	if text := few.Text(); strings.Contains(text, "POST /admin/people") || !strings.Contains(text, "GET /units") {
		t.Errorf("what an employee opens: %s", text)
	}
	if rows := b.Get("/admin/access?need=edit_answer").Find("table").Last().Find("tbody tr"); rows.Length() == 0 || strings.Contains(rows.Text(), "view_log") {
		t.Errorf("the rows of one capability: %s", rows.Text())
	}
	if p := as(t, server, "sari").Do(http.MethodGet, "/admin/access", nil, nil); p.Status != 403 {
		t.Errorf("a coordinator reads the table: %d", p.Status)
	}
}

func TestAnInstitutionIsChangedWithItsEligibility(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	b := as(t, server, "adm")
	whole(t, b.Get(base+"/edit"), 200)
	moved(t, b.Send(base+"/edit", base, "name", "Mahkamah Baru", "zone", "Asia/Makassar"))
	if i, err := w.Store.Org().Institution(t.Context(), "mine"); err != nil || i.Name != "Mahkamah Baru" || i.Zone != "Asia/Makassar" {
		t.Fatalf("%+v, %v", i, err)
	}
	requirements := org.Requirements()
	if len(requirements) == 0 {
		t.Fatal("no requirement of institutions")
	}
	page := b.Get(base + "/eligibility?year=2025")
	whole(t, page, 200)
	if n := page.Find("input[name=requirement]").Length(); n != len(requirements) {
		t.Fatalf("%d forms for %d requirements", n, len(requirements))
	}
	token := page.Find("main form[method=post] input[name=_token]").AttrOr("value", "")
	send := func(rev, value string) desktest.Page {
		return b.Do(http.MethodPost, base+"/eligibility", url.Values{
			"_token": {token}, "rev": {rev}, "year": {"2025"}, "requirement": {requirements[0].ID}, "value": {value}, "source": {"LHP 2025"},
		}, nil)
	}
	good := "80"
	switch requirements[0].Type {
	case "boolean":
		good = "ya"
	case "ordinal":
		good = requirements[0].Order[0]
	}
	before := w.Store.Digest()
	if p := send("0", "bukan nilai"); p.Status != 422 || w.Store.Digest() != before {
		t.Errorf("a value outside the scale: %d", p.Status)
	}
	moved(t, send("0", good))
	values, err := w.Store.Org().Eligibilities(t.Context(), "mine", 2025)
	if err != nil || len(values) != 1 || values[0].Value != good || values[0].Source != "LHP 2025" {
		t.Fatalf("%+v, %v", values, err)
	}
	if p := send("0", ""); p.Status != 409 {
		t.Errorf("somebody else was faster: %d", p.Status)
	}
	for _, path := range []string{"/edit", "/eligibility"} {
		if p := as(t, server, "sari").Do(http.MethodGet, base+path, nil, nil); p.Status != 403 {
			t.Errorf("a coordinator reads %s: %d", path, p.Status)
		}
	}
}
