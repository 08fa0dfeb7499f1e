#!/bin/bash
# Tries what README tells a new user, on Debian 12 systems that debootstrap makes: from source, by the package, by the image.
# As root; it needs a mirror of Debian, some minutes, and the ports 9797 and 9798. No part of tests/run.sh.
#
#   tests/install/chroot-trial.sh FOLDER [source|package|all]     FOLDER keeps the systems, so that a second run is short
#
# TRIAL_CCACHE names a folder in which what was compiled is kept from run to run.
#
# The services that README names are a local origin here: --resolve leads there, nothing leaves this machine but for packages.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
project=$(cd "$here/../.." && pwd)
folder=$(mkdir -p "$1" && cd "$1" && pwd)
what=${2:-all}
mirror=${MIRROR:-http://deb.debian.org/debian}
place=${TRIAL_PLACE:-/opt/cachearr}  # of the clone in the new system
show=/skyhook/v1/tvdb/shows/en/121361
passed=0 failed=0 mounted=() started=()

# The trial's own processes and mounts, the last first.
clean_up() {
  for pid in "${started[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  for ((i = ${#mounted[@]} - 1; i >= 0; i--)); do umount -l "${mounted[i]}"; done
}
trap clean_up EXIT

# check WHAT COMMAND...
check() {
  local name=$1
  shift
  if "$@" >"$folder/last.log" 2>&1; then
    echo "ok    $name"
    passed=$((passed + 1))
  else
    echo "FAIL  $name"
    tail -n 20 "$folder/last.log" | sed 's/^/        /'
    failed=$((failed + 1))
  fi
}

mount_into() {
  mount "${@:1:$#-1}" "${@: -1}"
  mounted+=("${@: -1}")
}

make_base() {
  [ -e "$folder/base/etc/debian_version" ] || debootstrap --variant=minbase bookworm "$folder/base" "$mirror" >"$folder/debootstrap.log"
}

# new_system NAME: a fresh system at $root; what is changed there is kept apart from the base.
new_system() {
  root=$folder/$1/root
  rm -rf "${folder:?}/$1"
  mkdir -p "$folder/$1"/{upper,work,root}
  mount_into -t overlay overlay -o "lowerdir=$folder/base,upperdir=$folder/$1/upper,workdir=$folder/$1/work" "$root"
  mount_into -t proc proc "$root/proc"
  mount_into --rbind /dev "$root/dev"
  cp /etc/resolv.conf "$root/etc/resolv.conf"
}

# as_login: the words before a command, as a new login would run it, without anything of this machine's environment.
as_login() {
  login=(chroot "$root" env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8
    DEBIAN_FRONTEND=noninteractive ${TRIAL_CCACHE:+CCACHE_DIR=/ccache "CCACHE_BASEDIR=$place"} ${CACHEARR_CMAKE_ARGS:+"CACHEARR_CMAKE_ARGS=$CACHEARR_CMAKE_ARGS"})
}
in_system() {
  as_login
  "${login[@]}" "$@"
}
# start_in_system LOG COMMAND...: in the background, with the origin's certificate believed; its process is $started_pid.
start_in_system() {
  local log=$1
  shift
  as_login
  "${login[@]}" SSL_CERT_FILE=/etc/origin.pem "$@" >>"$log" 2>&1 &
  started_pid=$!
  started+=("$started_pid")
}

start_origin() {
  local work=$folder/origin
  rm -rf "$work"
  mkdir -p "$work"
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=skyhook.sonarr.tv" \
    -addext subjectAltName=DNS:skyhook.sonarr.tv -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
  : >"$work/requests.log"
  mkfifo "$work/ports"
  python3 "$project/tests/clients/fixture_origin.py" "$work" "$work/cert.pem" "$work/key.pem" >"$work/ports" &
  started+=($!)
  read -r _ https <"$work/ports"
  resolve=skyhook.sonarr.tv:443:127.0.0.1:$https
}

upstream_calls() { wc -l <"$folder/origin/requests.log"; }
status_of_show() { curl -fsS -D - -o /dev/null "http://127.0.0.1:9797$show" | grep -i '^cache-status:'; }
is_stored() { status_of_show | grep 'fwd=uri-miss.*stored'; }
is_hit() { status_of_show | grep 'cachearr; hit'; }

# wait_until SECONDS COMMAND...
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || return 1
    sleep 0.2
  done
}

