#!/usr/bin/env bash
# Builds go-reader with a Go toolchain, 1.23 or newer.
#
#   benches/go-reader/build.sh GO OUTPUT
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
exec "$here/../../testdata/in-goroot.sh" "$here" "$@"
