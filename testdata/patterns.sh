#!/usr/bin/env bash
# Runs each mode of testdata/programs/patterns three times: tracing itself, and with
# GODEBUG's log with and without details. Keeps the results as
# DIR/go1.NN/MODE.trace, MODE.log and MODE.brief.log.
#
#   testdata/patterns.sh --out DIR [--versions "1.21.13 1.27.3"] [--modes "MODE..."]
#
# Modes run one after the other, as their patterns depend on how busy the processors are.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
versions=1.24.11
modes='starvation syscalls network gc stuck leak convoy pinned handoff locked waiting calls stall batch marking busy idle server'
out=
while [[ $# -gt 0 ]]; do
    case $1 in
    --out) out=$2 && shift 2 ;;
    --versions) versions=$2 && shift 2 ;;
    --modes) modes=$2 && shift 2 ;;
    *)
        printf 'usage: %s --out DIR [--versions "V..."] [--modes "MODE..."]\n' "${0##*/}" >&2
        exit 2
        ;;
    esac
done
[[ -n $out ]] || {
    printf '%s: --out is missing\n' "${0##*/}" >&2
    exit 2
}

tmp=$(mktemp -d)
trap 'rm -rf -- "$tmp"' EXIT
export GOTOOLCHAIN=local GOWORK=off GOFLAGS= GOMAXPROCS=2

for version in $versions; do
    go=$("$here/toolchains.sh" "$version")
    minor=${version#1.} minor=${minor%%.*}
    sed "s/^go .*/go 1.$minor/" "$here/programs/go.mod" >"$tmp/go.mod"
    (cd -- "$here/programs" && "$go" build -trimpath -modfile="$tmp/go.mod" -o "$tmp/patterns" ./patterns)
    mkdir -p -- "$out/go1.$minor"
    for mode in $modes; do
        to=$out/go1.$minor/$mode extra=
        [[ $mode != @(stuck|calls|stall) ]] || extra=asyncpreemptoff=1
        # Each run takes a second or two; a runtime that hangs must not stop the script.
        GODEBUG=$extra timeout -k 5 60 "$tmp/patterns" "$mode" "$to.trace"
        GODEBUG=schedtrace=50,scheddetail=1,gctrace=1,$extra timeout -k 5 60 "$tmp/patterns" "$mode" 2>"$to.log"
        GODEBUG=schedtrace=50,gctrace=1,$extra timeout -k 5 60 "$tmp/patterns" "$mode" 2>"$to.brief.log"
    done
done
