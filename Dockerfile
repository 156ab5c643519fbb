# The image that production runs: the pinned Directus, everything of this release baked in, and the runner as its entrypoint. Nothing is
# mounted into it but the uploads, and no `.env` is read.
#
# The runner comes from one of two stages; BuildKit skips the other:
#   RUNNER=source     compiled here, so that `docker compose up --build` needs nothing but Docker (default)
#   RUNNER=prebuilt   the binary that `cargo xtask image` has just built and lays in the context as prebuilt/runner-ARCH
# It stays in what BuildKit has understood since Docker 20.10: no `# syntax=` line, which a registry would have to be asked for (C12).

ARG RUNNER=source
# @sha256:… pins the base's very bytes.
ARG DIRECTUS_DIGEST=

FROM rust:1.95.0-slim-trixie AS runner-source
WORKDIR /src
COPY Cargo.toml Cargo.lock rust-toolchain.toml ./
COPY .cargo .cargo
COPY crates crates
COPY runner runner
COPY xtask xtask
RUN target="$(uname -m)-unknown-linux-musl" \
    && { test -d "$(rustc --print sysroot)/lib/rustlib/$target" || rustup target add "$target"; } \
    && remap="--remap-path-prefix=${CARGO_HOME:-$HOME/.cargo}/registry/src=/crates" \
    && cargo build --locked --release --package runner --target "$target" --config "target.$target.rustflags=[\"$remap\"]" \
    && cp "target/$target/release/runner" /runner

FROM scratch AS runner-prebuilt
ARG TARGETARCH
COPY prebuilt/runner-${TARGETARCH} /runner

# A stage above, and no image.
# hadolint ignore=DL3006
FROM runner-${RUNNER} AS runner

# Directus' own code, linked once (bridge/prelink): by what the base image brings, so that no registry is asked, and by the user who runs it,
# because Node keeps a compile cache for each.
FROM directus/directus:11.17.4${DIRECTUS_DIGEST} AS prelinked
USER 0:0
COPY --chmod=0555 bridge /directus/bridge
RUN mkdir /directus/prelinked && chown 1000:1000 /directus/prelinked
USER 1000:1000
RUN node bridge/prelink/build.js /directus /directus/prelinked \
    && node --random-seed=1 bridge/prelink/compile.js /directus /directus/prelinked

FROM directus/directus:11.17.4${DIRECTUS_DIGEST} AS image
# Owned by root and read-only, folders too: what serves cannot change what it serves. --chmod on the copy, because a later chmod or chown
# would store everything twice (C9).
USER 0:0
# In the base image these two are the server's own; whoever may write a folder may put something else in its place.
RUN ["chown", "0:0", "/directus", "/directus/extensions"]
COPY --from=runner --chmod=0555 /runner /usr/local/bin/runner
COPY --from=prelinked --chown=0:0 --chmod=0555 /directus/prelinked /directus/prelinked
COPY --chmod=0555 bridge /directus/bridge
COPY --chmod=0555 db-init /directus/db-init
COPY --chmod=0555 db-init-post /directus/db-init-post
COPY --chmod=0555 snapshots /directus/snapshots
COPY --chmod=0555 seeds /directus/seeds
COPY --chmod=0555 extensions /directus/extensions
# The base image means SQLite. The health check asks every few seconds, and is no news.
ENV DB_CLIENT=pg LOG_HTTP_IGNORE_PATHS=/server/ping
# HASH@SECONDS: an image of an older commit never undoes what one of a younger commit did. Without it every other release is a new one.
ARG RUNNER_COMMIT=
ENV RUNNER_COMMIT=${RUNNER_COMMIT}
# By number, for Kubernetes' runAsNonRoot (C9).
USER 1000:1000
# The base image is what the runner and the bridge take it for, or there is no image. What Node leaves in these two folders stays out.
RUN --mount=type=tmpfs,target=/home/node --mount=type=tmpfs,target=/tmp ["runner", "image-check"]
HEALTHCHECK --interval=5s --timeout=6s --start-period=5m --retries=3 CMD ["runner", "healthcheck"]
LABEL org.opencontainers.image.base.name="docker.io/directus/directus:11.17.4"
# Setting ENTRYPOINT resets the base image's CMD (C9).
ENTRYPOINT ["runner"]
CMD ["start"]
