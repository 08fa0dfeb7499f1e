#!/bin/sh
# Makes a throw-away authority and server certificates for tests and trials. Nothing of it is meant to be kept.
#
#   make-test-authority.sh DIR [HOST...]     (default: localhost)
#
# DIR/ca.pem is the authority, DIR/HOST.pem and DIR/HOST.key are for a server. An authority that is there is used again.
set -eu
[ $# -ge 1 ] || { sed -n '2,6s/^# \{0,1\}//p' "$0" >&2; exit 2; }
directory=$1
shift
[ $# -ge 1 ] || set -- localhost

umask 077
mkdir -p "$directory"
cd "$directory"

new_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }

if [ ! -s ca.pem ]; then
  new_key ca.key
  openssl req -x509 -new -key ca.key -sha256 -days 30 -subj "/O=cachearr tests/CN=throw-away authority" -out ca.pem \
    -addext "keyUsage=critical,keyCertSign"
fi

for host in "$@"; do
  case $host in
    *[!0-9.]*) case $host in *:*) name=IP:$host ;; *) name=DNS:$host ;; esac ;;
    *) name=IP:$host ;;
  esac
  new_key "$host.key"
  openssl req -new -key "$host.key" -subj "/CN=$host" -out "$host.csr"
  printf 'basicConstraints=critical,CA:FALSE\nextendedKeyUsage=serverAuth\nsubjectAltName=%s\n' "$name" > "$host.ext"
  openssl x509 -req -in "$host.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -sha256 -days 7 -extfile "$host.ext" \
    -out "$host.pem" 2>/dev/null
  rm -f "$host.csr" "$host.ext"
done
