#!/bin/bash
# Searches with every fuzz target, or with those named, each for so many minutes of processor time; as many at once as
# there are processors. 24 hours for all: tests/fuzz/search.sh 50
#
#   search.sh [MINUTES [TARGET...]]      5 minutes where nothing is said; TARGET as in corpus/: "framing", "http2"
#
# What it learns is kept in build-fuzz/corpus/TARGET for the next search, what breaks a target in build-fuzz/found/.
# The seeds of the tree are only read. FUZZ_JOBS says how many targets search at once. Ends with 1 where anything was found.
set -euo pipefail
cd "$(dirname "$0")/../.."
case ${1:-} in -h | --help) sed -n '2,9s/^# \{0,1\}//p' "$0"; exit 0 ;; esac
minutes=${1:-5}
case $minutes in '' | *[!0-9]*) echo "search.sh: \"$minutes\" is no number of minutes (see --help)" >&2; exit 2 ;; esac
shift || true
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
  for source in tests/fuzz/*_fuzz.cpp; do targets+=("$(basename "$source" _fuzz.cpp)"); done
fi
for target in "${targets[@]}"; do
  [ -f "tests/fuzz/${target}_fuzz.cpp" ] || { echo "search.sh: there is no target \"$target\" in tests/fuzz" >&2; exit 2; }
done

packaging/install-packages.sh build ci
cmake --preset fuzz > /dev/null
ninja -C build-fuzz "${targets[@]/%/_fuzz}" | tail -1
mkdir -p build-fuzz/found

search() {
  local target=$1 seconds=$2 log=build-fuzz/found/$1.log
  mkdir -p "build-fuzz/corpus/$target"
  local seeds=()
  [ ! -d "tests/fuzz/corpus/$target" ] || seeds=("tests/fuzz/corpus/$target")
  local begun ended=0
  begun=$(date +%s)
  "build-fuzz/${target}_fuzz" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 \
    -artifact_prefix="build-fuzz/found/$target-" "build-fuzz/corpus/$target" "${seeds[@]}" > "$log" 2>&1 || ended=$?
  local runs coverage
  runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
  coverage=$(sed -n 's/.* cov: \([0-9]*\) .*/\1/p' "$log" | tail -1)
  printf '%-18s %12s runs, %6s places reached, %4s s: %s\n' "$target" "${runs:-?}" "${coverage:-?}" "$(($(date +%s) - begun))" \
    "$([ "$ended" = 0 ] && echo clean || echo "FOUND, see $log")"
  [ "$ended" = 0 ]
}
export -f search
printf '%s\n' "${targets[@]}" | xargs -P "${FUZZ_JOBS:-$(nproc)}" -I{} bash -c 'search "$1" "$2"' _ {} "$((minutes * 60))"
