#!/usr/bin/env bash
# Makes stand-ins for the base images where no container registry can be reached, so that Dockerfile, compose file, docker engine and
# workflow run for real there too: the same tags, users, folders, environment and entry points, made of Debian's packages and of what
# `cargo xtask setup` keeps in its cache. They are no replacement: each carries the label `stand-in`, which reports repeat, and none is made
# of an image that is here already or can be pulled.
#
#   scripts/base-images.sh [--force] [directus] [database] [rust] [job]      without a name: all of them
#
# Needs a Docker daemon, mmdebstrap, and root or subordinate ids (as the local engine does). A minute and a half each at most.
set -euo pipefail
cd "$(dirname "$0")/.."

main() {
    local force=no names=()
    for word in "$@"; do
        case "$word" in
        --force) force=yes ;;
        directus | database | rust | job) names+=("$word") ;;
        *)
            sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
            exit 2
            ;;
        esac
    done
    ((${#names[@]})) || names=(directus database rust job)
    docker version >/dev/null 2>&1 || fail "no Docker daemon answers" "start one: sudo dockerd &"
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    local name image
    for name in "${names[@]}"; do
        image=$(image_of "$name")
        if [[ $force == no ]] && { is_real "$image" || { is_offered "$image" && pull "$image"; }; }; then
            say "$image is here"
        elif [[ $force == no ]] && is_current "$image"; then
            say "$image is here: a stand-in"
        else
            say "$image cannot be pulled: making a stand-in"
            "make_$name" "$image"
            say "$image made: $(docker image inspect --format '{{.Size}}' "$image" | numfmt --to=si)B"
        fi
    done
}

say() { printf '%s\n' "$*" >&2; }
fail() {
    printf 'error: %s\n  hint: %s\n' "$1" "$2" >&2
    exit 1
}

# The names and versions stand once, in Cargo.toml and package.json.
pin() { sed -n "s/^$1 = \"\\(.*\\)\"\$/\\1/p" Cargo.toml; }
directus_version() { sed -n 's/^ *"directus": "\(.*\)",\{0,1\}$/\1/p' package.json; }
image_of() {
    case "$1" in
    directus) echo "directus/directus:$(directus_version)" ;;
    database) pin database-image ;;
    rust) pin rust-image ;;
    job) pin job-image ;;
    esac
}

# What a label of an image says; fails where there is no such image.
label() { docker image inspect --format "{{with .Config.Labels}}{{index . \"$2\"}}{{end}}" "$1" 2>/dev/null; }
is_real() {
    local what
    what=$(label "$1" stand-in) && [[ -z $what ]]
}
# Whether a stand-in is here; one that took crates along, only with those of today's lock file.
is_current() {
    local lock
    lock=$(label "$1" stand-in-lock) || return 1
    [[ -z $lock || $lock == "$(lock_hash)" ]]
}
lock_hash() { sha256sum Cargo.lock | cut -c1-16; }

# Whether a registry has the image. One that is out of reach may let us wait for minutes: it gets a few seconds, once.
declare -A silent=()
is_offered() {
    local registry=docker.io code=0
    [[ $1 == *.*/* ]] && registry=${1%%/*}
    [[ -z ${silent[$registry]:-} ]] || return 1
    timeout 4 docker manifest inspect "$1" >/dev/null 2>&1 || code=$?
    ((code != 124)) || silent[$registry]=yes
    return "$code"
}
pull() { timeout 600 docker pull --quiet "$1" >/dev/null; }

# What the local engine has, fetched if need be; lines NAME=VALUE.
local_engine() {
    [[ -n ${engine:-} ]] || engine=$(cargo xtask setup --json | python3 -c '
import json, sys
all = json.load(sys.stdin)
print(all["postgres"]["dir"], all["directus"]["dir"], all["directus"]["node"], sep="\n")')
    postgres_dir=$(sed -n 1p <<<"$engine") directus_dir=$(sed -n 2p <<<"$engine") node=$(sed -n 3p <<<"$engine")
}

# A Debian root with these packages, as a tar on stdout. $1: mmdebstrap's variant, $2: packages.
debian() {
    mmdebstrap --quiet --format=tar --variant="$1" --include="$2" \
        --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
        "$(pin debian-suite)" - ${XTASK_DEBIAN_MIRROR:+"$XTASK_DEBIAN_MIRROR"}
}

# Adds what lies below a folder to a tar, as somebody's. Folders only where they are named: the daemon takes no path twice.
# $1: tar, $2: owner, $3: folder, $4…: paths, a folder's own entry with a slash behind it
append() {
    local tar=$1 owner=$2 from=$3 path
    shift 3
    (
        cd "$from"
        for path in "$@"; do
            [[ $path == */ ]] && printf '%s\0' "${path%/}"
            find "${path%/}" ! -type d -print0
        done
    ) | tar --append --file "$tar" --owner="$owner" --group="$owner" -C "$from" --no-recursion --null --files-from=-
}

