#!/bin/sh
# Lets each of the first writes, syncs and truncations of a store's life fail in turn, once and for good, with a full and a broken disk.
#   faults.sh STORE_FAULTS FAILING_DISK [CALLS]
set -u
program=$1
library=$2
calls=${3:-4}
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
bad=0
runs=0
for kind in write sync; do
  for error in 28 5; do # ENOSPC, EIO
    for count in 1 1000000; do
      from=1
      while [ "$from" -le "$calls" ]; do
        rm -rf "$folder/store" "$folder/armed"
        FAILING_CALL=$kind FAILING_ERRNO=$error FAILING_COUNT=$count FAILING_FROM=$from FAILING_ARMED="$folder/armed" \
          LD_PRELOAD=$library "$program" "$folder/store" "$folder/armed" > "$folder/out" 2>&1 ||
          { echo "$kind $error from $from, $count calls:"; cat "$folder/out"; bad=$((bad + 1)); }
        runs=$((runs + 1))
        from=$((from + 1))
      done
    done
  done
done
echo "$runs faults, $bad with something wrong"
[ "$bad" -eq 0 ]
