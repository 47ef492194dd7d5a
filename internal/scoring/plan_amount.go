package scoring

import (
	"math"
	"math/big"
	"math/bits"
)

// amount is a number of points >= 0 over the common denominator of one planning problem. The planner adds and
// compares millions of them, so it works on fixed 128 bits where they suffice and on math/big where they do not; the
// algorithm is the same.
type amount[T any] interface {
	plus(T) T
	minus(T) T // of something not larger
	times(int64) T
	over(T) int64 // floor of the quotient by something > 0, at most math.MaxInt64
	cmp(T) int
	shifted(uint) uint64 // floor of a / 2^n, which the caller knows to fit
	big() *big.Int
}

// narrow is an amount below 2^126.
type narrow struct{ hi, lo uint64 }

func (a narrow) plus(b narrow) narrow {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	hi, _ := bits.Add64(a.hi, b.hi, carry)
	return narrow{hi, lo}
}

func (a narrow) minus(b narrow) narrow {
	lo, borrow := bits.Sub64(a.lo, b.lo, 0)
	hi, _ := bits.Sub64(a.hi, b.hi, borrow)
	return narrow{hi, lo}
}

func (a narrow) times(n int64) narrow {
	hi, lo := bits.Mul64(a.lo, uint64(n))
	return narrow{hi + a.hi*uint64(n), lo}
}

func (a narrow) over(b narrow) int64 {
	if a.hi == 0 && b.hi == 0 {
		return int64(min(a.lo/b.lo, math.MaxInt64))
	}
	return wide{a.big()}.over(wide{b.big()})
}

func (a narrow) cmp(b narrow) int {
	switch {
	case a.hi != b.hi:
		if a.hi < b.hi {
			return -1
		}
		return 1
	case a.lo < b.lo:
		return -1
	case a.lo > b.lo:
		return 1
	}
	return 0
}

func (a narrow) shifted(n uint) uint64 {
	if n >= 64 {
		return a.hi >> (n - 64)
	}
	return a.lo>>n | a.hi<<(64-n) // for n = 0 the caller knows that hi is 0
}

func (a narrow) big() *big.Int {
	n := new(big.Int).SetUint64(a.hi)
	return n.Lsh(n, 64).Or(n, new(big.Int).SetUint64(a.lo))
}

func narrowOf(n *big.Int) narrow {
	return narrow{new(big.Int).Rsh(n, 64).Uint64(), new(big.Int).And(n, new(big.Int).SetUint64(math.MaxUint64)).Uint64()}
}

// wide is an amount of any size.
type wide struct{ n *big.Int }

func (a wide) big() *big.Int {
	if a.n == nil {
		return new(big.Int)
	}
	return a.n
}

func (a wide) plus(b wide) wide      { return wide{new(big.Int).Add(a.big(), b.big())} }
func (a wide) minus(b wide) wide     { return wide{new(big.Int).Sub(a.big(), b.big())} }
func (a wide) times(n int64) wide    { return wide{new(big.Int).Mul(a.big(), big.NewInt(n))} }
func (a wide) cmp(b wide) int        { return a.big().Cmp(b.big()) }
func (a wide) shifted(n uint) uint64 { return new(big.Int).Rsh(a.big(), n).Uint64() }

func (a wide) over(b wide) int64 {
	q := new(big.Int).Quo(a.big(), b.big())
	if !q.IsInt64() {
		return math.MaxInt64
	}
	return q.Int64()
}

func wideOf(n *big.Int) wide { return wide{new(big.Int).Set(n)} }
