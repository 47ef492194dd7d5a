package instrument

// Derived returns what compute makes of the instrument, made once for each key and kept for as long as the
// instrument is: package scoring keeps its compiled form here, so that neither a package variable nor every caller
// has to. key is a value of a type private to the caller, as with context keys; compute must be pure, since two
// callers at the same moment may both run it (one result is kept).
func (in *Instrument) Derived(key any, compute func() any) any {
	if v, ok := in.derived.Load(key); ok {
		return v
	}
	v, _ := in.derived.LoadOrStore(key, compute())
	return v
}
