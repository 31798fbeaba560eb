#!/usr/bin/env bash
# Runs testdata/programs/truth, which traces itself, and writes its own measurements beside
# the trace: DIR/go1.NN.trace and DIR/go1.NN.json.
#
#   testdata/truth.sh --out DIR --versions "1.21.13 1.27.3"
#   testdata/truth.sh --out testdata/truth --versions "1.21.13 1.27.3" --small 40000
#
# With --small BYTES the program does less, and runs again while the trace is larger than
# that; the smallest is kept. On a busy machine traces are large, as goroutines that wait
# for the sweeper yield thousands of times.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
versions=1.27.3 out= small= tries=150
while [[ $# -gt 0 ]]; do
    case $1 in
    --out) out=$2 && shift 2 ;;
    --versions) versions=$2 && shift 2 ;;
    --small) small=$2 && shift 2 ;;
    *) out= && break ;;
    esac
done
[[ -n $out ]] || {
    printf 'usage: %s --out DIR [--versions "V..."] [--small BYTES]\n' "${0##*/}" >&2
    exit 2
}

size() { wc -c <"$1"; }

tmp=$(mktemp -d)
trap 'rm -rf -- "$tmp"' EXIT
# cgo is off: with C code the runtime has one more goroutine, for callbacks.
export GOTOOLCHAIN=local GOWORK=off GOFLAGS= GODEBUG= CGO_ENABLED=0 GOMAXPROCS=2
mkdir -p -- "$out"
for version in $versions; do
    go=$("$here/toolchains.sh" "$version")
    minor=${version#1.} minor=${minor%%.*}
    sed "s/^go .*/go 1.$minor/" "$here/programs/go.mod" >"$tmp/go.mod"
    (cd -- "$here/programs" && "$go" build -trimpath -modfile="$tmp/go.mod" -o "$tmp/truth" ./truth)
    rm -f -- "$tmp/best"
    for ((try = 0; try < tries; try++)); do
        timeout -k 5 60 "$tmp/truth" "$tmp/trace" "$tmp/json" ${small:+small}
        if [[ ! -e $tmp/best || $(size "$tmp/trace") -lt $(size "$tmp/best") ]]; then
            mv -- "$tmp/trace" "$tmp/best"
            mv -- "$tmp/json" "$tmp/best.json"
        fi
        [[ -n $small && $(size "$tmp/best") -gt $small ]] || break
    done
    mv -- "$tmp/best" "$out/go1.$minor.trace"
    mv -- "$tmp/best.json" "$out/go1.$minor.json"
done
