#!/usr/bin/env bash
# Writes src/anonymize/std_packages.txt: the packages of the standard library, of which
# `gotrace anonymize` keeps the names. With a new release of Go, add it to the versions.
#
#   testdata/std.sh
set -euo pipefail

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
versions='1.21.13 1.22.10 1.23.9 1.24.11 1.25.5 1.26.6 1.27.3'

# Packages that older releases had, and that were moved or removed before Go 1.21.
before='
golang_org/x/net/http2/hpack
golang_org/x/net/lex/httplex
golang_org/x/crypto/chacha20poly1305
golang_org/x/net/dns/dnsmessage
internal/golang.org/x/net/http2/hpack
internal/singleflight
internal/nettrace
runtime/internal/atomic
runtime/internal/math
runtime/internal/sys
internal/bytealg
internal/cpu
internal/race
internal/lazyregexp
internal/fmtsort
internal/oserror
vendor/golang_org/x/crypto/chacha20poly1305
vendor/golang_org/x/crypto/curve25519
vendor/golang_org/x/net/dns/dnsmessage
vendor/golang_org/x/net/http/httpguts
vendor/golang_org/x/net/http/httpproxy
vendor/golang_org/x/net/http2/hpack
vendor/golang_org/x/net/idna
vendor/golang_org/x/net/lex/httplex
vendor/golang_org/x/net/proxy
vendor/golang_org/x/text/secure/bidirule
vendor/golang_org/x/text/transform
vendor/golang_org/x/text/unicode/bidi
vendor/golang_org/x/text/unicode/norm
'

export GOTOOLCHAIN=local
# A program's name for itself is no package of the library.
{
    printf '%s\n' $before
    for version in $versions; do
        go=$("$here/toolchains.sh" "$version")
        for os in linux darwin windows; do
            (cd / && GOOS=$os CGO_ENABLED=0 "$go" list std && GOOS=$os CGO_ENABLED=1 "$go" list std)
        done
    done
} | LC_ALL=C sort -u >"$here/../src/anonymize/std_packages.txt.new"
mv -- "$here/../src/anonymize/std_packages.txt.new" "$here/../src/anonymize/std_packages.txt"
