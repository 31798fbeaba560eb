#!/usr/bin/env bash
# Records execution traces of the programs in testdata/programs with several
# versions of Go, into testdata/traces/go1.NN/WORKLOAD.trace.
#
#   testdata/record.sh                         record what is missing
#   testdata/record.sh --fresh                 record everything anew
#   testdata/record.sh --out DIR --versions "1.22.10 1.27.3" --workloads "hello gc"
#
# A trace appears in its place whole or not at all. toolchains.sh installs the
# toolchains. Workloads with cgo need a C compiler, and are skipped, with a note,
# if there is none.
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
versions='1.21.13 1.22.10 1.23.9 1.24.11 1.25.5 1.26.6 1.27.3'
workloads=
out=$here/traces
fresh=false
max_bytes=0
tries=30

# The workloads. since: the first Go minor version that has the feature.
# procs: GOMAXPROCS. cgo: CGO_ENABLED. exit: the status expected.
# godebug: GODEBUG, - for none. The rest: the program's arguments.
table='
# workload      program     since procs cgo exit godebug                    arguments
hello           hello       21    2     0   0    -
http            http        21    4     0   0    -
chans           chans       21    4     0   0    -
sync            sync        21    4     0   0    -
timers          timers      21    4     0   0    -
syscalls        syscalls    21    4     0   0    -
procs           procs       21    4     0   0    -
blockedms       blockedms   21    4     0   0    -
gc              gc          21    2     0   0    -
stw             stw         21    2     0   0    -
annotations     annotations 21    2     0   0    -
cpuprofile      cpuprofile  21    2     0   0    -
cgo             cgo         21    4     1   0    -
deep            deep        21    4     0   0    -
manygo          manygo      21    1     0   0    -
restart         restart     21    4     0   0    -
gc-gens         gc          22    2     0   0    traceadvanceperiod=1000000   heavy
cgo-gens        cgo         22    4     1   0    traceadvanceperiod=2000000
syscalls-gens   syscalls    22    4     0   0    traceadvanceperiod=3000000
mixed           mixed       21    4     0   0    traceadvanceperiod=8000000
mixed-16p       mixed       21    16    0   0    traceadvanceperiod=8000000
mixed-procs     mixed       21    4     0   0    traceadvanceperiod=8000000   procs
nostop          nostop      21    4     0   3    -
nostop-gens     nostop      22    4     0   3    traceadvanceperiod=2000000   short
iterpull        iterpull    23    4     0   0    -
iterpull-gens   iterpull    23    4     0   0    traceadvanceperiod=1000000
alloc           alloc       23    2     0   0    traceallocfree=1
synctest        synctest    25    2     0   0    -
flight          flight      25    4     0   0    traceadvanceperiod=8000000
flight-both     flight      25    4     0   0    traceadvanceperiod=15000000  both
'

usage() {
    cat <<EOF
usage: ${0##*/} [--out DIR] [--versions "V..."] [--workloads "W..."] [--fresh] [--max-bytes N] [--list]
  --out DIR          write DIR/go1.NN/WORKLOAD.trace (default: testdata/traces)
  --versions "V..."  Go versions (default: $versions)
  --workloads "W..." only these
  --fresh            record again what is there already
  --max-bytes N      record again, up to $tries times, while a trace is larger than
                     N bytes, and keep the smallest. (Goroutines that yield while
                     they wait for another to sweep can make thousands of events.)
  --list             print the workloads and their settings
EOF
}

note() { printf '%s: %s\n' "${0##*/}" "$*" >&2; }
die() {
    note "$*"
    exit 1
}

while [[ $# -gt 0 ]]; do
    case $1 in
    --out | --versions | --workloads | --max-bytes)
        [[ $# -ge 2 ]] || die "$1 needs a value"
        case $1 in
        --out) out=$2 ;;
        --versions) versions=$2 ;;
        --workloads) workloads=$2 ;;
        *) max_bytes=$2 ;;
        esac
        shift 2
        ;;
    --fresh) fresh=true && shift ;;
    --list) printf '%s' "${table#$'\n'}" && exit ;;
    -h | --help) usage && exit ;;
    *)
        usage >&2
        exit 2
        ;;
    esac
