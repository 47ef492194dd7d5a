package admin_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"zona/internal/org"
	"zona/internal/web/internal/desktest"
)

// lower is a unit below top; it is added where a test needs a tree.
var lower = org.Unit{ID: "lower", Institution: "mine", Parent: "top", Path: "/top/lower/", Name: "Pengadilan Negeri Contoh", Code: "PN-1"}

const base = "/admin/institutions/mine"

func TestPagesOfUnitsAndPeopleAreRefusedToThoseWhoDoNotManage(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	w.Put(lower)
	pages := []string{"/units/lower", "/units/lower/edit", "/units/lower/move", "/units/lower/close", "/people/sari", "/people/sari/edit", "/people/sari/move", "/people/sari/roles/new", "/people/sari/interests/new", "/assignments"}
	for login, status := range map[string]int{"sari": 403, "far": 403, "adm": 200, "root": 200} {
		b := as(t, server, login)
		before := w.Store.Digest()
		token := b.Get("/account").Form(t, "/account/theme").Get("_token")
		for _, path := range pages {
			p := b.Do(http.MethodGet, base+path, nil, nil)
			if p.Status != status {
				t.Errorf("%s reads %s: %d, want %d", login, path, p.Status, status)
			}
			if status == 200 {
				whole(t, p, 200)
			}
		}
		if status == 200 {
			continue
		}
		for _, path := range []string{"/units/lower", "/units/lower/move", "/units/lower/close", "/people/sari", "/people/sari/close", "/people/sari/roles", "/people/sari/interests"} {
			if p := b.Do(http.MethodPost, base+path, map[string][]string{"_token": {token}}, nil); p.Status != status {
				t.Errorf("%s writes %s: %d, want %d", login, path, p.Status, status)
			}
		}
		if w.Store.Digest() != before {
			t.Errorf("%s changed something", login)
		}
	}
	// What belongs to somebody else is not there, whatever the address says.
	b := as(t, server, "root")
	for _, path := range []string{"/units/abroad", "/units/abroad/edit", "/people/far", "/people/far/edit", "/people/sari/roles/none"} {
		if p := b.Do(http.MethodGet, base+path, nil, nil); p.Status != 404 {
			t.Errorf("%s: %d", path, p.Status)
		}
	}
}

func moved(t *testing.T, p desktest.Page) {
	t.Helper()
	if p.Status != http.StatusSeeOther {
		t.Fatalf("status %d: %s", p.Status, strings.Join(strings.Fields(p.Find("main").Text()), " "))
	}
}

func TestAUnitIsEditedMovedClosedAndReopened(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	w.Put(lower, org.Unit{ID: "other", Institution: "mine", Path: "/other/", Name: "Pengadilan Tinggi Lain"})
	b := as(t, server, "adm")
	const unit = base + "/units/lower"

	bad := b.Send(unit+"/edit", unit, "name", "", "services", "Posbakum\n\nPTSP")
	whole(t, bad, 422)
	if form := bad.Form(t, unit); form.Get("services") != "Posbakum\n\nPTSP" || bad.Find(`#f-name[aria-invalid="true"]`).Length() != 1 {
		t.Errorf("the refused form: %v", form)
	}
	stale := b.Get(unit+"/edit").Form(t, unit)
	moved(t, b.Send(unit+"/edit", unit, "name", "PN Contoh Baru", "services", "Posbakum\nPTSP", "public", "1"))
	if u := w.Unit(t, "lower"); u.Name != "PN Contoh Baru" || len(u.Services) != 2 || !u.PublicFacing {
		t.Errorf("%+v", u)
	}
	stale.Set("name", "Nama Lain")
	late := b.Do(http.MethodPost, unit, stale, nil)
	whole(t, late, 409)
	if text := late.Find("main").Text(); !strings.Contains(text, "PN Contoh Baru") || late.Form(t, unit).Get("name") != "Nama Lain" {
		t.Error("the page does not show what stands now beside what was typed")
	}

	// Nothing is chosen beforehand: a form sent as it comes moves no unit to the top.
	if page := b.Get(unit + "/move"); page.Find(`input[name="parent"][checked]`).Length() != 0 {
		t.Error("a destination is chosen beforehand")
	}
	aimless(t, b, unit, "parent")
	if got := w.Unit(t, "lower").Path; got != "/top/lower/" {
		t.Errorf("a move without a destination leads to %s", got)
	}
	moved(t, b.Send(unit+"/move?q=lain", unit+"/move", "parent", "other"))
	if got := w.Unit(t, "lower").Path; got != "/other/lower/" {
		t.Errorf("path %s", got)
	}
	whole(t, b.Send(base+"/units/other/move", base+"/units/other/move", "parent", "lower"), 422)
	whole(t, b.Send(unit+"/close", unit+"/close"), 422)
	moved(t, b.Send(unit+"/close", unit+"/close", "reason", "Digabung"))
	whole(t, b.Get(unit), 200)
	if w.Unit(t, "lower").CloseReason != "Digabung" {
		t.Error("not closed")
	}
	moved(t, b.Send(unit, unit+"/reopen"))
	if !w.Unit(t, "lower").Closed.IsZero() {
		t.Error("not reopened")
	}
}

