#!/bin/sh
# Proves that the tests rest on nothing the team keeps: runs them in a copy of this repository whose db-init/, db-init-post/, snapshots/,
# seeds/ and docs/schema.md are another project's. FOLDER has that release; without one it is the barest there can be.
#
#   scripts/with-another-release.sh [FOLDER] [-- ARGUMENTS OF cargo test]
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
release=
if [ $# -gt 0 ] && [ "$1" != -- ]; then
    release=$(cd "$1" && pwd)
    shift
fi
[ "${1:-}" != -- ] || shift
[ $# -gt 0 ] || set -- --workspace -- --skip containers:: --skip browser::

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cd "$here"
git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=- | tar --extract -C "$copy"
cd "$copy"
git init --quiet
rm -rf db-init db-init-post snapshots seeds docs/schema.md
if [ -n "$release" ]; then
    for name in db-init db-init-post snapshots seeds; do cp -R "$release/$name" .; done
else
    mkdir db-init db-init-post snapshots seeds
    echo 'CREATE TABLE IF NOT EXISTS bare (id int PRIMARY KEY);' >db-init/001_bare.sql
    echo "version: 1
directus: $(sed -n 's/.*"directus": "\(.*\)".*/\1/p' package.json)
vendor: postgres
collections: []
fields: []
systemFields: []
relations: []" >snapshots/schema.yaml
fi
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$here/target/another-release}"
cargo xtask erd
cargo xtask check
cargo test "$@"
