#!/bin/sh
# From a fresh clone to a verdict: installs what is missing, builds the release preset, runs every test, and ends with
# "N passed, N failed". Arguments go to ctest (-R name, -L label).
set -u
cd "$(dirname "$0")/.."

fail() {
  echo "$1"
  echo "0 passed, 1 failed"
  exit 1
}
packaging/install-packages.sh build test || fail "packages could not be installed"
packaging/build.sh release || fail "the release preset does not build"

results=$PWD/build/tests.xml
rm -f "$results"
# Twice as many as there are processors: most of them wait for time to pass.
ctest --test-dir build -j $(($(nproc) + 1)) --output-on-failure --no-tests=error --output-junit "$results" "$@"
python3 tests/summary.py $? "$results"
