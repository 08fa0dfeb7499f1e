#!/bin/sh
# Makes a container of linuxserver.io (or any that runs scripts at start and has update-ca-certificates) trust the
# authority whose certificate is mounted as /cachearr.pem. It has to belong to root.
#
#   volumes:
#     - ./ca.pem:/cachearr.pem:ro
#     - ./custom-cont-init.d:/custom-cont-init.d:ro     # with this file in it
set -eu
certificate=${1:-/cachearr.pem}
trusted=/usr/local/share/ca-certificates/cachearr.crt

if [ ! -s "$certificate" ]; then
  # The volume is gone: what an earlier start trusted is forgotten.
  rm -f "$trusted"
else
  mkdir -p "${trusted%/*}"
  cp "$certificate" "$trusted"
fi
update-ca-certificates
