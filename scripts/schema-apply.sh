#!/usr/bin/env bash
# Kept for old habits: now it is `cargo xtask apply`, which shows what it is about to do, and what would be lost.
cd "$(dirname "$0")/.." && exec cargo xtask apply "$@"
