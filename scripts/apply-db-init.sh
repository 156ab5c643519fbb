#!/usr/bin/env bash
# Kept for old habits: now it is `cargo xtask db-init`, which has both phases, a plan and a lock. DB_INIT_DIR still names another folder; a
# relative one counts from where the script is called.
[[ ${DB_INIT_DIR:-/} == /* ]] || DB_INIT_DIR=$PWD/$DB_INIT_DIR
cd "$(dirname "$0")/.." && exec cargo xtask db-init run --phase pre ${DB_INIT_DIR:+--dir "$DB_INIT_DIR"} "$@"