is_ready() { curl -fsS http://127.0.0.1:9798/ping; }
has_ended() { ! kill -0 "$started_pid" 2>/dev/null; }
# It builds before it serves; where it gives up, there is nothing to wait for.
becomes_ready() { wait_until 5400 is_ready_or_ended && is_ready || { tail -n 20 "$folder/source-run.log"; return 1; }; }
is_ready_or_ended() { is_ready || has_ended; }

# stop PID: gives its exit code.
stop() {
  kill -TERM "$1"
  wait "$1"
}

try_source() {
  new_system source
  cp "$folder/origin/cert.pem" "$root/etc/origin.pem"
  in_system sh -c 'apt-get update -q && apt-get install -y -q --no-install-recommends git curl ca-certificates' >"$folder/source-apt.log" 2>&1
  git clone -q "file://$project" "$root$place"
  # What a compiler has done on this machine before it need not do again.
  if [ -n "${TRIAL_CCACHE:-}" ]; then
    mkdir -p "$root/ccache"
    mount_into --bind "$TRIAL_CCACHE" "$root/ccache"
  fi
  local begun=$SECONDS
  : >"$folder/source-run.log"
  start_in_system "$folder/source-run.log" "$place"/packaging/run.sh --resolve "$resolve"
  check "source: packaging/run.sh installs, builds and serves" becomes_ready
  echo "      ($((SECONDS - begun)) s)"
  check "source: the first request is stored" is_stored
  check "source: the second is a hit" is_hit
  check "source: SIGTERM ends it with 0" stop "$started_pid"
  check "source: the tests' packages install" in_system "$place"/packaging/install-packages.sh build test
  check "source: packaging/build-deb.sh makes a package" in_system "$place"/packaging/build-deb.sh
  cp "$root$place"/build-deb/*.deb "$folder/cachearr.deb" || true
}

# The same package with a later version.
make_upgrade() {
  rm -rf "$folder/later"
  dpkg-deb -R "$folder/cachearr.deb" "$folder/later"
  sed -i 's/^Version: .*/&+trial/' "$folder/later/DEBIAN/control"
  dpkg-deb --root-owner-group -b "$folder/later" "$root/later.deb" >/dev/null
}

# The unit's ExecStart as systemd runs it: a user of its own, its folder, its name for the state.
start_unit() {
  local command
  command=$(sed -n 's/^ExecStart=//p' "$root/lib/systemd/system/cachearr.service")
  mkdir -p "$root/var/lib/private/cachearr"
  ln -sfn private/cachearr "$root/var/lib/cachearr"
  chown -R 61234:61234 "$root/var/lib/private/cachearr"
  chmod 0700 "$root/var/lib/private/cachearr"
  # shellcheck disable=SC2086 # the command is meant to be split into words
  start_in_system "$folder/unit.log" STATE_DIRECTORY=/var/lib/cachearr setpriv --reuid=61234 --regid=61234 --clear-groups \
    --no-new-privs --bounding-set=-all -- $command --resolve "$resolve"
  unit=$started_pid
  wait_until 60 is_ready
}

files_of_system() {
  (cd "$root" && find . -xdev \( -path ./proc -o -path ./dev -o -path ./var/log -o -path ./var/cache -o -path ./var/lib/apt \
    -o -path ./var/lib/dpkg -o -path ./tmp \) -prune -o -print | sort)
}

is_as_before() { files_of_system | diff "$folder/before.txt" -; }
mentions_nothing() { ! grep -rl cachearr "$root/var/lib/dpkg/status" "$root/var/lib/systemd" "$root/etc/systemd" 2>/dev/null; }
configuration_stays() { grep -q "edited by the owner" "$root/etc/cachearr/cachearr.json"; }
only_configuration_and_state_stay() {
  [ ! -e "$root/usr/bin/cachearr" ] && configuration_stays && [ -d "$root/var/lib/private/cachearr/store" ]
}
exposure_is_low() {
  local exposure
  exposure=$(systemd-analyze security --offline=true "$root/lib/systemd/system/cachearr.service" | grep -oE 'for cachearr.service: [0-9.]+' | grep -oE '[0-9.]+$')
  echo "exposure $exposure"
  awk -v value="$exposure" 'BEGIN { exit !(value <= 1.5) }'
}
has_manuals() { local page; for page in man1/cachearr.1 man5/cachearr.json.5 man5/cachearr-rules.5 man7/cachearr-api.7; do gzip -t "$root/usr/share/man/$page.gz" || return; done; }
has_completions() { bash -n "$root/usr/share/bash-completion/completions/cachearr" && [ -s "$root/usr/share/zsh/vendor-completions/_cachearr" ] && [ -s "$root/usr/share/fish/vendor_completions.d/cachearr.fish" ]; }

# systemd's own program opens the sockets and starts the service at the first connection, as the socket unit would.
serves_by_socket() {
  local listen
  listen=$(sed -n 's/^ListenStream=//p' "$root/lib/systemd/system/cachearr.socket")
  systemd-socket-activate -l "$listen" chroot "$root" setpriv --reuid=61234 --regid=61234 --clear-groups -- \
    env STATE_DIRECTORY=/var/lib/cachearr SSL_CERT_FILE=/etc/origin.pem cachearr serve --resolve "$resolve" >"$folder/socket.log" 2>&1 &
  local pid=$!
  started+=("$pid")
  wait_until 30 grep -q Listening "$folder/socket.log" && is_hit && stop "$pid"
}

try_package() {
  check "package: there is one (\"source\" makes it)" test -e "$folder/cachearr.deb"
  [ -e "$folder/cachearr.deb" ] || return 0
  new_system package
  cp "$folder/origin/cert.pem" "$root/etc/origin.pem"
  cp "$folder/cachearr.deb" "$root/cachearr.deb"
  in_system apt-get update -q >"$folder/package-apt.log" 2>&1
  # What it depends on is there before, so that afterwards only its own is looked for.
  local needed
  needed=$(dpkg-deb -f "$folder/cachearr.deb" Depends | sed 's/([^)]*)//g; s/,/ /g')
  # shellcheck disable=SC2086
  in_system apt-get install -y -q --no-install-recommends $needed >>"$folder/package-apt.log" 2>&1
  make_upgrade
  mkdir -p "$root/var/lib/private"  # systemd's own
  files_of_system >"$folder/before.txt"
  check "package: lintian finds nothing" lintian --no-cfg --fail-on error,warning "$folder/cachearr.deb"
  check "package: it installs" in_system apt-get install -y -q /cachearr.deb
  check "package: systemd-analyze security at most 1.5" exposure_is_low
  check "package: manuals" has_manuals
  check "package: completions" has_completions
  check "package: cachearr check" in_system cachearr check
  check "package: ExecStart serves" start_unit
  check "package: the first request is stored" is_stored
  check "package: the second is a hit" is_hit
  check "package: healthcheck" in_system cachearr healthcheck
  check "package: an authority is made" in_system setpriv --reuid=61234 --regid=61234 --clear-groups cachearr ca init
  echo '// edited by the owner' >>"$root/etc/cachearr/cachearr.json"
  local calls
  calls=$(upstream_calls)
  check "package: it upgrades while it runs" in_system apt-get install -y -q -o Dpkg::Options::=--force-confold /later.deb
  check "package: what runs goes on" is_hit
  check "package: an edited configuration stays" configuration_stays
  check "package: SIGTERM ends it with 0" stop "$unit"
  check "package: the new one starts" start_unit
  check "package: and still has what was stored" is_hit
  check "package: nothing was asked for again" [ "$(upstream_calls)" = "$calls" ]
  check "package: SIGTERM ends it with 0" stop "$unit"
  check "package: by its socket it serves" serves_by_socket
  check "package: it is removed" in_system apt-get remove -y -q cachearr
  check "package: configuration and state stay" only_configuration_and_state_stay
  check "package: it is purged" in_system apt-get purge -y -q cachearr
  check "package: nothing is left of it" is_as_before
  check "package: nor is it mentioned" mentions_nothing
}

for command in debootstrap lintian systemd-analyze systemd-socket-activate openssl curl python3; do
  command -v "$command" >/dev/null || { echo "$command is missing" >&2; exit 2; }
done
make_base
start_origin
[ "$what" = package ] || try_source
[ "$what" = source ] || try_package
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
