# What the trials of the feed of events against hubs have in common; read by sh after common.sh.
#
# The hub listens at $hub_port and writes what is read from it to $work/reads; file descriptor 4 tells it what to do, 5 is what it says.

# start_proxy KEY: before the hub, as its Sonarr.
start_proxy() {
  port=$(free_port) admin=$(free_port)
  mkdir -p "$work/rules"
  echo "$1" >"$work/rules/sonarr.key"
  cat >"$work/rules/own.json" <<JSON
{ "upstreams": { "sonarr": { "origin": "http://127.0.0.1:$hub_port", "mount": "/sonarr", "api_key_file": "sonarr.key" } } }
JSON
  cat >"$work/cachearr.json" <<JSON
{ "listeners": [{ "address": "127.0.0.1:$port" }], "admin": { "address": "127.0.0.1:$admin", "api_key": "0123456789abcdef0123456789abcdef" },
  "state_dir": "state", "rules": ["rules"], "disk": { "path": null } }
JSON
  launch
}

series() { curl -sf -H "X-Api-Key: $key" "http://127.0.0.1:$port/sonarr/api/v3/series"; }
series_reads() { grep -c '/api/v3/series' "$work/reads"; }
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

# expect_a_message_acts: two reads are one, a message of 70 kB is heard, and what it is about is read again.
expect_a_message_acts() {
  series >/dev/null && series >/dev/null
  expect "two reads, one of them upstream" 1 "$(series_reads)"
  echo change >&4
  echo 'series updated 7' >&4
  until_heard 1
  expect "a message of 70 kB is heard" 1 "$(heard)"
  expect "what it is about is asked for again" '{"revision":2}' "$(series)"
}