# Users and groups that every image has, and the ones it is known for. $1: the root folder, $2…: name:uid:home
users() {
    local root=$1 each name uid home
    shift
    mkdir -p "$root/etc"
    printf 'root:x:0:0:root:/root:/bin/sh\n' >"$root/etc/passwd"
    printf 'root:x:0:\n' >"$root/etc/group"
    for each in "$@"; do
        IFS=: read -r name uid home <<<"$each"
        printf '%s:x:%s:%s::%s:/bin/sh\n' "$name" "$uid" "$uid" "$home" >>"$root/etc/passwd"
        printf '%s:x:%s:\n' "$name" "$uid" >>"$root/etc/group"
    done
}

# Alpine with Node at /usr/local/bin, Directus at /directus, user `node`, SQLite as the default database, pm2 as the default command.
make_directus() {
    local_engine
    local root=$scratch/directus version
    version=$(directus_version)
    mkdir -p "$root/fixed/usr/bin" "$root/fixed/home/node" "$root/directus/directus"
    users "$root/fixed" node:1000:/home/node
    install -D "$node" "$root/fixed/usr/local/bin/node"
    local tool
    for tool in sh cat ls mkdir rm rmdir chmod chown id env sleep kill ps wget stat head tail grep sed sha256sum find; do
        ln -s busybox "$root/fixed/usr/bin/$tool"
    done
    (
        cd "$root/directus/directus"
        cp "$directus_dir"/node_modules/directus/{cli.js,version.js} .
        python3 - "$directus_dir/node_modules/directus/package.json" >package.json <<'PY'
import json, sys
package = json.load(open(sys.argv[1]))
print(json.dumps({key: package[key] for key in ("name", "version", "type", "exports", "bin")}, indent=2))
PY
        mkdir database extensions uploads
    )
    debian extract base-files,libc6,libgcc-s1,libstdc++6,busybox-static >"$root/image.tar"
    append "$root/image.tar" 0 "$root/fixed" etc usr
    append "$root/image.tar" 1000 "$root/fixed" home/node/
    append "$root/image.tar" 1000 "$root/directus" directus/ directus/database/ directus/extensions/ directus/uploads/
    # Node's own package is in /usr/local/bin already.
    (cd "$directus_dir" && find node_modules -path 'node_modules/node-linux-*' -prune -o ! -type d -print0) |
        tar --append --file "$root/image.tar" --owner=1000 --group=1000 --transform 's,^,directus/,rhS' -C "$directus_dir" --no-recursion --null --files-from=-
    docker import \
        --change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin DB_CLIENT=sqlite3 DB_FILENAME=/directus/database/database.sqlite NODE_ENV=production NPM_CONFIG_UPDATE_NOTIFIER=false' \
        --change 'WORKDIR /directus' --change 'USER node' --change 'EXPOSE 8055' \
        --change 'CMD ["/bin/sh", "-c", "node cli.js bootstrap && node cli.js start"]' \
        --change "LABEL stand-in=\"directus $version from npm on Debian $(pin debian-suite), flat node_modules, no pm2\"" \
        - "$1" <"$root/image.tar" >/dev/null
    rm -rf "$root"
}

