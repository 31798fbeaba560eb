#!/usr/bin/env bash
# Builds go-reader with a Go toolchain, 1.23 or newer.
#
#   benches/go-reader/build.sh GO OUTPUT
#
# GO is the go command. Its GOROOT is only read: an overlay makes main.go appear
# in it as cmd/gotrace-go-reader, where importing internal/trace is allowed.
set -euo pipefail

[[ $# -eq 2 ]] || {
    printf 'usage: %s GO OUTPUT\n' "${0##*/}" >&2
    exit 2
}
go=$1 output=$(realpath -m -- "$2")
here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
export GOTOOLCHAIN=local GOWORK=off GOFLAGS=

root=$("$go" env GOROOT)
dir=$(mktemp -d)
trap 'rm -rf -- "$dir"' EXIT
python3 -c 'import json, sys; print(json.dumps({"Replace": {sys.argv[1]: sys.argv[2]}}))' \
    "$root/src/cmd/gotrace-go-reader/main.go" "$here/main.go" >"$dir/overlay.json"
mkdir -p -- "$(dirname -- "$output")"
cd -- "$root/src/cmd"
"$go" build -trimpath -overlay "$dir/overlay.json" -o "$output" cmd/gotrace-go-reader