done

[[ $max_bytes =~ ^[0-9]+$ ]] || die "not a number: $max_bytes"
[[ -n ${versions// /} ]] || die "no versions"
for w in $workloads; do
    grep -q "^$w " <<<"$table" || die "no such workload: $w (--list prints them)"
done

tmp=$(mktemp -d)
partial=
trap 'rm -rf -- "$tmp" ${partial:+"$partial"}' EXIT

# wanted NAME SINCE MINOR: succeeds if the workload is to be recorded.
wanted() {
    [[ $1 != '#' && -n $1 && $3 -ge $2 ]] && [[ -z $workloads || " $workloads " == *" $1 "* ]]
}

# build GO CGO PROGRAM...: builds programs into $tmp/bin. $tmp/go.mod is their
# go.mod with the toolchain's own version of the language, so that each program
# has the defaults of its time, above all the kind of timers.
build() {
    local go=$1 cgo=$2
    shift 2
    [[ $# -gt 0 ]] || return 0
    if ! (cd -- "$here/programs" &&
        CGO_ENABLED=$cgo "$go" build -trimpath -modfile="$tmp/go.mod" -o "$tmp/bin/" "${@/#/./}") >"$tmp/log" 2>&1; then
        cat -- "$tmp/log" >&2
        die "$go build failed"
    fi
}

# run PROGRAM PROCS EXIT GODEBUG FILE [ARGUMENT...]: records one trace.
run() {
    local program=$1 procs=$2 expect=$3 godebug=$4 file=$5 status try
    shift 5
    rm -f -- "$tmp/best"
    for ((try = 0; try < (max_bytes ? tries : 1); try++)); do
        status=0
        GOMAXPROCS=$procs GODEBUG=${godebug#-} \
            timeout 60 "$tmp/bin/$program" "$tmp/trace" "$@" >"$tmp/log" 2>&1 || status=$?
        if [[ $status -ne $expect ]]; then
            tail -n 40 -- "$tmp/log" >&2
            die "$program exited with $status, not $expect, while recording $file"
        fi
        [[ -s $tmp/trace && $(head -c 5 -- "$tmp/trace") == 'go 1.' ]] || die "$program wrote no trace for $file"
        if [[ ! -e $tmp/best || $(size "$tmp/trace") -lt $(size "$tmp/best") ]]; then
            mv -- "$tmp/trace" "$tmp/best"
        fi
        [[ $(size "$tmp/best") -gt $max_bytes ]] || break
    done
    # The trace is first copied into the directory under another name, and then renamed.
    mkdir -p -- "${file%/*}"
    partial=$file.partial.$$
    mv -- "$tmp/best" "$partial"
    mv -f -- "$partial" "$file"
}

size() { wc -c <"$1"; }

export GOTOOLCHAIN=local GOWORK=off GOENV=off
for version in $versions; do
    version=${version#v}
    minor=${version#1.}
    minor=${minor%%[!0-9]*}
    dir=$out/go1.$minor

    plain=() with_cgo=() todo=()
    while read -r name program since procs cgo expect godebug args; do
        wanted "$name" "${since:-0}" "$minor" || continue
        $fresh || [[ ! -s $dir/$name.trace ]] || continue
        if [[ $cgo == 1 ]]; then
            command -v "${CC:-gcc}" >/dev/null || { note "no C compiler: skipping $name" && continue; }
            with_cgo+=("$program")
        else
            plain+=("$program")
        fi
        todo+=("$program $procs $expect $godebug $dir/$name.trace $args")
    done <<<"$table"
    [[ ${#todo[@]} -gt 0 ]] || continue

    go=$("$here/toolchains.sh" "$version")
    rm -rf -- "${tmp:?}/bin"
    mkdir -- "$tmp/bin"
    sed "s/^go .*/go 1.$minor/" "$here/programs/go.mod" >"$tmp/go.mod"
    build "$go" 0 "${plain[@]}"
    build "$go" 1 "${with_cgo[@]}"
    for line in "${todo[@]}"; do
        read -r -a words <<<"$line"
        run "${words[@]}"
    done
done
