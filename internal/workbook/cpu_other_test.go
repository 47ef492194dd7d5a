//go:build !unix

package workbook

import "time"

// cpuTime is the clock where the system does not tell the processors' time.
func cpuTime() time.Duration { return time.Since(time.Time{}) }