// aimless sends the form of a move without a destination.
func aimless(t *testing.T, b *desktest.Browser, of, field string) {
	t.Helper()
	page := b.Get(of + "/move")
	whole(t, page, 200)
	form := page.Form(t, of+"/move")
	form.Del(field)
	p := b.Do(http.MethodPost, of+"/move", form, nil)
	whole(t, p, 422)
	if p.Find("#f-"+field+"-wrong").Length() != 1 {
		t.Error("the missing choice is not named")
	}
}

func TestAPersonIsEditedMovedClosedAndReopened(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	w.Put(lower)
	b := as(t, server, "adm")
	const sari = base + "/people/sari"
	whole(t, b.Send(sari+"/edit", sari, "nip", "12"), 422)
	moved(t, b.Send(sari+"/edit", sari, "nip", "19850101 201001 1 001", "rank", "Penata/IIIc"))
	if p := w.Account(t, "sari"); p.NIP != "198501012010011001" || p.Rank != "Penata/IIIc" {
		t.Errorf("%+v", p)
	}
	if page := b.Get(sari + "/move"); page.Find(`input[name="unit"][checked]`).AttrOr("value", "?") != w.Account(t, "sari").Unit {
		t.Error("not the present unit is chosen beforehand")
	}
	aimless(t, b, sari, "unit")
	moved(t, b.Send(sari+"/move?q=PN-1", sari+"/move", "unit", "lower"))
	if w.Account(t, "sari").Unit != "lower" {
		t.Error("not moved")
	}
	moved(t, b.Send(sari+"/interests/new", sari+"/interests", "unit", "top", "text", "Kakak ipar ketua"))
	if text := b.Get(sari).Find("main").Text(); !strings.Contains(text, "Kakak ipar ketua") {
		t.Error("the interest is not shown")
	}
	moved(t, b.Send(sari, sari+"/close"))
	if !w.Account(t, "sari").Closed {
		t.Error("not closed")
	}
	moved(t, b.Send(sari, sari+"/reopen"))
	whole(t, b.Get(sari), 200)
}

