package admin_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"regexp"
	"strings"
	"testing"
	"time"

	"zona/internal/org"
	"zona/internal/web/internal/desktest"
)

var (
	mine    = org.Institution{ID: "mine", Name: "Mahkamah Contoh", Kind: org.Central, Zone: "Asia/Jayapura"}
	foreign = org.Institution{ID: "foreign", Name: "Kabupaten Contoh", Kind: org.Regional, Zone: "Asia/Jakarta"}
	top     = org.Unit{ID: "top", Institution: "mine", Path: "/top/", Name: "Pengadilan Tinggi Contoh"}
	abroad  = org.Unit{ID: "abroad", Institution: "foreign", Path: "/abroad/", Name: "Dinas Contoh"}
)

// setup has two institutions; "adm" runs one of them, "root" the instance, "sari" fills a sheet, "far" works abroad.
func setup(t *testing.T) (*desktest.World, *httptest.Server) {
	t.Helper()
	w := desktest.New(t)
	w.Put(mine, foreign, top, abroad)
	w.Person(t, org.Person{ID: "root", Name: "Rina", Login: "root"}, org.Administrator, org.Scope{Kind: org.WholeInstance})
	w.Person(t, org.Person{ID: "adm", Institution: "mine", Name: "Adi", Login: "adm"}, org.Administrator, org.Scope{Kind: org.WholeInstitution, Institution: "mine"})
	w.Person(t, org.Person{ID: "sari", Institution: "mine", Unit: "top", Name: "Sari", Login: "sari"}, org.Coordinator, org.Scope{Kind: org.OneUnit, Institution: "mine", Unit: "top"})
	w.Person(t, org.Person{ID: "far", Institution: "foreign", Name: "Farah", Login: "far"}, org.Observer, org.Scope{Kind: org.WholeInstitution, Institution: "foreign"})
	return w, w.Open(t)
}

func as(t *testing.T, server *httptest.Server, login string) *desktest.Browser {
	t.Helper()
	b := desktest.Visit(t, server)
	b.SignIn(login)
	return b
}

func whole(t *testing.T, p desktest.Page, status int) {
	t.Helper()
	if p.Status != status {
		t.Errorf("status %d, want %d: %s", p.Status, status, strings.Join(strings.Fields(p.Find("main").Text()), " "))
	}
	for _, fault := range p.Faults() {
		t.Error(fault)
	}
}

func TestThoseWhoDoNotManageAreRefused(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	pages := []string{"", "/units", "/units/new", "/periods", "/periods/new", "/people", "/people/new"}
	cases := []struct {
		login, institution string
		status             int
	}{
		{"sari", "mine", 403},   // knows the institution, manages nothing anywhere
		{"far", "foreign", 403}, // the same elsewhere
		{"adm", "foreign", 404}, // manages, but may not even know this one
		{"adm", "mine", 200},
		{"root", "foreign", 200},
		{"root", "nothing", 404},
	}
	for _, c := range cases {
		b := as(t, server, c.login)
		before := w.Store.Digest()
		for _, page := range pages {
			path := "/admin/institutions/" + c.institution + page
			if p := b.Do(http.MethodGet, path, nil, nil); p.Status != c.status {
				t.Errorf("%s reads %s: %d, want %d", c.login, path, p.Status, c.status)
			}
			if c.status == 200 || page != "/units" && page != "/periods" && page != "/people" {
				continue
			}
			form := url.Values{"_token": {b.Get("/account").Form(t, "/account/theme").Get("_token")}, "name": {"Baru"}}
			for name, value := range map[string]map[string]string{
				"/units":   {},
				"/periods": {"year": "2026", "instrument": "lke-2021", "opens": "2026-01-01", "deadline": "2026-05-31"},
				"/people":  {"login": "baru", "role": "observer"},
			}[page] {
				form.Set(name, value)
			}
			if p := b.Do(http.MethodPost, path, form, nil); p.Status != c.status {
				t.Errorf("%s writes %s: %d, want %d", c.login, path, p.Status, c.status)
			}
		}
		if w.Store.Digest() != before {
			t.Errorf("%s changed something in %s", c.login, c.institution)
		}
	}
	b := as(t, server, "adm")
	if p := b.Do(http.MethodGet, "/admin/institutions/new", nil, nil); p.Status != 403 {
		t.Errorf("the administrator of one institution may add another: %d", p.Status)
	}
}

