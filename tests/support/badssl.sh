#!/bin/bash
# TLS origins on loopback, one openssl s_server for each way in which an upstream's certificate can be good or bad.
#
#   badssl.sh make  DIR    makes the authorities and certificates (keys never leave DIR)
#   badssl.sh start DIR    starts the origins on ports the kernel gives; DIR/list: "case port good|bad words of the reason"
#   badssl.sh stop  DIR    stops them
#
# All are meant for the name origin.test and to be judged with DIR/root.pem as the only authority.
set -u
usage() { sed -n '2,7s/^# \{0,1\}//p' "$0" >&2; exit 2; }
[ $# = 2 ] || usage
action=$1
mkdir -p "$2" && cd "$2" || exit 1

# case, verdict, words that the reason must hold
cases='ok good
sans1000 good
expired bad expired on
notyet bad not valid before
wronghost bad other.test, not for origin.test
selfsigned bad self-signed
untrusted bad is not trusted
nosan bad names no host
cnonly bad names no host
wildcard bad *.test, not for origin.test
wildbad bad *.origin.test, not for origin.test
sha1 bad weak digest
rsa1024 bad too weak
incomplete bad intermediate
noteku bad not meant for a server
caasleaf bad may not issue certificates
tls10 bad old TLS version
tls11 bad old TLS version
nullcn bad origin.test.evil.test
constrained bad name constraints
hugechain bad too long
sans10000 bad larger than
clientcert bad client certificate
revoked bad revoked'

authority() {  # name subject [issuer extension...]
  local name=$1 subject=$2 issuer=${3:-}
  openssl req -newkey rsa:2048 -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$subject" 2>/dev/null
  printf 'basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\nsubjectKeyIdentifier=hash\n' > "$name.ext"
  [ $# -gt 3 ] && printf '%s\n' "${@:4}" >> "$name.ext"
  if [ -n "$issuer" ]; then
    openssl x509 -req -in "$name.csr" -CA "$issuer.pem" -CAkey "$issuer.key" -CAcreateserial -days 3000 \
      -extfile "$name.ext" -out "$name.pem" 2>/dev/null
  else
    openssl x509 -req -in "$name.csr" -signkey "$name.key" -days 3650 -extfile "$name.ext" -out "$name.pem" 2>/dev/null
  fi
}

leaf() {  # name common-name alternative-names issuer [options of openssl x509, bits, extended key usage]
  local name=$1 issuer=$4
  openssl req -newkey "rsa:${6:-2048}" -nodes -keyout "$name.key" -out "$name.csr" -subj "/CN=$2" 2>/dev/null
  {
    [ -n "$3" ] && echo "subjectAltName=$3"
    printf 'basicConstraints=CA:FALSE\nextendedKeyUsage=%s\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n' \
      "${7:-serverAuth}"
  } > "$name.ext"
  # shellcheck disable=SC2086  # a list of options
  openssl x509 -req -in "$name.csr" -CA "$issuer.pem" -CAkey "$issuer.key" -CAcreateserial -extfile "$name.ext" \
    ${5:--days 30} -out "$name.pem" 2>/dev/null || echo "$name could not be made" >&2
}

dated() {  # name start end: what `openssl x509` cannot date, `openssl ca` can
  openssl req -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.csr" -subj /CN=origin.test \
    -addext subjectAltName=DNS:origin.test 2>/dev/null
  openssl ca -batch -notext -config ca.cnf -cert root.pem -keyfile root.key -in "$1.csr" -out "$1.pem" \
    -startdate "$2" -enddate "$3" 2>/dev/null
}

many_names() {
  local i
  printf DNS:origin.test
  for ((i = 0; i < $1; i++)); do printf ',DNS:host%d.test' "$i"; done
}

make_all() {
  local i
  authority root "test root"
  authority evil "evil root"
  authority int "test intermediate" root
  authority constrained-ca "constrained authority" root "nameConstraints=critical,permitted;DNS:allowed.test"
  mkdir -p ca && : > ca/index.txt && echo 01 > ca/serial
  printf '[ca]\ndefault_ca=d\n[d]\ndatabase=ca/index.txt\nserial=ca/serial\nnew_certs_dir=ca\ndefault_md=sha256\npolicy=p\ncopy_extensions=copy\nunique_subject=no\n[p]\ncommonName=supplied\n' > ca.cnf
  leaf ok origin.test DNS:origin.test root
  dated expired 20200101000000Z 20210101000000Z
  dated notyet 20400101000000Z 20410101000000Z
  leaf wronghost other.test DNS:other.test root
  openssl req -x509 -newkey rsa:2048 -nodes -keyout selfsigned.key -out selfsigned.pem -days 30 -subj /CN=origin.test \
    -addext subjectAltName=DNS:origin.test 2>/dev/null
  leaf untrusted origin.test DNS:origin.test evil
  leaf nosan other.test "" root
  leaf cnonly origin.test "" root
  leaf wildcard x 'DNS:*.test' root
  leaf wildbad x 'DNS:*.origin.test' root
  leaf sha1 origin.test DNS:origin.test root "-days 30 -sha1"
  leaf rsa1024 origin.test DNS:origin.test root "" 1024
  leaf incomplete origin.test DNS:origin.test int
  leaf noteku origin.test DNS:origin.test root "" 2048 clientAuth
  leaf caasleaf-ca "a leaf" DNS:origin.test root
  leaf caasleaf origin.test DNS:origin.test caasleaf-ca
  leaf nullcn origin.test DNS:origin.test.evil.test root
  leaf constrained origin.test DNS:origin.test constrained-ca
  leaf sans1000 origin.test "$(many_names 1000)" root
  leaf sans10000 origin.test "$(many_names 10000)" root
  leaf revoked origin.test DNS:origin.test root
  for i in tls10 tls11 clientcert; do cp ok.pem $i.pem; cp ok.key $i.key; done

  authority link1 "link 1" root
  for ((i = 2; i <= 25; i++)); do authority "link$i" "link $i" "link$((i - 1))"; done
  leaf hugechain origin.test DNS:origin.test link25
  for ((i = 25; i >= 1; i--)); do cat "link$i.pem"; done > hugechain.chain
  cp constrained-ca.pem constrained.chain
  cp caasleaf-ca.pem caasleaf.chain

  # An answer of the authority's OCSP responder, to be stapled: this one is revoked.
  printf 'R\t400101000000Z\t260101000000Z\t%s\tunknown\t/CN=origin.test\n' \
    "$(openssl x509 -noout -serial -in revoked.pem | cut -d= -f2)" > ocsp.txt
  openssl ocsp -issuer root.pem -cert revoked.pem -reqout revoked.req >/dev/null 2>&1
  openssl ocsp -index ocsp.txt -CA root.pem -rsigner root.pem -rkey root.key -reqin revoked.req -respout revoked.ocsp \
    -ndays 30 >/dev/null 2>&1
  chmod 600 ./*.key
}

options_of() {
  case $1 in
    tls10) echo "-tls1 -cipher DEFAULT@SECLEVEL=0" ;;
    tls11) echo "-tls1_1 -cipher DEFAULT@SECLEVEL=0" ;;
    rsa1024 | sha1) echo "-cipher DEFAULT@SECLEVEL=0" ;;
    clientcert) echo "-Verify 1 -verify_return_error -CAfile root.pem" ;;
    revoked) echo "-status_file revoked.ocsp" ;;
  esac
  [ -f "$1.chain" ] && echo "-cert_chain $1.chain"
}

port_of() {  # waits for the line in which s_server names its port
  local tries port
  for ((tries = 0; tries < 1200; tries++)); do
    port=$(sed -n 's/^ACCEPT .*:\([0-9]*\)$/\1/p' "$1.log")
    [ -n "$port" ] && echo "$port" && return
    read -rt 0.05 <> <(:)
  done
  echo "$1 did not start" >&2
  return 1
}

start_all() {
  local name rest port
  : > pids
  while read -r name rest; do
    # shellcheck disable=SC2046  # a list of options
    openssl s_server -accept 127.0.0.1:0 -cert "$name.pem" -key "$name.key" $(options_of "$name") -www \
      > "$name.log" 2>&1 < /dev/null &
    echo $! >> pids
  done <<< "$cases"
  while read -r name rest; do
    port=$(port_of "$name") || exit 1
    echo "$name $port $rest"
  done <<< "$cases" > list
}

stop_all() {
  local pid
  [ -f pids ] || return
  while read -r pid; do kill "$pid" 2>/dev/null; done < pids
  rm -f pids
}

case $action in
  make) make_all ;;
  start) start_all ;;
  stop) stop_all ;;
  *) usage ;;
esac
