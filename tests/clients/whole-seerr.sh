#!/bin/sh
# The whole of Seerr behind the proxy, HTTPS looked into: somebody browses films and series, Seerr is restarted (its own cache is gone),
# and the same is browsed again. Prints what it asked for and what TMDB, an invented one, was asked for. No part of tests/run.sh.
#
#   git clone https://github.com/seerr-team/seerr && cd seerr && pnpm install && npx tsc --project server/tsconfig.json && npx tsc-alias -p server/tsconfig.json
#   tests/clients/whole-seerr.sh FOLDER-OF-SEERR       CACHEARR_BIN names the program (default build/cachearr)
set -u
here=$(cd "$(dirname "$0")" && pwd)
seerr=$(cd "$1" && pwd)
. "$here/common.sh"
key=0123456789abcdef0123456789abcdef

start_tmdb() {
  mkfifo "$work/ports"
  : >"$work/requests.log"
  python3 "$here/fake_tmdb.py" "$work" "$work/server.pem" "$work/server.key" >"$work/ports" &
  origin_pid=$!
  read -r https <"$work/ports"
}

start_proxy() {
  port=$(free_port) admin=$(free_port)
  mkdir -p "$work/rules"
  # Seerr asks this one whether its proxy works.
  echo '{ "upstreams": { "google": { "hosts": ["www.google.com"] } } }' >"$work/rules/own.json"
  cat >"$work/cachearr.json" <<END
{ "listeners": [{ "address": "127.0.0.1:$port" }], "admin": { "address": "127.0.0.1:$admin", "api_key": "$key" },
  "state_dir": "state", "rules": ["rules"], "disk": { "path": null }, "access": { "unknown_hosts": "deny" } }
END
  "$binary" ca init --renew --config "$work/cachearr.json" >/dev/null && "$binary" ca export --config "$work/cachearr.json" "$work/authority.pem" || exit 2
  cat "$work/authority.pem" "$work/ca.pem" >"$work/trusted.pem"
  launch --resolve "api.themoviedb.org:443:127.0.0.1:$https" --resolve "www.google.com:443:127.0.0.1:$https"
}

write_settings() {
  mkdir -p "$work/seerr"
  cat >"$work/seerr/settings.json" <<END
{ "main": { "apiKey": "$key", "mediaServerType": 1 }, "public": { "initialized": true },
  "network": { "proxy": { "enabled": true, "hostname": "127.0.0.1", "port": $port, "useSsl": false, "user": "", "password": "",
                          "bypassFilter": "", "bypassLocalAddresses": true } } }
END
}

start_seerr() {
  seerr_port=$(free_port)
  (cd "$seerr" && exec env NODE_ENV=production CONFIG_DIRECTORY="$work/seerr" HOST=127.0.0.1 PORT="$seerr_port" NODE_EXTRA_CA_CERTS="$work/trusted.pem" \
    node --require "$here/without_pages.cjs" dist/index.js) >>"$work/seerr.log" 2>&1 &
  seerr_pid=$!
  for _ in $(seq 600); do
    curl -fsS "http://127.0.0.1:$seerr_port/api/v1/status" >/dev/null 2>&1 && return
    kill -0 "$seerr_pid" 2>/dev/null || break
    sleep 0.2
  done
  tail -n 30 "$work/seerr.log" >&2
  echo "Seerr did not start" >&2
  exit 2
}
stop_seerr() {
  kill "$seerr_pid" 2>/dev/null
  wait "$seerr_pid" 2>/dev/null
}
trap 'stop_seerr; finish' EXIT

# The owner, whom the first log-in would make.
make_owner() {
  python3 - "$work/seerr/db/db.sqlite3" <<END
import sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=30) as database:
    database.execute("INSERT INTO user (id, email, username, permissions, userType, avatar) VALUES (1, 'me@example.org', 'me', 2, 2, '')")
END
}

asked() { curl -sS -H "X-Api-Key: $key" "http://127.0.0.1:$admin/api/v1/stats/summary" | grep -oE '"requests": ?[0-9]+' | grep -oE '[0-9]+'; }
fetched() { wc -l <"$work/requests.log"; }

browse() {
  for page in discover/trending discover/movies discover/movies/upcoming discover/tv discover/tv/upcoming discover/genreslider/movie \
    discover/genreslider/tv genres/movie genres/tv languages regions movie/603 movie/603/recommendations movie/603/similar movie/604 tv/1399 \
    tv/1399/recommendations tv/1399/similar "search?query=invented" "discover/movies?genre=2" "discover/movies?page=2"; do
    if ! curl -fsS -H "X-Api-Key: $key" "http://127.0.0.1:$seerr_port/api/v1/$page" >"$work/page" 2>"$work/stderr"; then
      echo "FAIL  $page: $(cat "$work/stderr") $(tail -n 3 "$work/seerr.log")"
      failed=$((failed + 1))
    fi
    cat "$work/page" >>"$work/pages-$1"
  done
}

# visit NAME: a row of the table.
visit() {
  asked_before=$(asked) fetched_before=$(fetched)
  browse "$2"
  without=$(($(asked) - asked_before)) with=$(($(fetched) - fetched_before))
  echo "| $1 | HTTPS, authority trusted | $without | $with |"
}

make_certificate DNS:api.themoviedb.org,DNS:www.google.com
start_tmdb
start_proxy
write_settings
start_seerr
make_owner
visit "Seerr, 21 pages" first
stop_seerr
start_seerr
visit "Seerr, the same pages after a restart" second
[ "$without" -gt 20 ] && [ "$with" -lt $((without / 4)) ] && passed=$((passed + 1)) || { echo "FAIL  it saved too little"; failed=$((failed + 1)); }
if cmp -s "$work/pages-first" "$work/pages-second"; then passed=$((passed + 1)); else echo "FAIL  the pages differ"; failed=$((failed + 1)); fi
conclude