func TestFromAnEmptyInstanceToAColleagueInElevenPages(t *testing.T) {
	t.Parallel()
	w := desktest.New(t)
	server := w.Open(t)
	code, err := w.Auth.PrepareSetUp(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := desktest.Visit(t, server)
	b.Send("/setup", "/setup", "code", code, "name", "Rina", "login", "rina", "password", desktest.Password, "again", desktest.Password)

	// next is the one primary step that the home page offers.
	next := func() string {
		t.Helper()
		home := b.Get("/")
		whole(t, home, 200)
		links := home.Find("main .z-steps a.btn-primary")
		if links.Length() != 1 {
			t.Fatalf("%d next steps on\n%s", links.Length(), home.Find("main").Text())
		}
		return links.AttrOr("href", "")
	}
	if got := next(); got != "/admin/institutions/new" {
		t.Fatalf("the first step is %s", got)
	}
	done := b.Send(next(), "/admin/institutions", "name", "Pengadilan Negeri Contoh", "kind", "kl", "zone", "Asia/Makassar")
	home := done.Header.Get("Location")
	whole(t, b.Get(home), 200)
	if got := next(); got != home+"/units/new" {
		t.Fatalf("the second step is %s", got)
	}
	b.Send(next(), home+"/units", "name", "PN Contoh")
	if got := next(); got != home+"/periods/new" {
		t.Fatalf("the third step is %s", got)
	}
	b.Send(next(), home+"/periods")
	if got := next(); got != home+"/staff/new" {
		t.Fatalf("the fourth step is %s", got)
	}
	units := b.Get(home + "/units")
	person, ok := units.Find(`a[href*="/people/new?unit="]`).Attr("href")
	if !ok {
		t.Fatalf("no way from a unit to its people:\n%s", units.Find("main").Text())
	}
	slip := b.Send(person, home+"/people", "role", "coordinator", "name", "Sari", "login", "sari@pn.example")
	whole(t, slip, 200)
	invitation := slip.Find(".z-code").Text()
	if !regexp.MustCompile(`^([0-9A-HJKMNP-TV-Z]{5}-){4}[0-9A-HJKMNP-TV-Z]{5}$`).MatchString(invitation) {
		t.Fatalf("the slip shows %q", invitation)
	}
	if text := slip.Find("main").Text(); !strings.Contains(text, desktest.URL+"/invitation") || !strings.Contains(text, "WITA") {
		t.Errorf("the slip says neither where nor until when: %s", text)
	}

	sari := desktest.Visit(t, server)
	in := sari.Send("/invitation", "/invitation", "code", invitation, "password", desktest.Password, "again", desktest.Password)
	if in.Status != 303 {
		t.Fatalf("the code from the slip: %d %s", in.Status, in.Find("#summary").Text())
	}
	if home := sari.Get("/"); home.Find("form[action$='/sheet']").Length() != 1 {
		t.Errorf("the coordinator is not offered the sheet of the unit: %s", home.Find("main").Text())
	}
	periods, err := w.Store.Assessments().Periods(t.Context(), path.Base(home))
	if err != nil || len(periods) != 1 {
		t.Fatalf("%d periods, %v", len(periods), err)
	}
	period := periods[0]
	makassar := time.FixedZone("WITA", 8*3600)
	if want := time.Date(2026, 6, 1, 0, 0, 0, 0, makassar); !period.Deadline.Equal(want) || period.Deadline.Location() != time.UTC {
		t.Errorf("the deadline of 31 May is %s, want the end of that day in the institution's zone", period.Deadline)
	}
	if shown := b.Get(home + "/periods").Find("tbody").Text(); !strings.Contains(shown, "31 Mei 2026 pukul 23.59 WITA") {
		t.Errorf("the deadline is shown as %q", shown)
	}
}

func TestARefusedFormKeepsWhatWasTypedAndNamesTheField(t *testing.T) { //nolint:tparallel // one browser sends one form after the other
	t.Parallel()
	w, server := setup(t)
	b := as(t, server, "root")
	before := w.Store.Digest()
	const base = "/admin/institutions/mine"
	cases := []struct {
		name, from, action, field string
		pairs                     []string
	}{
		{"an institution without name", "/admin/institutions/new", "/admin/institutions", "name", []string{"name", " ", "kind", "pemda", "zone", "Asia/Jayapura"}},
		{"an institution of no kind", "/admin/institutions/new", "/admin/institutions", "kind", []string{"name", "Kota Contoh", "kind", "x"}},
		{"an institution in no zone", "/admin/institutions/new", "/admin/institutions", "zone", []string{"name", "Kota Contoh", "kind", "pemda", "zone", "Mars/Base"}},
		{"a unit without name", base + "/units/new?parent=top", base + "/units", "name", []string{"name", ""}},
		{"a period of no year", base + "/periods/new", base + "/periods", "year", []string{"year", "dua ribu", "name", "Evaluasi"}},
		{"a period without deadline", base + "/periods/new", base + "/periods", "deadline", []string{"deadline", "besok", "name", "Evaluasi"}},
		{"a person without role", base + "/people/new", base + "/people", "role", []string{"name", "Budi", "login", "budi"}},
		{"a person with a role that is not given here", base + "/people/new?unit=top", base + "/people", "role", []string{"name", "Budi", "login", "budi", "role", "administrator"}},
		{"a member of a whole subtree", base + "/people/new?unit=top", base + "/people", "role", []string{"name", "Budi", "login", "budi", "role", "member", "scope", "subtree"}},
		{"a reach over everything", base + "/people/new?unit=top", base + "/people", "scope", []string{"name", "Budi", "login", "budi", "role", "observer", "scope", "instance"}},
		{"a person with a short NIP", base + "/people/new?unit=top", base + "/people", "nip", []string{"name", "Budi", "login", "budi", "role", "member", "scope", "unit", "nip", "123"}},
		{"a person with a login that is taken", base + "/people/new?unit=top", base + "/people", "login", []string{"name", "Budi", "login", "SARI", "role", "member", "scope", "unit"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := b.Send(c.from, c.action, c.pairs...)
			whole(t, p, 422)
			id := "f-" + c.field
			if p.Find("#"+id+`[aria-invalid="true"]`).Length() != 1 || p.Find(`#summary a[href="#`+id+`"]`).Length() != 1 {
				t.Errorf("%s is not named: %s", c.field, p.Find("#summary").Text())
			}
			form := p.Form(t, c.action)
			for i := 0; i+1 < len(c.pairs); i += 2 {
				offered := c.pairs[i] != "kind" && c.pairs[i] != "zone" && c.pairs[i] != "role" && c.pairs[i] != "scope" || c.field != c.pairs[i]
				if offered && form.Get(c.pairs[i]) != c.pairs[i+1] {
					t.Errorf("%s is kept as %q", c.pairs[i], form.Get(c.pairs[i]))
				}
			}
			if form.Get("_key") == "" {
				t.Error("the form shown again has no key")
			}
		})
	}
	if w.Store.Digest() != before {
		t.Error("a refused form changed something")
	}
}

func TestAFormSentTwiceHasOneEffect(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	b := as(t, server, "adm")
	const base = "/admin/institutions/mine"
	form := b.Get(base+"/units/new?parent=top").Form(t, base+"/units")
	form.Set("name", "PN Contoh Dua")
	for range 2 {
		if p := b.Do(http.MethodPost, base+"/units", form, nil); p.Status != 303 {
			t.Fatalf("status %d", p.Status)
		}
	}
	if n := strings.Count(strings.Join(w.Store.Kinds(), " "), "unit.created"); n != 1 {
		t.Errorf("%d units made", n)
	}
	form.Set("name", "PN Contoh Tiga")
	whole(t, b.Do(http.MethodPost, base+"/units", form, nil), 422)

	person := b.Get(base+"/people/new?unit=top").Form(t, base+"/people")
	person.Set("name", "Budi")
	person.Set("login", "budi")
	person.Set("role", "member")
	first := b.Do(http.MethodPost, base+"/people", person, nil)
	second := b.Do(http.MethodPost, base+"/people", person, nil)
	whole(t, second, 200)
	kinds := strings.Join(w.Store.Kinds(), " ")
	if strings.Count(kinds, "person.created") != 1 || strings.Count(kinds, "assignment.created") != 1 {
		t.Errorf("events: %s", kinds)
	}
	old, fresh := first.Find(".z-code").Text(), second.Find(".z-code").Text()
	if old == fresh {
		t.Error("the code was kept to be shown again")
	}
	budi := desktest.Visit(t, server)
	use := func(code string) int {
		return budi.Send("/invitation", "/invitation", "code", code, "password", desktest.Password, "again", desktest.Password).Status
	}
	if got := use(old); got != 422 {
		t.Errorf("the older code works: %d", got)
	}
	if got := use(fresh); got != 303 {
		t.Errorf("the newer code does not work: %d", got)
	}
}

func TestUnitsAndPeopleOfAnotherInstitutionCannotBeUsed(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	const base = "/admin/institutions/mine"
	for _, login := range []string{"adm", "root"} {
		b := as(t, server, login)
		token := b.Get("/account").Form(t, "/account/theme").Get("_token")
		before := w.Store.Digest()
		for _, path := range []string{base + "/units/new?parent=abroad", base + "/people/new?unit=abroad"} {
			if p := b.Do(http.MethodGet, path, nil, nil); p.Status != 404 {
				t.Errorf("%s: %s is answered %d", login, path, p.Status)
			}
		}
		posts := map[string]url.Values{
			base + "/units":                 {"parent": {"abroad"}, "name": {"X"}},
			base + "/people":                {"unit": {"abroad"}, "name": {"X"}, "login": {"xxx"}, "role": {"member"}, "scope": {"unit"}},
			base + "/people/far/invitation": {},
		}
		for path, form := range posts {
			form.Set("_token", token)
			if p := b.Do(http.MethodPost, path, form, nil); p.Status != 404 {
				t.Errorf("%s: %s is answered %d", login, path, p.Status)
			}
		}
		if w.Store.Digest() != before {
			t.Errorf("%s changed something", login)
		}
	}
}

func TestLongListsArePagedByTheKeyOfTheLastRow(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	for n := range 120 {
		w.Put(org.Unit{ID: fmt.Sprintf("n%03d", n), Institution: "mine", Path: fmt.Sprintf("/n%03d/", n), Name: fmt.Sprintf("Unit %03d & \"rekan\"", n)})
	}
	b := as(t, server, "adm")
	seen := map[string]bool{}
	path := "/admin/institutions/mine/units"
	pages := 0
	for path != "" && pages < 10 {
		p := b.Get(path)
		whole(t, p, 200)
		for _, row := range p.Find("tbody th a").Nodes {
			name := row.FirstChild.Data
			if seen[name] {
				t.Errorf("%s twice", name)
			}
			seen[name] = true
		}
		path = p.Find(`a[rel="next"]`).AttrOr("href", "")
		pages++
	}
	if len(seen) != 121 || pages != 3 {
		t.Errorf("%d units on %d pages", len(seen), pages)
	}
	found := b.Get("/admin/institutions/mine/units?q=unit+07")
	if n := found.Find("tbody tr").Length(); n != 10 {
		t.Errorf("%d found", n)
	}
	whole(t, b.Get("/admin/institutions/mine/units?q=tidak+ada"), 200)
}

func TestNamesAreShownAsTextWhateverTheyHold(t *testing.T) {
	t.Parallel()
	w, server := setup(t)
	hostile := `"><script>alert(1)</script><img src=x onerror=alert(1)>`
	w.Put(org.Institution{ID: "mine", Name: "I" + hostile, Kind: org.Central, Zone: "Asia/Jakarta"}, org.Unit{ID: "top", Institution: "mine", Path: "/top/", Name: "U" + hostile})
	w.Person(t, org.Person{ID: "x", Institution: "mine", Unit: "top", Name: "P" + hostile, Position: hostile, Login: "xxx"}, org.Member, org.Scope{Kind: org.OneUnit, Institution: "mine", Unit: "top"})
	b := as(t, server, "adm")
	const base = "/admin/institutions/mine"
	for _, path := range []string{base, base + "/units", base + "/units/new?parent=top", base + "/people", base + "/people/new?unit=top", base + "/units?q=" + url.QueryEscape(hostile)} {
		p := b.Get(path)
		whole(t, p, 200)
		if !strings.Contains(p.Find("body").Text(), "<script>alert(1)</script>") && !strings.Contains(path, "q=") {
			t.Errorf("%s does not show the name", path)
		}
	}
	whole(t, b.Send(base+"/people/new?unit=top", base+"/people", "name", hostile, "login", hostile, "role", hostile), 422)
	whole(t, b.Send(base+"/people", base+"/people/x/invitation"), 200)
}
