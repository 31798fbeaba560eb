#!/usr/bin/env bash
# Writes down what `go tool trace` of Go 1.27.3 prints for every trace in
# testdata: golden/manifest.tsv has the exit status and a digest of the output
# for each file and mode, and golden/*.txt a few whole outputs. For traces of Go
# 1.5 to 1.21 (v1), the mode v1 has the output of `go tool trace -d` of Go 1.21.13.
#
#   testdata/golden.sh            write them
#   testdata/golden.sh --check    only compare; exit 1 if they would change
#   testdata/golden.sh --print FILE...   print manifest lines for any traces
#
# toolchains.sh installs the tools.
set -euo pipefail

reference=1.27.3
reference_v1=1.21.13
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

# Whole outputs are kept of one tiny trace for each version of the format since 1.21.
whole=(traces/go1.21/hello.trace traces/go1.22/hello.trace traces/go1.23/hello.trace
    traces/go1.25/hello.trace traces/go1.26/hello.trace)

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

usage() {
    printf 'usage: %s [--check | --print FILE...]\n' "${0##*/}" >&2
    exit 2
}

# is_v1 FILE: succeeds if it is a trace of Go 1.5 to 1.21.
is_v1() { head -c 16 -- "$1" | LC_ALL=C grep -aqE '^go 1\.([5-9]|1[0-9]|2[01]) trace'; }

# modes FILE: prints the modes that can be asked for.
modes() {
    printf '%s\n' parsed wire footprint
    ! is_v1 "$1" || echo v1
}

# tool MODE FILE OUT ERR: runs Go's tool, and ends with its status.
tool() {
    local status=0
    if [[ $1 == v1 ]]; then
        # For a trace of Go 1.5 the tool asks for the program, for the names of
        # functions. It prints none of them, so any program will do.
        PATH=$bin_v1:$PATH "$trace_v1" -d "$trace_v1" "$2" >"$3" 2>"$4" || status=$?
        # Lines about progress are no messages.
        sed -i '/^[0-9/]* [0-9:]* Parsing trace\.\.\.$/d' "$4"
        return "$status"
    elif [[ $1 == parsed ]] && is_v1 "$2"; then
        "$trace" -d="$1" "$2" 2>"$4" | "$here/runnable.py" >"$3"
    else
        "$trace" -d="$1" "$2" >"$3" 2>"$4"
    fi
}

# lines FILE: prints the manifest's lines for one trace.
lines() {
    local mode status count digest message
    for mode in $(modes "$1"); do
        status=0
        tool "$mode" "$1" "$tmp/out" "$tmp/err" || status=$?
        count=$(wc -l <"$tmp/out")
        digest=$(sha256sum <"$tmp/out")
        message=$(head -n 1 -- "$tmp/err")
        printf '%s\t%s\t%d\t%d\t%s\t%s\n' "$1" "$mode" "$status" "$count" "${digest%% *}" "$message"
    done
}

action='write'
case ${1-} in
'') ;;
--check) action=check && shift ;;
--print) action=print && shift ;;
*) usage ;;
esac
[[ $action == print || $# -eq 0 ]] || usage

tmp=$(mktemp -d)
trap 'rm -rf -- "$tmp"' EXIT
# Wall-clock times are printed in local time.
export GOTOOLCHAIN=local GOENV=off LC_ALL=C TZ=UTC
go=$("$here/toolchains.sh" "$reference")
# The tool is not in the distribution, but is built when it is first asked for.
trace=$("$go" tool -n trace)
go=$("$here/toolchains.sh" "$reference_v1")
trace_v1=$("$go" tool -n trace)
bin_v1=${go%/go}

if [[ $action == print ]]; then
    for file in "$@"; do lines "$file"; done
    exit
fi

cd -- "$here"
mkdir -- "$tmp/golden"
{
    printf 'file\tmode\texit\tlines\tsha256\tstderr\n'
    find traces bad -type f ! -name README.md | sort | while IFS= read -r file; do
        lines "$file"
    done
} >"$tmp/golden/manifest.tsv"
for file in "${whole[@]}"; do
    name=${file#traces/}
    name=${name%.trace}
    for view in $(modes "$file"); do
        # Modes that refuse v1 traces have no output to keep.
        ! is_v1 "$file" || [[ $view == parsed || $view == v1 ]] || continue
        tool "$view" "$file" "$tmp/golden/${name//\//-}.$view.txt" "$tmp/err" || die "$file: $(cat -- "$tmp/err")"
    done
done

if [[ $action == check ]]; then
    diff -r -- golden "$tmp/golden"
else
    mkdir -p golden
    # All files in golden/ are written here, so others are removed.
    for file in golden/*; do
        [[ -e $tmp/$file ]] || rm -rf -- "$file"
    done
    cp -- "$tmp"/golden/* golden/
fi
