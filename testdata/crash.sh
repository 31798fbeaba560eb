#!/usr/bin/env bash
# Kills traced programs at random moments, with SIGKILL, and keeps the traces that they
# had begun: DIR/go1.NN/crash-N.trace.
#
#   testdata/crash.sh --out DIR --versions "1.22.10 1.27.3" --runs 10 --seed 7
#
# The seed sets the moments; how far a program is by then depends on the machine. Every
# other run has generations of 10 ms. Toolchains come from toolchains.sh.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
versions='1.21.13 1.22.10 1.23.9 1.24.11 1.25.5 1.26.6 1.27.3'
out= runs=10 seed=$RANDOM

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

while [[ $# -gt 0 ]]; do
    [[ $# -ge 2 ]] || die "$1 needs a value"
    case $1 in
    --out) out=$2 ;;
    --versions) versions=$2 ;;
    --runs) runs=$2 ;;
    --seed) seed=$2 ;;
    *) die "usage: ${0##*/} --out DIR [--versions \"V...\"] [--runs N] [--seed N]" ;;
    esac
    shift 2
done
[[ -n $out ]] || die "--out is missing"
[[ $runs =~ ^[0-9]+$ && $seed =~ ^[0-9]+$ ]] || die "not a number: $runs, $seed"

tmp=$(mktemp -d)
child=
trap 'if [[ -n $child ]]; then kill -KILL "$child" 2>/dev/null || true; fi; rm -rf -- "$tmp"' EXIT

printf '%s: seed %s\n' "${0##*/}" "$seed" >&2
RANDOM=$seed
export GOTOOLCHAIN=local GOWORK=off GOENV=off CGO_ENABLED=0
for version in $versions; do
    minor=${version#1.}
    minor=${minor%%[!0-9]*}
    go=$("$here/toolchains.sh" "$version")
    sed "s/^go .*/go 1.$minor/" "$here/programs/go.mod" >"$tmp/go.mod"
    (cd -- "$here/programs" && "$go" build -trimpath -modfile="$tmp/go.mod" -o "$tmp/crash" ./crash)
    mkdir -p -- "$out/go1.$minor"
    for ((run = 0; run < runs; run++)); do
        file=$out/go1.$minor/crash-$run.trace
        godebug=
        ((run % 2)) && godebug=traceadvanceperiod=10000000
        # Programs run for 10 ms to 0.6 s; a generation is 1 s long by default.
        printf -v delay '0.%03d' $((10 + RANDOM % 590))
        GOMAXPROCS=4 GODEBUG=$godebug "$tmp/crash" "$file" &
        child=$!
        sleep "$delay"
        kill -KILL "$child" || die "the program ended before it was killed"
        status=0
        wait "$child" 2>/dev/null || status=$?
        child=
        [[ $status -eq 137 ]] || die "the program ended with status $status"
    done
done
