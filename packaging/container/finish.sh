#!/bin/sh
# The last step of the image's file system, in it: configuration lies in the one volume, and what only installing needed goes.
set -eu
chmod 0755 /usr/lib/cachearr/entrypoint
# So that `cachearr healthcheck`, `dashboard` and all others find the instance without --config.
rm -rf /etc/cachearr
ln -s /config /etc/cachearr
mkdir -p /config
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/cache/debconf/* /var/cache/ldconfig/* /var/log/* /tmp/* \
  /usr/share/man /usr/share/locale /usr/share/bash-completion /usr/share/zsh /usr/share/fish
# Copyright texts stay.
find /usr/share/doc -type f ! -name copyright -delete
find /usr/share/doc -depth -type d -empty -delete
find /usr/share/doc -type l ! -exec test -e {} \; -delete
