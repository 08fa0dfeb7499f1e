#!/bin/bash
# Tries the container image as people start it, with podman and runc. As root; no part of tests/run.sh. The ports 9797 and 9798 of this
# machine have to be free, since the containers share its network here: nothing is asked of another.
#
#   packaging/container/build-image.sh PACKAGE.deb IMAGE.tar && tests/install/container-trial.sh IMAGE.tar
#
# PODMAN_OPTIONS and RUN_OPTIONS are for machines that allow less than podman expects, such as "--ulimit nofile=4096:4096".
set -uo pipefail
image=$1
project=$(cd "$(dirname "$0")/../.." && pwd)
work=$(mktemp -d)
passed=0 failed=0 origin=

podman_here() {
  # shellcheck disable=SC2086 # the options are meant to be split into words
  podman --root "$work/storage" --runroot "$work/run" --storage-driver vfs --cgroup-manager cgroupfs --runtime runc ${PODMAN_OPTIONS:-} "$@"
}

clean_up() {
  podman_here rm -f -t 5 trial >/dev/null 2>&1
  [ -z "$origin" ] || kill "$origin"
  rm -rf "$work"
}
trap clean_up EXIT

check() {
  local name=$1
  shift
  if "$@" >"$work/last.log" 2>&1; then
    echo "ok    $name"
    passed=$((passed + 1))
  else
    echo "FAIL  $name"
    tail -n 20 "$work/last.log" | sed 's/^/        /'
    failed=$((failed + 1))
  fi
}

# start OPTION...: a container named trial, with $volume as its volume.
start() {
  # shellcheck disable=SC2086
  podman_here run -d --name trial --no-healthcheck --network host ${RUN_OPTIONS:-} -v "$volume:/config" "$@" >"$work/start.log" 2>&1 &&
    wait_until 60 curl -fsS http://127.0.0.1:9798/ping
}
run_once() {
  # shellcheck disable=SC2086
  podman_here run --rm --no-healthcheck --network host ${RUN_OPTIONS:-} "$@"
}
new_volume() {
  volume=$work/volume-$1
  mkdir "$volume"
}
inside() { podman_here exec trial "$@"; }
wait_until() {
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$end" ] || { podman_here logs trial; return 1; }
    sleep 0.2
  done
}
stops_with_0() {
  podman_here stop -t 30 trial && [ "$(podman_here inspect trial --format '{{.State.ExitCode}}')" = 0 ]
}
remove() { podman_here rm -f trial >/dev/null; }

show=http://127.0.0.1:9797/skyhook/v1/tvdb/shows/en/121361
is_stored() { curl -fsS -D - -o /dev/null "$show" | grep -i 'cache-status:.*fwd=uri-miss.*stored'; }
is_hit() { curl -fsS -D - -o /dev/null "$show" | grep -i 'cache-status: cachearr; hit'; }
owner_is() { [ "$(stat -c %u:%g "$volume/state/api_key")" = "$1" ]; }
runs_as() { pgrep -u "$1" -x cachearr; }
is_new_file_private() { [ "$(stat -c %a "$volume/cachearr.json")" = 600 ]; }
is_berlin() { podman_here logs trial 2>&1 | grep -F "$(TZ=Europe/Berlin date +%Y-%m-%d\ %H:)"; }
# What an exec leaves behind ends, and nobody else is there to collect it.
leaves_no_zombie() {
  inside sh -c '(sleep 0.1 &)'
  wait_until 10 has_no_zombie
}
has_no_zombie() {
  inside sh -c 'cat /proc/[0-9]*/stat' >"$work/processes" && grep -q '(cachearr)' "$work/processes" && ! grep -F '(sleep)' "$work/processes"
}
is_published_without_key() { [ -s "$volume/public/ca.pem" ] && [ "$(ls "$volume/public")" = ca.pem ] && [ "$(stat -c %a "$volume/public")" = 755 ]; }
is_small() { [ "$(gzip -c <(podman_here export trial) | wc -c)" -lt 60000000 ]; }
has_healthcheck() { podman_here image inspect cachearr --format '{{json .HealthCheck}}' | grep healthcheck; }
refuses() { ! run_once "$@" >"$work/refused" 2>&1 && grep "^cachearr: " "$work/refused"; }

start_origin() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=skyhook.sonarr.tv" \
    -addext subjectAltName=DNS:skyhook.sonarr.tv -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
  chmod 0644 "$work/cert.pem"
  : >"$work/requests.log"
  mkfifo "$work/ports"
  python3 "$project/tests/clients/fixture_origin.py" "$work" "$work/cert.pem" "$work/key.pem" >"$work/ports" &
  origin=$!
  read -r _ https <"$work/ports"
}

start_origin
serve=(-v "$work/cert.pem:/trial.pem:ro" -e SSL_CERT_FILE=/trial.pem cachearr serve --resolve "skyhook.sonarr.tv:443:127.0.0.1:$https")
check "the image loads" podman_here load -i "$image"
check "it has a health check" has_healthcheck

new_volume users
check "PUID, PGID, UMASK, TZ: it starts, with a read-only root" start --read-only -e PUID=1234 -e PGID=1235 -e UMASK=077 -e TZ=Europe/Berlin \
  -e CACHEARR__INTERCEPT__ENABLED=true "${serve[@]}"
check "it runs as PUID" runs_as 1234
check "its files are of PUID:PGID" owner_is 1234:1235
check "and made with UMASK" is_new_file_private
check "the first request is stored" is_stored
check "the second is a hit" is_hit
check "its log is in TZ's time" wait_until 30 is_berlin
check "cachearr healthcheck" inside cachearr healthcheck
check "cachearr check" inside cachearr check
check "cachearr dashboard prints a link" inside cachearr dashboard
check "the certificate lies in the folder for others, the key does not" is_published_without_key
check "what is left behind in it is collected" leaves_no_zombie
check "it is under 60 MB compressed" is_small
check "it stops within its grace, with 0" stops_with_0
remove
check "another PUID takes the volume over" start -e PUID=2345 -e PGID=2345 "${serve[@]}"
check "its files are the other's" owner_is 2345:2345
check "what was stored is still there" is_hit
remove

new_volume user
chown 3456:3456 "$volume"
check "--user without any rights, with a read-only root" start --user 3456:3456 --cap-drop ALL --read-only "${serve[@]}"
check "it runs as that user" runs_as 3456
check "cachearr healthcheck as that user" inside cachearr healthcheck
check "it stops with 0" stops_with_0
remove

new_volume root
check "PUID=0 stays root" start -e PUID=0 "${serve[@]}"
check "it stops with 0" stops_with_0
remove
new_volume foreign
check "a volume that --user may not write is refused in words" refuses --user 4567:4567 -v "$volume:/config" cachearr serve
check "a PUID that is no number is refused in words" refuses -e PUID=me cachearr serve
check "a UMASK that is none is refused in words" refuses -e UMASK=9 cachearr serve
check "any command of the program" run_once cachearr --version
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
