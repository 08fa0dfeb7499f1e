#!/bin/sh
# Real clients that make HTTPS requests through the interception: they trust the local authority by their own means and nothing else, so
# that an answer proves that they got the proxy's leaf, and the origin's count that the second answer was a hit. What is not installed is
# skipped, visibly.
#
#   tests/clients/https-clients.sh             CACHEARR_BIN names the program (default build/cachearr)
#   tests/clients/https-clients.sh --install   installs missing clients first (root, Debian 12)
set -u
here=$(cd "$(dirname "$0")" && pwd)
if [ "${1-}" = --install ]; then
  export DEBIAN_FRONTEND=noninteractive
  apt-get update -qq && apt-get install -y -qq --no-install-recommends curl wget git python3-requests nodejs npm chromium libnss3-tools subliminal
fi
. "$here/common.sh"

start_proxy() {
  port=$(free_port) tls_port=$(free_port) admin=$(free_port)
  mkdir -p "$work/rules"
  cat >"$work/rules/own.json" <<END
{ "upstreams": { "plain": { "hosts": ["plain.test"], "intercept": true },
                 "strict": { "hosts": ["*.strict.test"], "intercept": true },
                 "blind": { "hosts": ["blind.test"] },
                 "tvdb-v2": { "hosts": ["api.thetvdb.com"], "intercept": true, "share": "all", "credentials": { "headers": ["Authorization"] } } },
  "rules": [{ "name": "tvdb-v2-any", "upstream": "tvdb-v2", "match": { "path": "/**" }, "ttl": "1h", "policy": "override" }] }
END
  cat >"$work/cachearr.json" <<END
{ "listeners": [{ "address": "127.0.0.1:$port" }, { "address": "127.0.0.1:$tls_port", "tls": true }],
  "admin": { "address": "127.0.0.1:$admin" }, "state_dir": "state", "rules": ["rules"], "disk": { "path": null } }
END
  authority=$work/authority.pem
  "$binary" ca init --renew --config "$work/cachearr.json" >/dev/null && "$binary" ca export --config "$work/cachearr.json" "$authority" || exit 2
  set --
  for host in plain.test blind.test curl.strict.test wget.strict.test requests.strict.test node.strict.test api.themoviedb.org \
    api.thetvdb.com; do set -- "$@" --resolve "$host:443:127.0.0.1:$https"; done
  launch "$@"
}

film="An Invented Film"

curl_clients() {
  have curl || { skip curl "not installed"; return; }
  client "curl" 1 "$film" curl -sSf -x "$proxy" --cacert "$authority" "https://plain.test/movie.json?by=curl"
  client "curl, a Cache-Status hit" 0 "cachearr; hit" curl -sSf -D - -x "$proxy" --cacert "$authority" "https://plain.test/movie.json?by=curl"
  client "curl, TLS 1.2" 1 "$film" curl -sSf --tls-max 1.2 -x "$proxy" --cacert "$authority" "https://plain.test/movie.json?by=curl-1.2"
  client "curl, HTTP/2 wanted" 1 "$film" curl -sSf --http2 -x "$proxy" --cacert "$authority" "https://plain.test/movie.json?by=curl-2"
  client "curl, the TLS listener" 0 "$film" curl -sSf --connect-to "plain.test:443:127.0.0.1:$tls_port" --cacert "$authority" \
    "https://plain.test/movie.json?by=curl"
  client "curl, a host that is not intercepted" 2 "$film" curl -sSf -x "$proxy" --cacert "$work/ca.pem" https://blind.test/movie.json
}

wget_client() {
  have wget || { skip wget "not installed"; return; }
  client "wget" 1 "$film" env https_proxy="$proxy" wget -q --ca-certificate="$authority" -O - "https://plain.test/movie.json?by=wget"
}

git_client() {
  have git || { skip git "not installed"; return; }
  # The same answer twice, and no repository: what counts is that its TLS believes the authority.
  client "git" any "remote: nothing here" refused_by env GIT_SSL_CAINFO="$authority" \
    git -c http.proxy="$proxy" ls-remote https://plain.test/repo.git
}
refused_by() { "$@" 2>&1 || true; }

requests_client() {
  find_requests || return
  client "python3-requests" 1 "$film" env https_proxy="$proxy" REQUESTS_CA_BUNDLE="$authority" "$python3" -c \
    'import requests; print(requests.get("https://plain.test/movie.json?by=requests").json()["title"])'
  client "python3 urllib" 1 "$film" env https_proxy="$proxy" SSL_CERT_FILE="$authority" "$python3" -c \
    'import urllib.request; print(urllib.request.urlopen("https://plain.test/movie.json?by=urllib").read().decode())'
}

