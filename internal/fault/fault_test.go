package fault

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
)

func TestOfFindsTheFaultInAChain(t *testing.T) {
	t.Parallel()
	f := New(Conflict, "m.x", "A", 1, "B")
	err := fmt.Errorf("save: %w", f)
	if got, ok := Of(err); !ok || got != f || !Is(err, Conflict) || Is(err, Invalid) {
		t.Errorf("got %v, %v", got, ok)
	}
	if !reflect.DeepEqual(f.Args, map[string]any{"A": 1}) {
		t.Errorf("a name without a value must be left out: %v", f.Args)
	}
	if _, ok := Of(errors.New("disk")); ok || Is(nil, Invalid) {
		t.Error("an ordinary error became a fault")
	}
	if !strings.Contains(f.Error(), "m.x") {
		t.Errorf("the log reads %q", f.Error())
	}
	if g := New(Invalid, "m.y", 7, "x"); g.Args["7"] != nil || len(g.Args) > 0 {
		t.Errorf("a name that is no text: %v", g.Args)
	}
}

func TestFormIsAnErrorOnlyWithWrongFields(t *testing.T) {
	t.Parallel()
	f := Form()
	if err := f.Err(); err != nil {
		t.Errorf("an empty form: %v", err)
	}
	f.With("a", "m.a", "N", 2).With("b", "m.b")
	want := []Field{{Name: "a", Message: "m.a", Args: map[string]any{"N": 2}}, {Name: "b", Message: "m.b"}}
	if err := f.Err(); !Is(err, Invalid) || !reflect.DeepEqual(f.Fields, want) {
		t.Errorf("%v with %+v", err, f.Fields)
	}
}

func TestTextsAreHeldToTheirForm(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, value, line, lines string // message without its prefix, "" is right
	}{
		{"plain", "Pengadilan Negeri", "", ""},
		{"letters count, not bytes", "éééééééééééééééééééé", "", ""},
		{"blanks around do not count", "  " + strings.Repeat("x", 20) + "  ", "", ""},
		{"nothing", "", "required", "required"},
		{"only blanks", " \u00a0 ", "required", "required"},
		{"too short", "x", "short", "short"},
		{"too long", strings.Repeat("x", 21), "long", "long"},
		{"a line break", "a\nb\tc\r\nd", "characters", ""},
		{"a NUL", "ab\x00", "characters", "characters"},
		{"not UTF-8", "ab\xff", "characters", "characters"},
		{"an override", "ab\u202ecd", "characters", "characters"},
		{"an isolate", "ab\u2066cd", "characters", "characters"},
	} {
		for kind, check := range map[string]func(*Fault, string, string, int, int){"line": (*Fault).Line, "lines": (*Fault).Lines} {
			want := map[string]string{"line": c.line, "lines": c.lines}[kind]
			f := Form()
			check(f, "field", c.value, 2, 20)
			got := ""
			for _, field := range f.Fields {
				got += strings.TrimPrefix(field.Message, "fault.field.")
			}
			if got != want {
				t.Errorf("%s as %s: %q, want %q", c.name, kind, got, want)
			}
		}
	}
}
