#!/usr/bin/env bash
# Runs testdata/programs/tasks, and keeps its traces as DIR/go1.NN.trace (good) and
# DIR/go1.NN-misuse.trace (with ends of tasks and regions that have ended).
#
#   testdata/tasks/record.sh [--out DIR] [--versions "1.21.13 1.27.3"]
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
versions='1.21.13 1.24.11 1.27.3'
out=$here
while [[ $# -gt 0 ]]; do
    case $1 in
    --out) out=$2 && shift 2 ;;
    --versions) versions=$2 && shift 2 ;;
    *)
        printf 'usage: %s [--out DIR] [--versions "V..."]\n' "${0##*/}" >&2
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
    (cd -- "$here/../programs" && "$go" build -trimpath -modfile="$tmp/go.mod" -o "$tmp/tasks" ./tasks)
    timeout 60 "$tmp/tasks" "$out/go1.$minor.trace"
    timeout 60 "$tmp/tasks" "$out/go1.$minor-misuse.trace" misuse
done
