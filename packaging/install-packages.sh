#!/bin/sh
# Installs what is missing of packaging/packages.txt. Usage: install-packages.sh PART... (build, test, ci)
set -eu
list=$(dirname "$0")/packages.txt

missing=
for part in "$@"; do
  while read -r package of command; do
    [ "$of" = "$part" ] || continue
    if [ -n "$command" ] && command -v "$command" >/dev/null 2>&1; then continue; fi
    # Not dpkg -s: a removed package still has a status.
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ]; then continue; fi
    missing="$missing $package"
  done <<EOF
$(sed 's/#.*//; /^ *$/d' "$list")
EOF
done
[ -n "$missing" ] || exit 0

if ! command -v apt-get >/dev/null 2>&1; then
  echo "This is no Debian system; please install the counterparts of:$missing" >&2
  exit 1
fi
as_root=
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "Please have these packages installed, or run this as root:$missing" >&2
    exit 1
  fi
  as_root=sudo
fi

echo "Installing:$missing" >&2
apt_install() {
  # shellcheck disable=SC2086 # the list is meant to be split into words
  $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@" $missing
}
# The package lists of a fresh or an old machine lead nowhere: renew them only then.
if ! apt_install --simulate >/dev/null 2>&1 || ! apt_install >&2; then
  $as_root apt-get update -q >&2
  apt_install >&2
fi
