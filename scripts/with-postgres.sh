#!/usr/bin/env bash
# Runs a command beside a PostgreSQL server of its own: fresh, on a free port of the loopback address, in a temporary
# folder, stopped and removed when the command ends, however it ends. The machine's own cluster is never touched.
#
#	scripts/with-postgres.sh go test ./internal/store/...
#
# The command finds the server in ZONA_TEST_POSTGRES, as a superuser who may create databases. Commits are durable
# (fsync stays on), as where the program really runs. Exits with the command's own status; 3 where no server can be had.
set -euo pipefail

if [ "$#" -eq 0 ]; then
  echo "usage: $0 COMMAND [ARGUMENT...]" >&2
  exit 2
fi

# Debian keeps the server out of the PATH; the newest version is taken.
find_bin() {
  local dir
  for dir in "${ZONA_POSTGRES_BIN:-}" $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5,5nr); do
    if [ -n "$dir" ] && [ -x "$dir/initdb" ] && [ -x "$dir/postgres" ]; then
      echo "$dir"
      return
    fi
  done
  if command -v initdb >/dev/null && command -v postgres >/dev/null; then
    dirname "$(command -v initdb)"
  fi
}

bin=$(find_bin)
if [ -z "$bin" ]; then
  echo "PostgreSQL is missing: install Debian's package postgresql, or name its folder in ZONA_POSTGRES_BIN" >&2
  exit 3
fi

# The server refuses to run as root.
as_owner=()
if [ "$(id -u)" -eq 0 ]; then
  if ! id postgres >/dev/null 2>&1; then
    echo "PostgreSQL will not run as root and there is no user postgres: install Debian's package postgresql" >&2
    exit 3
  fi
  as_owner=(runuser -u postgres --)
fi

# Short, since the path of a socket may have 107 bytes.
folder=$(mktemp -d /tmp/zona-postgres.XXXXXX)
clean() {
  (cd / && "${as_owner[@]}" "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop) >/dev/null 2>&1 || true
  rm -rf "$folder"
}
trap clean EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

password=$(head -c 24 /dev/urandom | base64 | tr -dc 'A-Za-z0-9')
printf '%s\n' "$password" >"$folder/password"
if [ "${#as_owner[@]}" -gt 0 ]; then
  chown -R postgres "$folder"
fi
chmod 700 "$folder"

cd_run() { (cd "$folder" 2>/dev/null || cd /; "${as_owner[@]}" "$@"); }

if ! cd_run "$bin/initdb" -D "$folder/data" -U zona --pwfile="$folder/password" -A scram-sha-256 \
  -E UTF8 --locale=C.UTF-8 >"$folder/initdb.log" 2>&1; then
  cat "$folder/initdb.log" >&2
  exit 3
fi

# A port that is free now can be taken a moment later, so a few are tried.
port=
for _ in 1 2 3 4 5 6 7 8; do
  try=$((20000 + RANDOM % 12000))
  if cd_run "$bin/pg_ctl" -D "$folder/data" -l "$folder/server.log" -w -t 60 -s \
    -o "-c listen_addresses=127.0.0.1 -c port=$try -c unix_socket_directories=$folder -c max_connections=300 -c shared_buffers=256MB" \
    start >/dev/null 2>&1; then
    port=$try
    break
  fi
done
if [ -z "$port" ]; then
  echo "PostgreSQL did not start:" >&2
  tail -n 20 "$folder/server.log" >&2 || true
  exit 3
fi

export ZONA_TEST_POSTGRES="postgres://zona:$password@127.0.0.1:$port/postgres?sslmode=disable"
status=0
"$@" || status=$?
exit "$status"
