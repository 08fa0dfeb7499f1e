#!/bin/sh
# The feed of events against a whole SignalR server that no one here wrote: github.com/philippseith/signalr, built from a copy of its
# repository (at v0.6.1 or another that Debian's Go can build) and one of github.com/teivah/onecontext, which it needs. The rest are
# Debian's golang packages. Takes half a minute, since the keep-alive of both sides is waited for.
#
#   SIGNALR_GO=DIR ONECONTEXT_GO=DIR tests/clients/signalr-go.sh       CACHEARR_BIN names the program (default build/cachearr)
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
. "$here/signalr_common.sh"
key='f00dfacef00dfacef00dfacef00dface'
hub_port=0

# part MODULE FOLDER: a copy without what only its tests need, which Debian does not have.
part() {
  mkdir -p "$work/parts/$1"
  (cd "$2" && find . -name '*.go' ! -name '*_test.go' ! -path './vendor/*' ! -path './chatsample/*' ! -path './router/*' -print0 |
    tar c --null -T -) | tar x -C "$work/parts/$1"
  printf 'module %s\n\ngo 1.18\n' "$1" >"$work/parts/$1/go.mod"
  printf 'require %s v%s.0.0\nreplace %s => %s\n' "$1" "${3:-0}" "$1" "$work/parts/$1" >>"$work/hub/go.mod"
}

build_hub() {
  mkdir -p "$work/hub" && cp "$here/signalr_hub.go" "$work/hub/main.go"
  debian=/usr/share/gocode/src
  printf 'module hub\n\ngo 1.16\n' >"$work/hub/go.mod"
  part github.com/philippseith/signalr "$SIGNALR_GO"
  part github.com/teivah/onecontext "$ONECONTEXT_GO"
  part github.com/cenkalti/backoff/v4 $debian/github.com/cenkalti/backoff 4
  part github.com/vmihailenco/msgpack/v5 $debian/github.com/vmihailenco/msgpack/v5 5
  part github.com/vmihailenco/tagparser/v2 $debian/github.com/vmihailenco/tagparser/v2 2
  for name in github.com/go-kit/log github.com/go-logfmt/logfmt github.com/google/uuid github.com/klauspost/compress nhooyr.io/websocket; do
    part $name $debian/$name
  done
  (cd "$work/hub" && GO111MODULE=on GOFLAGS=-mod=mod GOPROXY=off GOSUMDB=off GOPATH="$work/go" \
    GOCACHE="${XDG_CACHE_HOME:-$HOME/.cache}/go-build" go build -o "$work/signalr-hub" .) || exit 2
}

# start_hub TRANSPORT: at the port it had before, if any.
start_hub() {
  rm -f "$work/said" "$work/told"
  mkfifo "$work/said" "$work/told"
  "$work/signalr-hub" "$hub_port" "$key" "$1" <"$work/told" >"$work/said" 2>>"$work/reads" &
  origin_pid=$!
  exec 4>"$work/told" 5<"$work/said"
  read -r hub_port <&5 || { cat "$work/reads" >&2; echo "the hub did not start" >&2; exit 2; }
}

kill_hub() {
  kill -9 "$origin_pid"
  wait "$origin_pid" 2>/dev/null
}

logged() { grep -c "the event feed of sonarr is $1" "$work/log"; }
# until_seen STATE COUNT: waits until the feed has come to be in that state (up, down) so many times.
until_seen() {
  for _ in $(seq 900); do
    [ "$(logged "$1")" -ge "$2" ] && return 0
    sleep 0.05
  done
  return 1
}

have go || { skip signalr "Go is not installed"; exit 77; }
[ -d "${SIGNALR_GO:-}" ] && [ -d "${ONECONTEXT_GO:-}" ] || { skip signalr "SIGNALR_GO and ONECONTEXT_GO name no folders"; exit 77; }
build_hub
start_hub WebSockets
start_proxy '00000000000000000000000000000000'
until_logged 'refuses the key of api_key_file (401)'
expect "a wrong key is refused, and said" 0 $?
echo "$key" >"$work/rules/sonarr.key"
until_seen up 1
expect "the right key brings the feed up" 0 $?
expect_a_message_acts
downs=$(logged down)
sleep 25
expect "it outlasts the 20 s after which the server gives up who is silent" "$downs" "$(logged down)"
expect "and what is stored still holds" 2 "$(series >/dev/null; series_reads)"
kill_hub
until_seen down $((downs + 1))
expect "the end of the server is noticed" 0 $?
start_hub WebSockets
until_seen up 2
expect "the feed comes back to the next server" 0 $?
expect "what may have been missed meanwhile is asked for again" '{"revision":1}' "$(series)"
kill_hub
start_hub ServerSentEvents
until_logged 'offers events by no way known here'
expect "a server without WebSockets and long polling is told as such" 0 $?
conclude
