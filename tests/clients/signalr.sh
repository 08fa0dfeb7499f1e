#!/bin/sh
# The feed of events against a hub made of parts that no one here wrote: frames by the npm package "ws", records by Microsoft's own
# client library. Nothing is checked where npm cannot install them (77: skipped).
#
#   tests/clients/signalr.sh                 CACHEARR_BIN names the program (default build/cachearr)
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
hub_pid=''

start_hub() {
  mkfifo "$work/said" "$work/told"
  node "$here/signalr_hub.mjs" "$cache" <"$work/told" >"$work/said" 2>"$work/reads" &
  hub_pid=$!
  origin_pid=$hub_pid
  exec 4>"$work/told" 5<"$work/said"
  read -r hub_port <&5 || { cat "$work/reads" >&2; echo "the hub did not start" >&2; exit 2; }
}

start_proxy() {
  port=$(free_port) admin=$(free_port)
  mkdir -p "$work/rules"
  echo 'f00dfacef00dfacef00dfacef00dface' >"$work/rules/sonarr.key"
  cat >"$work/rules/own.json" <<END
{ "upstreams": { "sonarr": { "origin": "http://127.0.0.1:$hub_port", "mount": "/sonarr", "api_key_file": "sonarr.key" } } }
END
  cat >"$work/cachearr.json" <<END
{ "listeners": [{ "address": "127.0.0.1:$port" }], "admin": { "address": "127.0.0.1:$admin", "api_key": "0123456789abcdef0123456789abcdef" },
  "state_dir": "state", "rules": ["rules"], "disk": { "path": null } }
END
  launch
}

read_series() { curl -sf -H 'X-Api-Key: f00dfacef00dfacef00dfacef00dface' "http://127.0.0.1:$port/sonarr/api/v3/series"; }
heard() { curl -sf -H 'X-Api-Key: 0123456789abcdef0123456789abcdef' "http://127.0.0.1:$admin/metrics" |
  sed -n 's/^cachearr_event_feed_messages_total{.*name="series".*} //p'; }

# expect WHAT WANTED GOT
expect() {
  if [ "$2" = "$3" ]; then
    echo "ok    $1"
    passed=$((passed + 1))
  else
    echo "FAIL  $1: wanted $2, got $3"
    failed=$((failed + 1))
  fi
}

# until_heard COUNT: waits until so many messages about series have come.
until_heard() {
  for _ in $(seq 400); do
    [ "$(heard)" = "$1" ] && return 0
    sleep 0.05
  done
  return 1
}

install_npm ws@8 @microsoft/signalr@8 || exit 77
start_hub
start_proxy
until_logged 'the event feed of sonarr is up'
read -r pong <&5
expect "a ping is answered" pong "$pong"
read_series >/dev/null
read_series >/dev/null
expect "two reads, one of them upstream" 1 "$(grep -c '/api/v3/series' "$work/reads")"
echo change >&4
echo 'series updated 7' >&4
until_heard 1
expect "a message of 70 kB is heard" 1 "$(heard)"
expect "what it is about is asked for again" '{"revision":2}' "$(read_series)"
echo close >&4
until_logged 'the hub has closed the connection: going'
read -r pong <&5
expect "the feed comes back" pong "$pong"
conclude
