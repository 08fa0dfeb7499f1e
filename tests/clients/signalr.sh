#!/bin/sh
# The feed of events against a hub made of parts that no one here wrote: frames by the npm package "ws", records by Microsoft's own
# client library. Nothing is checked where npm cannot install them (77: skipped).
#
#   tests/clients/signalr.sh                 CACHEARR_BIN names the program (default build/cachearr)
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
. "$here/signalr_common.sh"
key='f00dfacef00dfacef00dfacef00dface'

start_hub() {
  mkfifo "$work/said" "$work/told"
  node "$here/signalr_hub.mjs" "$cache" <"$work/told" >"$work/said" 2>"$work/reads" &
  origin_pid=$!
  exec 4>"$work/told" 5<"$work/said"
  read -r hub_port <&5 || { cat "$work/reads" >&2; echo "the hub did not start" >&2; exit 2; }
}

install_npm ws@8 @microsoft/signalr@8 || exit 77
start_hub
start_proxy "$key"
until_logged 'the event feed of sonarr is up'
read -r pong <&5
expect "a ping is answered" pong "$pong"
expect_a_message_acts
echo close >&4
until_logged 'the hub has closed the connection: going'
read -r pong <&5
expect "the feed comes back" pong "$pong"
conclude
