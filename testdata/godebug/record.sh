#!/usr/bin/env bash
# Records what the Go runtime prints with GODEBUG, with several versions of Go,
# into testdata/godebug/go1.NN/NAME.log.
#
#   testdata/godebug/record.sh                        record what is missing
#   testdata/godebug/record.sh --fresh                record everything anew
#   testdata/godebug/record.sh --out DIR --versions "1.21.13 1.27.3"
#
# ../toolchains.sh installs the toolchains.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
versions='1.21.13 1.22.10 1.23.9 1.24.11 1.25.5 1.26.6 1.27.3'
out=$here
fresh=false

# name     workload procs duration GODEBUG
table='
summary    mixed    4     250ms    schedtrace=20,gctrace=1
procs16    mixed    16    100ms    schedtrace=20
idle       idle     2     120ms    schedtrace=30,gctrace=1
detail     mixed    4     120ms    schedtrace=60,scheddetail=1,gctrace=1
gc         mixed    4     120ms    gctrace=2,scavtrace=1
noisy      noisy    4     150ms    schedtrace=10,gctrace=1
fatal      fatal    2     50ms     schedtrace=40
'

while [[ $# -gt 0 ]]; do
    case $1 in
        --fresh) fresh=true ;;
        --out) out=${2:?--out needs a directory} && shift ;;
        --versions) versions=${2:?--versions needs versions} && shift ;;
        *) printf 'usage: %s [--fresh] [--out DIR] [--versions "1.NN.N ..."]\n' "${0##*/}" >&2 && exit 2 ;;
    esac
    shift
done

tmp=$(mktemp -d)
trap 'rm -rf -- "$tmp"' EXIT
export GOTOOLCHAIN=local GOFLAGS=-mod=mod CGO_ENABLED=0
for version in $versions; do
    go=$("$here/../toolchains.sh" "$version")
    minor=${version#1.}
    minor=${minor%%.*}
    mkdir -p -- "$out/go1.$minor"
    (cd -- "$here/program" && "$go" build -trimpath -o "$tmp/load" .)
    while read -r name workload procs duration godebug; do
        log=$out/go1.$minor/$name.log
        [[ -n $name ]] && { $fresh || [[ ! -e $log ]]; } || continue
        # Go 1.27.3 hangs in one of fifty runs with gctrace=2 and scavtrace=1, and then
        # does not answer SIGQUIT.
        for try in 1 2 3 4 5; do
            status=0
            GOMAXPROCS=$procs GODEBUG=$godebug \
                timeout -s KILL 20 "$tmp/load" "$workload" "$duration" 2>"$tmp/log" || status=$?
            [[ $status -eq 137 ]] || break
            printf 'go %s, %s: killed after 20 s, try %d of 5\n' "$version" "$name" "$try" >&2
        done
        [[ $status -eq 0 || $workload == fatal ]] || {
            printf 'go %s, %s: exit status %d\n' "$version" "$name" "$status" >&2
            exit 1
        }
        mv -- "$tmp/log" "$log"
        printf '%s\n' "${log#"$out/"}" >&2
    done <<<"$table"
done
