#!/bin/sh
# A script for the folder /custom-cont-init.d of linuxserver.io's images: before the application starts, its container trusts
# the authority whose certificate is mounted at /cachearr.
set -eu
certificate=${CACHEARR_CERTIFICATE:-/cachearr/ca.pem}
if [ ! -s "$certificate" ]; then
  echo "**** cachearr: no certificate at $certificate; HTTPS through the proxy is not cached ****"
  exit 0
fi
mkdir -p /usr/local/share/ca-certificates
cp "$certificate" /usr/local/share/ca-certificates/cachearr.crt
update-ca-certificates
echo "**** cachearr: its authority is trusted ****"
