#!/bin/sh
# Builds the Debian package into build-deb/.
set -eu
cd "$(dirname "$0")/.."
packaging/install-packages.sh build
cmake --preset release -B build-deb -DCMAKE_INSTALL_PREFIX=/usr -DCACHEARR_TESTS=OFF >&2
cmake --build build-deb -j "$(nproc)" >&2
cd build-deb
cpack -G DEB >&2
ls ./*.deb