# Ubuntu with Postgres, TimescaleDB and PostGIS, user `postgres`, data below /home/postgres/pgdata. Debian has another major version and
# only the Apache edition of TimescaleDB (P18): the label says so.
make_database() {
    local_engine
    local root=$scratch/database major
    major=$(sed -n 's/^postgres-major = //p' Cargo.toml)
    mkdir -p "$root/fixed/home/postgres/pgdata" "$root/fixed/run/postgresql"
    users "$root/fixed" postgres:1000:/home/postgres
    install -D -m 755 scripts/stand-in-database.sh "$root/fixed/docker-entrypoint.sh"
    tar --create --file "$root/image.tar" --owner=0 --group=0 -C "$postgres_dir" \
        --exclude=./{dev,proc,sys,etc/passwd,etc/group,run/postgresql} .
    append "$root/image.tar" 0 "$root/fixed" etc docker-entrypoint.sh
    append "$root/image.tar" 1000 "$root/fixed" home/postgres/ home/postgres/pgdata/ run/postgresql/
    docker import \
        --change "ENV PATH=/usr/lib/postgresql/$major/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin PGDATA=/home/postgres/pgdata/data LC_ALL=C.UTF-8" \
        --change 'USER postgres' --change 'WORKDIR /home/postgres' --change 'EXPOSE 5432' \
        --change 'ENTRYPOINT ["/docker-entrypoint.sh"]' --change 'CMD ["postgres"]' \
        --change "LABEL stand-in=\"Postgres $major with TimescaleDB (Apache edition) and PostGIS from Debian $(pin debian-suite)\"" \
        - "$1" <"$root/image.tar" >/dev/null
    rm -rf "$root"
}

# A Rust toolchain at /usr/local, as the official image has it. What crates.io would be asked for is taken along, and nobody asks it.
rust_root() {
    local root=$1 toolchain target
    toolchain=$(rustup show active-toolchain | cut -d' ' -f1)
    target=$(uname -m)-unknown-linux-musl
    rustup target add "$target" >/dev/null 2>&1 || true
    cargo fetch --locked --quiet
    mkdir -p "$root/usr/local/rustup/toolchains" "$root/usr/local/cargo/bin" "$root/usr/local/cargo/registry"
    printf 'version = "12"\ndefault_toolchain = "%s"\nprofile = "minimal"\n' "$toolchain" >"$root/usr/local/rustup/settings.toml"
    mkdir "$root/usr/local/rustup/toolchains/$toolchain"
    # It may be a link to where it really is.
    tar --create --exclude=./share/doc --exclude=./share/man -C "$(rustup show home)/toolchains/$toolchain/" . |
        tar --extract -C "$root/usr/local/rustup/toolchains/$toolchain"
    cp -R "${CARGO_HOME:-$HOME/.cargo}"/registry/{index,cache} "$root/usr/local/cargo/registry/"
    cp "${CARGO_HOME:-$HOME/.cargo}/bin/rustup" "$root/usr/local/cargo/bin/rustup"
    local proxy
    for proxy in cargo rustc rustdoc rustfmt cargo-fmt cargo-clippy clippy-driver; do ln -f "$root/usr/local/cargo/bin/rustup" "$root/usr/local/cargo/bin/$proxy"; done
    chmod -R a+rwX "$root/usr/local/cargo" "$root/usr/local/rustup"
}
readonly RUST_ENV='RUSTUP_HOME=/usr/local/rustup RUSTUP_AUTO_INSTALL=0 CARGO_HOME=/usr/local/cargo CARGO_NET_OFFLINE=true PATH=/usr/local/cargo/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

make_rust() {
    local root=$scratch/rust
    rust_root "$root/fixed"
    debian minbase gcc,libc6-dev,ca-certificates >"$root/image.tar"
    append "$root/image.tar" 0 "$root/fixed" usr
    docker import --change "ENV $RUST_ENV" --change 'CMD ["bash"]' \
        --change "LABEL stand-in-lock=$(lock_hash) stand-in=\"Rust $(pin rust-image) from rustup on Debian $(pin debian-suite), without a registry\"" \
        - "$1" <"$root/image.tar" >/dev/null
    rm -rf "$root"
}

# What a Gitea runner gives a job: git, Node for actions, the Docker client, a C compiler; and Rust, which the real one must fetch (C17).
make_job() {
    local_engine
    local root=$scratch/job
    rust_root "$root/fixed"
    install -D "$node" "$root/fixed/usr/local/bin/node"
    debian minbase gcc,g++,make,libc6-dev,ca-certificates,git,curl,docker-cli,docker-buildx,python3,procps,psmisc,xz-utils >"$root/image.tar"
    append "$root/image.tar" 0 "$root/fixed" usr
    docker import --change "ENV $RUST_ENV" --change 'CMD ["bash"]' \
        --change "LABEL stand-in-lock=$(lock_hash) stand-in=\"job image on Debian $(pin debian-suite), with Rust\"" \
        - "$1" <"$root/image.tar" >/dev/null
    rm -rf "$root"
}

main "$@"
