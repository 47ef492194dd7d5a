#!/usr/bin/env bash
# SU-01: known holes in the modules that the program really reaches. The database is online; where it cannot be
# reached, that is said in one plain line and nothing is claimed. A hole in a database of our own shows first that the
# scan would have told.
set -uo pipefail
cd "$(dirname "$0")/.."
scan=$PWD/bin/tools/govulncheck
control=internal/supplytest/testdata/vulnerable

# Negative control: an invented hole in a function that a tiny program calls must be reported (status 3).
(cd "$control" && GOWORK=off timeout 120 "$scan" -db "file://$PWD/db" ./... >/tmp/zona-vulns.$$ 2>&1)
if [ $? -ne 3 ] || ! grep -q GO-0000-0001 /tmp/zona-vulns.$$; then
  cat /tmp/zona-vulns.$$
  rm -f /tmp/zona-vulns.$$
  echo "SU-01 control: a hole that is there was not reported"
  exit 1
fi
rm -f /tmp/zona-vulns.$$
echo "SU-01 control: a hole that is there is reported"

output=$(timeout 300 "$scan" ./... 2>&1)
status=$?
case $status in
  0)
    echo "$output"
    echo "SU-01: govulncheck ran, no reachable hole is known"
    ;;
  3)
    echo "$output"
    echo "SU-01: govulncheck found reachable holes"
    exit 1
    ;;
  124)
    echo "SU-01: govulncheck was NOT run: its database could not be reached (no answer in time)"
    ;;
  *)
    if grep -qiE 'fetching|dial tcp|no such host|connection refused|timeout|proxyconnect|forbidden|HTTP (GET|status)|certificate|lookup |status 4|status 5' <<<"$output"; then
      echo "SU-01: govulncheck was NOT run: its database could not be reached"
    else
      echo "$output"
      echo "SU-01: govulncheck failed for another reason than an unreachable database"
      exit 1
    fi
    ;;
esac
