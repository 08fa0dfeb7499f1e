#!/bin/sh
# What real programs save: each is run three times, as three applications or three days would ask. "Without" is what they asked for
# (the proxy's count of their requests), "with" is what the services were asked for (the origin's count). Prints the table of README.
# What is not installed is skipped, visibly.
#
#   tests/clients/savings.sh                    CACHEARR_BIN names the program (default build/cachearr)
#   tests/clients/savings.sh --check README.md  fails where a row of README's table says anything else than what was measured
#   tests/clients/savings.sh --install          installs missing clients first (root, Debian 12)
set -u
here=$(cd "$(dirname "$0")" && pwd)
if [ "${1-}" = --install ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends curl nodejs npm subliminal rss2email python3-tmdbsimple python3-tvdb-api
fi
readme=
[ "${1-}" != --check ] || readme=$2
. "$here/common.sh"

start_proxy() {
  port=$(free_port) admin=$(free_port)
  mkdir -p "$work/rules"
  cat >"$work/rules/own.json" <<END
{ "upstreams": { "feeds": { "hosts": ["feeds.test"], "origin": "http://feeds.test", "mount": "/feeds" },
                 "plain": { "hosts": ["plain.test"], "origin": "http://plain.test" },
                 "tvdb-v2": { "hosts": ["api.thetvdb.com"], "intercept": true, "share": "all", "credentials": { "headers": ["Authorization"] } } },
  "rules": [{ "name": "tvdb-v2-any", "upstream": "tvdb-v2", "match": { "path": "/**" }, "ttl": "1h", "policy": "override" }] }
END
  cat >"$work/cachearr.json" <<END
{ "listeners": [{ "address": "127.0.0.1:$port" }], "admin": { "address": "127.0.0.1:$admin", "api_key": "0123456789abcdef0123456789abcdef" },
  "state_dir": "state", "rules": ["rules"], "disk": { "path": null } }
END
  authority=$work/authority.pem
  "$binary" ca init --renew --config "$work/cachearr.json" >/dev/null && "$binary" ca export --config "$work/cachearr.json" "$authority" || exit 2
  launch --resolve "api.themoviedb.org:443:127.0.0.1:$https" --resolve "api.themoviedb.org:80:127.0.0.1:$http" \
    --resolve "feeds.test:80:127.0.0.1:$http" --resolve "plain.test:80:127.0.0.1:$http" --resolve "api.thetvdb.com:443:127.0.0.1:$https"
}

# Requests of clients so far; a tunnel is none.
asked() {
  curl -sS -H "X-Api-Key: 0123456789abcdef0123456789abcdef" "http://127.0.0.1:$admin/api/v1/stats/summary" | grep -oE '"requests": ?[0-9]+' | grep -oE '[0-9]+'
}
# An answer is counted before its last byte leaves, so that a client that has ended is counted.
fetched() { wc -l <"$work/requests.log"; }

# story NAME WAY COMMAND...: a row of the table.
story() {
  name=$1 way=$2
  shift 2
  asked_before=$(asked) fetched_before=$(fetched)
  for run in first second third; do
    if ! "$@" >"$work/out" 2>"$work/stderr"; then
      echo "FAIL  $name ($run run)"
      tail -n 20 "$work/out" "$work/stderr" | sed 's/^/        /'
      failed=$((failed + 1))
      return
    fi
  done
  row="| $name | $way | $(($(asked) - asked_before)) | $(($(fetched) - fetched_before)) |"
  echo "$row"
  if [ -n "$readme" ] && ! grep -qF -- "$row" "$readme"; then
    echo "FAIL  $readme says: $(grep -F "| $name |" "$readme" || echo nothing of it)"
    failed=$((failed + 1))
  else
    passed=$((passed + 1))
  fi
}

film="An Invented Film"
says() { # TEXT COMMAND...
  wanted=$1
  shift
  output=$("$@") && printf '%s' "$output" | grep -qF -- "$wanted"
}

node_stories() {
  install_npm undici@7 needle@3 moviedb-promise@4 rss-parser@3 || return
  story "moviedb-promise" "base URL" says "$film" node "$here/node_clients.mjs" moviedb-base-url "$cache" "$port"
  story "needle, the same film" "two variables" says "$film" node "$here/node_clients.mjs" needle "$cache" "$port"
  story "undici, its EnvHttpProxyAgent" "two variables" says "$film" node "$here/node_clients.mjs" undici "$cache" "$port"
  story "rss-parser, a feed" "base URL" says Some.Show.S01E02 node "$here/node_clients.mjs" rss-parser "$cache" "$port"
}

python_has() { /usr/bin/python3 -c "import $1" 2>/dev/null || { skip "$2" "not installed"; return 1; }; }

tmdbsimple_story() {
  python_has tmdbsimple python3-tmdbsimple || return
  cat >"$work/film.py" <<END
import tmdbsimple
tmdbsimple.API_KEY = "another"
film = tmdbsimple.Movies(603)
film.base_uri = "$proxy/tmdb/3"
print(film.info()["title"])
END
  story "tmdbsimple" "base URL" says "$film" /usr/bin/python3 "$work/film.py"
}

tvdb_story() {
  python_has tvdb_api python3-tvdb-api || return
  echo 'import tvdb_api; print(tvdb_api.Tvdb(apikey="invented", cache=False)["An Invented Show"]["seriesName"])' >"$work/show.py"
  story "tvdb_api, a series" "HTTPS, authority trusted" says "An Invented Show" env https_proxy="$proxy" REQUESTS_CA_BUNDLE="$authority" \
    /usr/bin/python3 "$work/show.py"
}

# Each run has a cache folder of its own, so that only the proxy can help.
subliminal_run() {
  run_folder=$(mktemp -d "$work/subliminal-XXXXXX")
  HOME=$run_folder https_proxy=$proxy http_proxy=$proxy REQUESTS_CA_BUNDLE=$authority subliminal --debug --cache-dir "$run_folder" \
    download -l en -p podnapisi -r tvdb An.Invented.Show.S01E02.720p.WEB.x264.mkv 2>&1 | grep -qF "Found exact match on series 'An Invented Show'"
}
subliminal_story() {
  have subliminal || { skip subliminal "not installed"; return; }
  story "subliminal, one episode" "HTTPS, authority trusted" subliminal_run
}

rss2email_run() { HOME=$work/mail http_proxy=$proxy r2e --data "$work/mail/data.json" --config "$work/mail/config" run --no-send; }
rss2email_story() {
  have r2e || { skip rss2email "not installed"; return; }
  mkdir -p "$work/mail"
  { HOME=$work/mail r2e --data "$work/mail/data.json" --config "$work/mail/config" new me@example.org &&
    HOME=$work/mail r2e --data "$work/mail/data.json" --config "$work/mail/config" add invented http://feeds.test/rss; } >/dev/null 2>&1
  story "rss2email, the same feed" "two variables" rss2email_run
}

make_certificate DNS:plain.test,DNS:api.themoviedb.org,DNS:api.thetvdb.com
start_origin
start_proxy
echo "| application, run three times | how it comes here | calls without | with |"
echo "|---|---|---|---|"
node_stories
tmdbsimple_story
tvdb_story
subliminal_story
rss2email_story
conclude
