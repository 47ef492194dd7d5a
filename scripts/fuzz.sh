#!/usr/bin/env bash
# Looks for new inputs that break a reader: every fuzz target of the tree in turn, for FUZZTIME each (10s). What is found
# is kept in the package's testdata/fuzz, and `go test` replays it from then on.
set -uo pipefail
cd "$(dirname "$0")/.."

time=${FUZZTIME:-10s}
status=0
ran=0
while IFS=: read -r file name; do
  echo "--- $name in $(dirname "$file") for $time"
  CGO_ENABLED=0 go test -run '^$' -fuzz "^$name\$" -fuzztime "$time" "./$(dirname "$file")" || status=1
  ran=$((ran + 1))
done < <(grep -rHoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' cmd internal | sed 's/func //' | sort)
if [ "$ran" -eq 0 ]; then
  echo "no fuzz target found"
  exit 1
fi
exit "$status"
