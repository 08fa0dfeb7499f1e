#!/bin/sh
# Builds the Debian package into build-deb/.
set -eu
cd "$(dirname "$0")/.."
packaging/install-packages.sh build
# Without them CPack fails after the whole build, or makes a package that depends on nothing.
for tool in file dpkg-shlibdeps; do
  command -v "$tool" >/dev/null || { echo "build-deb.sh: \"$tool\" is missing: packaging/install-packages.sh build" >&2; exit 1; }
done
cmake --preset release -B build-deb -DCMAKE_INSTALL_PREFIX=/usr -DCACHEARR_TESTS=OFF >&2
cmake --build build-deb -j "$(nproc)" >&2
cd build-deb
cpack -G DEB >&2
ls ./*.deb
