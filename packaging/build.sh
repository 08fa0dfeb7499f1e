#!/bin/sh
# Configures and builds a preset. Usage: build.sh PRESET [TARGET...]; further cmake settings in CACHEARR_CMAKE_ARGS.
set -eu
cd "$(dirname "$0")/.."
preset=$1
shift
folder=build
[ "$preset" = release ] || folder=build-$preset

linker=
for name in mold lld; do
  if command -v "ld.$name" >/dev/null 2>&1; then
    linker="-DCMAKE_EXE_LINKER_FLAGS=-fuse-ld=$name"
    break
  fi
done

# One compiler needs up to 1 GiB: a small machine with many cores must not start one for each.
jobs=$(nproc)
by_memory=$(awk '/^MemAvailable:/ { print int($2 / 1048576) }' /proc/meminfo)
[ "$jobs" -le "$by_memory" ] || jobs=$by_memory
[ "$jobs" -ge 1 ] || jobs=1

# shellcheck disable=SC2086 # the settings are meant to be split into words
cmake --preset "$preset" $linker ${CACHEARR_CMAKE_ARGS:-} >&2
targets=
[ $# -eq 0 ] || targets="--target $*"
# shellcheck disable=SC2086
cmake --build "$folder" -j "$jobs" $targets >&2
