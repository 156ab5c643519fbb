#!/usr/bin/env bash
# Kept for old habits: now it is `cargo xtask db-init`, which has both phases, a plan and a lock. DB_INIT_DIR still names another folder.
cd "$(dirname "$0")/.." && exec cargo xtask db-init run --phase pre ${DB_INIT_DIR:+--dir "$DB_INIT_DIR"} "$@"
