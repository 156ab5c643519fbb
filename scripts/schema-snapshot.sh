#!/usr/bin/env bash
# Kept for old habits: now it is `cargo xtask snapshot`, which says in words what changed.
cd "$(dirname "$0")/.." && exec cargo xtask snapshot "$@"
