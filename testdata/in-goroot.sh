#!/usr/bin/env bash
# Builds a Go program that imports Go's internal packages.
#
#   testdata/in-goroot.sh DIR GO OUTPUT
#
# DIR holds the program's Go files, GO is the go command of a toolchain. Its
# GOROOT is only read: an overlay makes the program appear in it as
# cmd/gotrace-NAME, where importing internal/trace is allowed.
set -euo pipefail

[[ $# -eq 3 ]] || {
    printf 'usage: %s DIR GO OUTPUT\n' "${0##*/}" >&2
    exit 2
}
program=$(cd -- "$1" && pwd) go=$2 output=$(realpath -m -- "$3")
export GOTOOLCHAIN=local GOWORK=off GOFLAGS=

name=gotrace-$(basename -- "$program")
root=$("$go" env GOROOT)
dir=$(mktemp -d)
trap 'rm -rf -- "$dir"' EXIT
python3 - "$program" "$root/src/cmd/$name" >"$dir/overlay.json" <<'PYTHON'
import json, pathlib, sys
files = pathlib.Path(sys.argv[1]).glob("*.go")
print(json.dumps({"Replace": {f"{sys.argv[2]}/{file.name}": str(file) for file in files}}))
PYTHON
mkdir -p -- "$(dirname -- "$output")"
cd -- "$root/src/cmd"
"$go" build -trimpath -overlay "$dir/overlay.json" -o "$output" "cmd/$name"
