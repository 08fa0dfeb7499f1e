#!/bin/sh
# From a fresh clone to a running proxy: installs what is missing, builds, runs `cachearr serve` with the arguments given.
set -eu
here=$(dirname "$0")
"$here/install-packages.sh" build
# Without the tests, which need more to be installed.
CACHEARR_CMAKE_ARGS="-DCACHEARR_TESTS=OFF ${CACHEARR_CMAKE_ARGS:-}" "$here/build.sh" release cachearr
exec "$here/../build/cachearr" serve "$@"
