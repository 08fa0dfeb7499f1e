#!/bin/sh
# The whole of Bazarr, which has its Sonarr by the mount of the proxy: it reads the library, and reads it again twice, as it does when people press
# "Sync". Prints what it asked for and what Sonarr, an invented one, was asked for. No part of tests/run.sh.
#
#   tests/clients/whole-bazarr.sh FOLDER-OF-BAZARR       a clone of it; needs Debian's python3-lxml, python3-numpy, python3-pil
#
# CACHEARR_BIN names the program (default build/cachearr).
set -u
here=$(cd "$(dirname "$0")" && pwd)
bazarr=$(cd "$1" && pwd)
. "$here/common.sh"
key=0123456789abcdef0123456789abcdef

start_sonarr() {
  mkfifo "$work/ports"
  : >"$work/requests.log"
  python3 "$here/fake_sonarr.py" "$work" >"$work/ports" &
  origin_pid=$!
  read -r sonarr <"$work/ports"
}

start_proxy() {
  port=$(free_port) admin=$(free_port)
  mkdir -p "$work/rules"
  echo "{ \"upstreams\": { \"sonarr\": { \"origin\": \"http://127.0.0.1:$sonarr\", \"mount\": \"/sonarr\" } } }" >"$work/rules/own.json"
  cat >"$work/cachearr.json" <<END
{ "listeners": [{ "address": "127.0.0.1:$port" }], "admin": { "address": "127.0.0.1:$admin", "api_key": "$key" },
  "state_dir": "state", "rules": ["rules"], "disk": { "path": null } }
END
  launch
}

write_settings() {
  mkdir -p "$work/bazarr/config" "$work/tools"
  cat >"$work/bazarr/config/config.yaml" <<END
general: { ip: 127.0.0.1, port: $bazarr_port, use_sonarr: true, auto_update: false }
auth: { apikey: $key, type: null }
analytics: { enabled: false }
sonarr: { ip: 127.0.0.1, port: $port, base_url: /sonarr, apikey: $key, ssl: false }
END
  # It fetches these where they are missing, and calls none of them here.
  for tool in ffprobe ffmpeg mediainfo unar; do
    printf '#!/bin/sh\nexit 0\n' >"$work/tools/$tool"
    chmod +x "$work/tools/$tool"
  done
}

start_bazarr() {
  (cd "$bazarr" && exec env PATH="$work/tools:$PATH" /usr/bin/python3 bazarr.py --no-update --config "$work/bazarr") >"$work/bazarr.log" 2>&1 &
  bazarr_pid=$!
  for _ in $(seq 600); do
    ask_bazarr system/ping >/dev/null 2>&1 && return
    kill -0 "$bazarr_pid" 2>/dev/null || break
    sleep 0.2
  done
  tail -n 30 "$work/bazarr.log" >&2
  echo "Bazarr did not start" >&2
  exit 2
}
ask_bazarr() {
  what=$1
  shift
  curl -fsS -H "X-API-KEY: $key" "$@" "http://127.0.0.1:$bazarr_port/api/$what"
}
# Its own child is the one that serves.
stop_bazarr() {
  [ -z "${bazarr_pid-}" ] || { kill "$bazarr_pid" $(ps -o pid= --ppid "$bazarr_pid") 2>/dev/null; wait "$bazarr_pid" 2>/dev/null; }
}
trap 'stop_bazarr; finish' EXIT

asked() { curl -sS -H "X-Api-Key: $key" "http://127.0.0.1:$admin/api/v1/stats/summary" | grep -oE '"requests": ?[0-9]+' | grep -oE '[0-9]+'; }
fetched() { wc -l <"$work/requests.log"; }

# sync: starts the task and waits until it is over.
sync_series() {
  ask_bazarr system/tasks -X POST -d taskid=update_series >/dev/null || return 1
  for _ in $(seq 300); do
    sleep 0.2
    ask_bazarr system/tasks | grep -q '"job_running": *true' || return 0
  done
  return 1
}

bazarr_port=$(free_port)
start_sonarr
start_proxy
write_settings
start_bazarr
sync_series || failed=$((failed + 1))
asked_before=$(asked) fetched_before=$(fetched)
sync_series && sync_series && sync_series || { echo "FAIL  the library was not read"; tail -n 20 "$work/bazarr.log"; failed=$((failed + 1)); }
without=$(($(asked) - asked_before)) with=$(($(fetched) - fetched_before))
echo "| Bazarr, its Sonarr's library thrice in a minute | base URL | $without | $with |"
[ "$without" -ge 12 ] && [ "$with" -lt $((without / 2)) ] && passed=$((passed + 1)) || { echo "FAIL  it saved too little"; failed=$((failed + 1)); }
shown=$(ask_bazarr series | grep -o '"title": *"Show [123]"' | sort -u | wc -l)
[ "$shown" = 3 ] && passed=$((passed + 1)) || { echo "FAIL  Bazarr knows $shown of three series"; failed=$((failed + 1)); }
sort "$work/requests.log" | uniq -c >&2
conclude