func TestARoleIsGivenChangedAndEndedWithItsReason(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	b := as(t, server, "adm")
	const sari = base + "/people/sari"
	whole(t, b.Send(sari+"/roles/new", sari+"/roles", "role", "observer", "place", ""), 422)
	whole(t, b.Send(sari+"/roles/new", sari+"/roles", "role", "member", "place", "institution:mine"), 422)
	whole(t, b.Send(sari+"/roles/new", sari+"/roles", "role", "unit_head", "place", "unit:top", "acting", "plt"), 422)
	if p := b.Send(sari+"/roles/new", sari+"/roles", "role", "member", "place", "unit:abroad"); p.Status != 404 {
		t.Errorf("a role over a unit of another institution: %d", p.Status)
	}
	if p := b.Send(sari+"/roles/new", sari+"/roles", "role", "administrator", "place", "instance:"); p.Status != 403 {
		t.Errorf("an administrator of one institution makes one of the instance: %d", p.Status)
	}
	moved(t, b.Send(sari+"/roles/new", sari+"/roles", "role", "unit_head", "place", "subtree:top", "from", "2026-05-01", "until", "2026-05-31", "acting", "plt"))
	roles := w.Roles(t, "sari")
	given := roles[slices.IndexFunc(roles, func(a org.Assignment) bool { return a.Role == org.UnitHead })]
	if given.Acting != org.Plt || given.Until.Format("2006-01-02T15") != "2026-05-31T15" { // the day ends at midnight in Jayapura
		t.Errorf("%+v", given)
	}
	// The log tells of moments as people read them, not as they are stored.
	event := b.Get(b.Get("/log").Find("table th a").First().AttrOr("href", ""))
	if text := event.Find("table").Text(); !strings.Contains(text, "31 Mei 2026 pukul 23.59 WIT") || strings.Contains(text, "T15:00:00Z") {
		t.Errorf("the log reads %q", text)
	}
	role := sari + "/roles/" + given.ID
	whole(t, b.Get(role), 200)
	moved(t, b.Send(role, role, "until", "2026-06-30"))
	whole(t, b.Send(role, role+"/end", "reason", " "), 422)
	moved(t, b.Send(role, role+"/end", "reason", "Pejabat definitif dilantik"))
	for _, path := range []string{sari, base + "/assignments?role=unit_head"} {
		p := b.Get(path)
		whole(t, p, 200)
		if !strings.Contains(p.Find("main").Text(), "Pejabat definitif dilantik") {
			t.Errorf("%s does not say why the role ended", path)
		}
	}
}

func TestSeveralPeopleComeWithTheirCodesOrNobodyDoes(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	b := as(t, server, "adm")
	page := b.Get(base + "/staff/new")
	whole(t, page, 200)
	before := w.Store.Digest()
	refused := b.Send(base+"/staff/new", base+"/staff", "name.0", "Wati", "login.0", "wati", "role.0", "unit_head", "name.2", "Budi", "login.2", "sari", "role.2", "member")
	whole(t, refused, 422)
	if refused.Find(`a[href="#f-login-2"]`).Length() != 1 || refused.Find(`input[name="name.0"]`).AttrOr("value", "") != "Wati" {
		t.Errorf("the line is not told or what was typed is gone: %s", refused.Find("#summary").Text())
	}
	if w.Store.Digest() != before {
		t.Error("a refused list left somebody behind")
	}
	done := b.Send(base+"/staff/new", base+"/staff", "name.0", "Wati", "login.0", "wati", "role.0", "unit_head", "name.2", "Budi", "login.2", "budi", "role.2", "member")
	whole(t, done, 200)
	if done.Find(".z-code").Length() != 2 {
		t.Errorf("%d codes for two people", done.Find(".z-code").Length())
	}
	if rows := b.Get(base + "/people?entered=no").Find("tbody tr"); rows.Length() != 2 {
		t.Errorf("those who never signed in: %s", rows.Text())
	}
}

func TestWhoOnlyReadsFindsPeopleAndRoles(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	all := org.Scope{Kind: org.WholeInstitution, Institution: "mine"}
	w.Person(t, org.Person{ID: "head", Institution: "mine", Name: "Hadi", Login: "head"}, org.InstitutionHead, all)
	w.Person(t, org.Person{ID: "audit", Institution: "mine", Name: "Ani", Login: "audit"}, org.Auditor, all)
	for _, login := range []string{"head", "audit"} {
		b := as(t, server, login)
		if home := b.Get("/"); home.Find(`nav.z-nav a[href="/admin"]`).Length() != 1 {
			t.Errorf("%s has no way to the institution", login)
		}
		page := b.Get("/admin")
		whole(t, page, 200)
		if page.Find(".z-steps").Length() > 0 {
			t.Errorf("%s is told to prepare the institution", login)
		}
		for _, path := range []string{"/people", "/assignments"} {
			if page.Find(`main a[href="`+base+path+`"]`).Length() != 1 {
				t.Errorf("%s is not led to %s", login, path)
			}
			whole(t, b.Get(base+path), 200)
		}
	}
}
