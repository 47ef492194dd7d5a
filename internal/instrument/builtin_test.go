package instrument

import "testing"

func TestBuiltInInstrumentsLoad(t *testing.T) {
	t.Parallel()
	if _, err := builtin(); err != nil {
		t.Fatal(err)
	}
	if _, err := ByID("lke-2021"); err != nil {
		t.Error(err)
	}
	if _, err := ByID("lke-1999"); err == nil {
		t.Error("an instrument that does not exist was found")
	}
}
