#!/usr/bin/env bash
# Fills fuzz/corpus with small traces from testdata, good and bad, for each target.
# `text` also gets their text form, and `symbols` gets line tables. Traces of Go 1.5 to
# 1.19 come from Go 1.21's own test data, which is part of the toolchain.
set -euo pipefail
cd -- "$(dirname -- "${BASH_SOURCE[0]}")"

most_bytes=20000
go=$(../testdata/toolchains.sh 1.21.13)
old=${go%/bin/go}/src/internal/trace/testdata
for target in raw ordered analyses window sharing text repair; do
    mkdir -p "corpus/$target"
    find ../testdata/traces ../testdata/bad -name '*.trace' -size -$((most_bytes / 1000))k | while read -r trace; do
        name=${trace#../testdata/}
        cp -- "$trace" "corpus/$target/${name//\//-}"
    done
    find "$old" -maxdepth 1 -type f -size -$((most_bytes / 1000))k -exec cp -t "corpus/$target" -- {} +
done
mkdir -p corpus/symbols
GOTRACE_SEEDS=$PWD/corpus/symbols cargo test --quiet --manifest-path ../Cargo.toml --lib write_seeds -- --ignored >/dev/null
for wire in ../testdata/golden/*.wire.txt; do
    name=${wire##*/}
    version=${name%%-*}
    # The text form is the output of dump behind a header.
    { printf 'Trace G%s\n' "${version#g}" && cat -- "$wire"; } >"corpus/text/$name"
done
mkdir -p corpus/godebug
for log in ../testdata/godebug/*/*.log; do
    name=${log#../testdata/godebug/}
    head -c "$most_bytes" -- "$log" >"corpus/godebug/${name//\//-}"
done
