#!/bin/sh
# A script for the folder /custom-cont-init.d of linuxserver.io's images, and of any other that runs scripts at its start and has
# update-ca-certificates: before the application starts, its container trusts the authority whose certificate is mounted at
# /cachearr, and no longer where that is gone. It has to belong to root (chown root:root), or those images warn of it.
set -eu
certificate=${CACHEARR_CERTIFICATE:-/cachearr/ca.pem}
trusted=${CACHEARR_TRUSTED:-/usr/local/share/ca-certificates/cachearr.crt}
if [ -s "$certificate" ]; then
  mkdir -p "${trusted%/*}"
  cp "$certificate" "$trusted"
  told="its authority is trusted"
else
  rm -f "$trusted"
  told="no certificate at $certificate; HTTPS through the proxy is not cached"
fi
update-ca-certificates
echo "**** cachearr: $told ****"
