#!/usr/bin/env bash
# Runs each mode of testdata/programs/path, and keeps its traces as DIR/go1.NN/MODE.trace.
#
#   testdata/path/record.sh [--out DIR] [--versions "1.21.13 1.27.3"] [--modes "MODE..."]
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
versions='1.22.10 1.27.3'
modes='pipeline pool lock fanout starved gc network spawn'
out=$here
while [[ $# -gt 0 ]]; do
    case $1 in
    --out) out=$2 && shift 2 ;;
    --versions) versions=$2 && shift 2 ;;
    --modes) modes=$2 && shift 2 ;;
    *)
        printf 'usage: %s [--out DIR] [--versions "V..."] [--modes "MODE..."]\n' "${0##*/}" >&2
        exit 2
        ;;
    esac
done

tmp=$(mktemp -d)
trap 'rm -rf -- "$tmp"' EXIT
export GOTOOLCHAIN=local GOWORK=off GOFLAGS= GODEBUG= GOMAXPROCS=2 CGO_ENABLED=0
for version in $versions; do
    go=$("$here/../toolchains.sh" "$version")
    minor=${version#1.} minor=${minor%%.*}
    sed "s/^go .*/go 1.$minor/" "$here/../programs/go.mod" >"$tmp/go.mod"
    (cd -- "$here/../programs" && "$go" build -trimpath -modfile="$tmp/go.mod" -o "$tmp/path" ./path)
    mkdir -p -- "$out/go1.$minor"
    for mode in $modes; do
        timeout 60 "$tmp/path" "$out/go1.$minor/$mode.trace" "$mode"
    done
done
