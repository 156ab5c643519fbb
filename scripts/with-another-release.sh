#!/bin/sh
# Runs a command in a copy of this repository whose db-init/, db-init-post/, snapshots/ and seeds/ are another project's, and what follows
# from them (snapshots/database.txt, docs/schema.md) is written again: those in FOLDER, or with `-` the barest there can be. Without a command
# it runs the tests, and so proves that they rest on nothing the team keeps.
#
#   scripts/with-another-release.sh FOLDER|- [COMMAND…]
set -eu
here=$(cd "$(dirname "$0")/.." && pwd)
RELEASE=${1:?a folder with another release, or - for a bare one}
shift
[ "$RELEASE" = - ] || RELEASE=$(cd "$RELEASE" && pwd)
[ $# -gt 0 ] || set -- cargo xtask test

copy=$(mktemp -d)
trap 'rm -rf "$copy"' EXIT
cd "$here"
git ls-files -z --cached --others --exclude-standard | tar --create --null --files-from=- | tar --extract -C "$copy"
cd "$copy"
git init --quiet
rm -rf db-init db-init-post snapshots seeds
if [ "$RELEASE" != - ]; then
    for name in db-init db-init-post snapshots seeds; do cp -R "$RELEASE/$name" .; done
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
export RELEASE CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$here/target/another-release}"
cargo xtask dry-run --write
cargo xtask check
"$@"
