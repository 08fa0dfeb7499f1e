#!/bin/sh
# Kills a store under load, again and again, and looks after each kill whether anything was lost, torn or brought back.
#   tests/crash.sh N [PROGRAM [GRACE]]   N kills; PROGRAM is store_crash of a build folder; what was stored more than
#                                        GRACE milliseconds (1000, as promised) before a kill has to be there
set -u
rounds=${1:-20}
program=${2:-$(dirname "$0")/../build/store_crash}
grace=${3:-1000}
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
bad=0
round=1
while [ "$round" -le "$rounds" ]; do
  # Two stores in turn: one with room for all, where nothing may be missing, one that evicts all the time.
  if [ $((round % 2)) -eq 0 ]; then mode=evict; else mode=keep; fi
  mkdir -p "$folder/$mode"
  rm -f "$folder/$mode"/log.* # a load that is killed before it has begun leaves none of its own
  "$program" load "$folder/$mode" "$round" "$mode" > "$folder/out" 2>&1 &
  pid=$!
  # Between 20 ms and 2.5 s: in the middle of a start, a commit, an eviction or a sweep.
  delay=$(od -An -N2 -tu2 /dev/urandom)
  sleep "$(awk "BEGIN { print 0.02 + $delay / 65536 * 2.5 }")"
  killed_at=$(date +%s%3N)
  kill -9 "$pid" 2> /dev/null
  wait "$pid" 2> /dev/null
  if grep -q torn "$folder/out"; then cat "$folder/out"; bad=$((bad + 1)); fi
  "$program" check "$folder/$mode" "$round" "$mode" "$killed_at" "$grace" > "$folder/out" 2>&1 || { cat "$folder/out"; bad=$((bad + 1)); }
  round=$((round + 1))
done
echo "$rounds kills, $bad with something wrong"
[ "$bad" -eq 0 ]
