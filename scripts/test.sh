#!/usr/bin/env bash
# The whole gate: every stage runs, what failed is named at the end. ZONA_NIGHTLY=1 adds the night tier.
# STAGES="lint race" runs only those.
set -uo pipefail
cd "$(dirname "$0")/.."

export ZONA_TEST_REQUIRE=${ZONA_TEST_REQUIRE-all}
nightly=${ZONA_NIGHTLY:-}
failed=()
timings=()

# stage NAME COMMAND... runs one part, shows what it says, and remembers how it went.
stage() {
  local name=$1
  shift
  if [ -n "${STAGES:-}" ] && [[ " $STAGES " != *" $name "* ]]; then
    return
  fi
  printf '\n=== %s\n' "$name"
  local started=$SECONDS
  if "$@"; then
    timings+=("$(printf '%-10s %4d s' "$name" $((SECONDS - started)))")
  else
    timings+=("$(printf '%-10s %4d s  FAILED' "$name" $((SECONDS - started)))")
    failed+=("$name")
  fi
}

# needs names everything that is missing, before hours are spent on the rest.
needs() {
  local missing=0 what
  say() {
    echo "missing: $1 ($2)"
    missing=1
  }
  command -v go >/dev/null || say "Go" "see go.mod for the version"
  command -v node >/dev/null || say "Node.js" "Debian: nodejs"
  command -v npm >/dev/null || say "npm" "Debian: npm"
  command -v gcc >/dev/null || say "a C compiler, for the race detector" "Debian: gcc libc6-dev"
  command -v git >/dev/null || say "git, for the scan of the history" "Debian: git"
  command -v chromium >/dev/null || [ -n "${ZONA_CHROMIUM:-}" ] || say "Chromium" "Debian: chromium, or name it in ZONA_CHROMIUM"
  command -v soffice >/dev/null || say "LibreOffice Calc" "Debian: libreoffice-calc-nogui"
  scripts/with-postgres.sh true || missing=1
  [ "$missing" -eq 0 ]
}

# The page tests read the built style sheets, and a build is the first test.
assets() { make assets; }
build() { go mod download && make build && go vet ./...; }
tools() { make tools; }
generated() { make generated; }
lint() { bin/tools/golangci-lint run ./...; }

# Everything but the long property and matrix suites, watched by the race detector, which slows them several times.
race() { CGO_ENABLED=1 scripts/with-postgres.sh node scripts/gotest.mjs -race -short -timeout 20m ./...; }

# Everything, at full length.
full() { CGO_ENABLED=0 scripts/with-postgres.sh node scripts/gotest.mjs -timeout "$([ -n "$nightly" ] && echo 10h || echo 20m)" ./...; }

# Looking for new inputs takes as long as one lets it.
fuzz() { FUZZTIME=${FUZZTIME:-10m} scripts/fuzz.sh; }

browser() { scripts/with-postgres.sh node --test --test-reporter=spec e2e/*.test.mjs; }
vulns() { scripts/vulns.sh; }

stage needs needs
stage assets assets
stage build build
stage tools tools
stage generated generated
stage lint lint
stage race race
stage full full
stage browser browser
[ -z "$nightly" ] || stage fuzz fuzz
stage vulns vulns

printf '\n=== summary\n'
printf '%s\n' "${timings[@]}"
if [ "${#failed[@]}" -gt 0 ]; then
  echo "failed: ${failed[*]}"
  exit 1
fi
echo "all stages passed"
