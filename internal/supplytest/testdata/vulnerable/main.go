// Command vulnerable calls the function that the database beside it says has a hole. It exists so that the scan for
// known holes can be seen to find one.
package main

import (
	"os"
	"strings"
)

func main() {
	_, _ = os.Stdout.WriteString(strings.Repeat("=", len(os.Args)))
}
