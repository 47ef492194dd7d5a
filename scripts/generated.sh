#!/usr/bin/env bash
# Fails when the committed Go code of the page templates is not what the templates give. Works on a copy, so that a
# failed check changes nothing.
set -euo pipefail
cd "$(dirname "$0")/.."

[ -n "$(find internal/web -name '*.templ' -print -quit)" ] || exit 0
copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
mkdir -p "$copy/internal"
cp -r internal/web "$copy/internal/"
cp go.mod "$copy/"
find "$copy" -name '*_templ.go' -delete
templ=$PWD/bin/tools/templ
(cd "$copy" && "$templ" generate) >"$copy/log" 2>&1 || {
  cat "$copy/log" >&2
  exit 1
}
# The generator notes each template's path as seen from where it was called: only the file's own name counts here.
bare() { sed -E 's#FileName: `[^`]*/#FileName: `#' "$1"; }
status=0
while IFS= read -r file; do
  name=${file#"$copy"/}
  if [ ! -e "$name" ] || ! cmp -s <(bare "$file") <(bare "$name"); then
    echo "$name is not what its template gives: run make generate" >&2
    status=1
  fi
done < <(find "$copy/internal/web" -name '*_templ.go' | sort)
while IFS= read -r file; do
  if [ ! -e "$copy/$file" ]; then
    echo "$file has no template: delete it" >&2
    status=1
  fi
done < <(find internal/web -name '*_templ.go' | sort)
exit "$status"
