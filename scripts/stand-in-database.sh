#!/usr/bin/env bash
# The entry point of the database's stand-in (base-images.sh): what the official Postgres images do at their first start, as far as this
# project uses it. The first start listens on the socket only (C10), like theirs.
set -euo pipefail

if [[ ${1:-} != postgres ]]; then exec "$@"; fi
if [[ ! -s $PGDATA/PG_VERSION ]]; then
    : "${POSTGRES_PASSWORD:?set POSTGRES_PASSWORD for the first start}"
    user=${POSTGRES_USER:-postgres} database=${POSTGRES_DB:-${POSTGRES_USER:-postgres}}
    initdb --username="$user" --pwfile=<(printf '%s\n' "$POSTGRES_PASSWORD") --auth-local=trust --auth-host=scram-sha-256 --encoding=UTF8 >/dev/null
    {
        echo "listen_addresses = '*'"
        echo "shared_preload_libraries = 'timescaledb'"
        echo "timescaledb.telemetry_level = off"
    } >>"$PGDATA/postgresql.conf"
    echo 'host all all all scram-sha-256' >>"$PGDATA/pg_hba.conf"
    pg_ctl -D "$PGDATA" -o "-c listen_addresses=''" -w start >/dev/null
    if [[ $database != postgres ]]; then createdb --username="$user" "$database"; fi
    psql --quiet --username="$user" --dbname="$database" -c 'CREATE EXTENSION IF NOT EXISTS timescaledb'
    pg_ctl -D "$PGDATA" -m fast -w stop >/dev/null
fi
exec "$@"