node_clients() {
  install_npm undici@7 moviedb-promise@4 || return
  client "Node, undici EnvHttpProxyAgent" 1 "$film" env NODE_EXTRA_CA_CERTS="$authority" node "$here/node_clients.mjs" undici-https "$cache" "$port"
  client "Node, moviedb-promise" 1 "$film" env NODE_EXTRA_CA_CERTS="$authority" node "$here/node_clients.mjs" moviedb-proxy "$cache" "$port"
}

# A browser with a home, a profile and an NSS database of its own.
browse() {
  HOME=$work/home timeout 60 "$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --disable-background-networking \
    --disable-component-update --disable-sync --user-data-dir="$work/profile-$1" --dump-dom "$@"
}

chromium_client() {
  browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || { skip chromium "not installed"; return; }
  have certutil || { skip chromium "certutil (libnss3-tools) is not installed"; return; }
  mkdir -p "$work/home/.pki/nssdb"
  certutil -d "sql:$work/home/.pki/nssdb" -N --empty-password
  certutil -d "sql:$work/home/.pki/nssdb" -A -t "C,," -n cachearr -i "$authority"
  counted=/movie.json  # and not its favicon.ico
  client "Chromium, --proxy-server" 1 "$film" browse --proxy-server="$proxy" "https://plain.test/movie.json?by=chromium"
  client "Chromium, /proxy.pac" 1 "$film" browse --proxy-pac-url="http://127.0.0.1:$admin/proxy.pac" "https://plain.test/movie.json?by=chromium-pac"
  counted=.
}

# A file by its name: subliminal asks TheTVDB for series and episode. Each run has a cache folder of its own, so that only ours can help.
subliminal_run() {
  run_folder=$(mktemp -d "$work/subliminal-XXXXXX")
  HOME=$run_folder https_proxy=$proxy http_proxy=$proxy REQUESTS_CA_BUNDLE=$authority subliminal --debug --cache-dir "$run_folder" \
    download -l en -p podnapisi -r tvdb An.Invented.Show.S01E02.720p.WEB.x264.mkv 2>&1
}

subliminal_client() {
  have subliminal || { skip subliminal "not installed"; return; }
  # Upstream: two log-ins, and once each search, series, episode of a season, episode.
  client "subliminal, TheTVDB" 6 "Found exact match on series 'An Invented Show'" subliminal_run
}

# without_trust NAME HOST COMMAND...: believes the origin's real authority and not ours. Its first attempt fails by its own doing; from the
# second on, once the proxy has noticed, it gets the origin itself, untouched.
without_trust() {
  name=$1 host=$2
  shift 2
  if output=$("$@" 2>/dev/null) && printf '%s' "$output" | grep -qF "$film"; then
    echo "FAIL  $name, without trust: believed the leaf at once"
    failed=$((failed + 1))
    return
  fi
  until_logged "its connections to $host pass through untouched"
  client "$name, without trust, from its second attempt on" 2 "$film" "$@"
}

clients_without_trust() {
  have curl && without_trust curl curl.strict.test curl -sSf -x "$proxy" --cacert "$work/ca.pem" https://curl.strict.test/movie.json
  have wget && without_trust wget wget.strict.test env https_proxy="$proxy" wget -q --tries=1 --ca-certificate="$work/ca.pem" -O - https://wget.strict.test/movie.json
  [ -n "${python3-}" ] && without_trust python3-requests requests.strict.test env https_proxy="$proxy" REQUESTS_CA_BUNDLE="$work/ca.pem" "$python3" -c \
    'import requests; print(requests.get("https://requests.strict.test/movie.json").json()["title"])'
  [ -d "$cache/node_modules/undici" ] && without_trust "Node" node.strict.test env NODE_EXTRA_CA_CERTS="$work/ca.pem" \
    node "$here/node_clients.mjs" undici-strict "$cache" "$port"
  client "the log about it" 0 "does not believe" grep -F "does not believe" "$work/log"
}

make_certificate DNS:plain.test,DNS:blind.test,DNS:*.strict.test,DNS:api.themoviedb.org,DNS:api.thetvdb.com
start_origin
start_proxy
curl_clients
wget_client
git_client
requests_client
node_clients
chromium_client
subliminal_client
clients_without_trust
conclude
