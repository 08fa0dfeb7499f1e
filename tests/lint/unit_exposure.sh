#!/bin/sh
# Has systemd judge the hardening of the unit: exposure at most 1.2 of 10. Usage: unit_exposure.sh UNIT
# 77 tells ctest that the test was skipped.
set -eu
command -v systemd-analyze >/dev/null || { echo "skipped: systemd-analyze is not installed"; exit 77; }

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
# The program and its manual need not be installed for this.
sed -e "s#^\(Exec[A-Za-z]*=\)[^ ]*#\1/bin/true#" -e '/^Documentation=/d' "$1" > "$folder/cachearr.service"

systemd-analyze verify "$folder/cachearr.service" 2> "$folder/complaints" || true
if grep -F cachearr.service "$folder/complaints"; then
  echo "systemd does not understand the unit as it is meant"
  exit 1
fi
systemd-analyze security --offline=true --threshold=12 --no-pager "$folder/cachearr.service"
