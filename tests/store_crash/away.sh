#!/bin/sh
# Lets the disk take nothing for a while, in every way in which it can refuse: full, read-only and broken, with a
# journal that still takes what has to be remembered, with a marker alone, and with nothing.
#   away.sh STORE_AWAY FAILING_DISK
set -u
program=$1
library=$2
folder=$(mktemp -d) || exit 2
trap 'rm -rf "$folder"' EXIT
bad=0
for calls in write write,journal write,journal,marker; do
  for error in 28 30 5; do # ENOSPC, EROFS, EIO
    rm -rf "$folder/store" "$folder/armed"
    FAILING_CALL=$calls FAILING_ERRNO=$error FAILING_COUNT=1000000 FAILING_ARMED="$folder/armed" \
      LD_PRELOAD=$library "$program" "$folder/store" "$folder/armed" > "$folder/out" 2>&1 || bad=$((bad + 1))
    echo "$calls $error: $(grep -v '|' "$folder/out")"
  done
done
[ "$bad" -eq 0 ]
