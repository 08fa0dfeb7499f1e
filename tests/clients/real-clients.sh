#!/bin/sh
# Real clients against a running cachearr and a local origin: curl, wget, git, python3-requests and packages from npm, each by the way
# it comes to a proxy. What is not installed (or not installable) is skipped, visibly.
#
#   tests/clients/real-clients.sh            CACHEARR_BIN names the program (default build/cachearr)
set -u
here=$(cd "$(dirname "$0")" && pwd)
binary=${CACHEARR_BIN:-$here/../../build/cachearr}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/cachearr-tests/npm
[ -x "$binary" ] || { echo "no program at $binary (set CACHEARR_BIN)" >&2; exit 2; }
unset http_proxy https_proxy HTTP_PROXY HTTPS_PROXY all_proxy ALL_PROXY no_proxy NO_PROXY

work=$(mktemp -d)
origin_pid='' proxy_pid='' failed=0 passed=0 skipped=0
finish() {
  [ -n "$proxy_pid" ] && kill "$proxy_pid" 2>/dev/null && wait "$proxy_pid"
  [ -n "$origin_pid" ] && kill "$origin_pid" 2>/dev/null
  rm -rf "$work"
}
trap finish EXIT

make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=Test authority" \
    -keyout "$work/ca.key" -out "$work/ca.pem" 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=test -keyout "$work/server.key" -out "$work/server.csr" 2>/dev/null
  echo "subjectAltName=DNS:api.themoviedb.org,DNS:plain.test" >"$work/server.ext"
  openssl x509 -req -in "$work/server.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 2 \
    -extfile "$work/server.ext" -out "$work/server.pem" 2>/dev/null
}

make_repository() {
  git init -q "$work/source"
  echo "hello" >"$work/source/file"
  git -C "$work/source" add file
  git -C "$work/source" -c user.name=test -c user.email=test@example.org commit -q -m "One file"
  mkdir "$work/git"
  git clone -q --bare "$work/source" "$work/git/repo.git"
  git -C "$work/git/repo.git" update-server-info
}

start_origin() {
  mkfifo "$work/ports"
  touch "$work/requests.log"
  python3 "$here/fixture_origin.py" "$work" "$work/server.pem" "$work/server.key" >"$work/ports" &
  origin_pid=$!
  read -r http https <"$work/ports" || { echo "the origin did not start" >&2; exit 2; }
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

start_proxy() {
  port=$(free_port) admin=$(free_port)
  mkdir "$work/rules"
  : >"$work/log"
  cat >"$work/rules/own.json" <<EOF
{ "upstreams": { "git": { "hosts": ["git.test"], "origin": "http://git.test" },
                 "feeds": { "hosts": ["feeds.test"], "origin": "http://feeds.test", "mount": "/feeds" },
                 "plain": { "hosts": ["plain.test"], "origin": "http://plain.test" } } }
EOF
  cat >"$work/cachearr.json" <<EOF
{ "listeners": [{ "address": "127.0.0.1:$port" }], "admin": { "address": "127.0.0.1:$admin" },
  "state_dir": "state", "rules": ["rules"], "disk": { "path": null } }
EOF
  SSL_CERT_FILE=$work/ca.pem "$binary" serve --config "$work/cachearr.json" \
    --resolve "api.themoviedb.org:443:127.0.0.1:$https" --resolve "api.themoviedb.org:80:127.0.0.1:$http" \
    --resolve "git.test:80:127.0.0.1:$http" --resolve "feeds.test:80:127.0.0.1:$http" \
    --resolve "plain.test:80:127.0.0.1:$http" --resolve "plain.test:443:127.0.0.1:$https" >>"$work/log" 2>&1 &
  proxy_pid=$!
  proxy=http://127.0.0.1:$port
  if ! timeout 20 tail -n +1 -f --pid="$proxy_pid" "$work/log" | grep -qm1 ready; then
    cat "$work/log" >&2
    echo "the program did not start" >&2
    exit 2
  fi
}

# client NAME EXPECTED-UPSTREAM-REQUESTS WANTED-TEXT COMMAND...: runs it twice; both outputs must hold the text, the origin must have seen
# that many requests of both runs ("any" where the client decides).
client() {
  name=$1 upstream=$2 wanted=$3
  shift 3
  before=$(wc -l <"$work/requests.log")
  for run in first second; do
    if ! output=$("$@" 2>"$work/stderr") || ! printf '%s' "$output" | grep -qF -- "$wanted"; then
      echo "FAIL  $name ($run run): wanted \"$wanted\", got: $output"
      sed 's/^/        /' "$work/stderr" | head -20
      failed=$((failed + 1))
      return
    fi
  done
  seen=$(($(wc -l <"$work/requests.log") - before))
  if [ "$upstream" != any ] && [ "$seen" != "$upstream" ]; then
    echo "FAIL  $name: the origin saw $seen requests, not $upstream"
    failed=$((failed + 1))
    return
  fi
  echo "ok    $name ($seen upstream for two runs)"
  passed=$((passed + 1))
}

skip() {
  echo "SKIP  $1: $2"
  skipped=$((skipped + 1))
}

have() { command -v "$1" >/dev/null 2>&1; }

curl_clients() {
  have curl || { skip curl "not installed"; return; }
  client "curl, absolute form" 1 "An Invented Film" curl -sf -x "$proxy" "http://plain.test/movie.json?by=curl"
  client "curl, CONNECT:80" 1 "An Invented Film" curl -sf -p -x "$proxy" "http://plain.test/movie.json?by=curl-p"
  client "curl, CONNECT:443, blind" 2 "An Invented Film" curl -sf -x "$proxy" --cacert "$work/ca.pem" "https://plain.test/movie.json"
  client "curl, by mount" 1 "Some.Show.S01E02" curl -sf "$proxy/feeds/rss?by=curl"
  client "curl, HTTP/1.0" 1 "An Invented Film" curl -sf --http1.0 -x "$proxy" "http://plain.test/movie.json?by=curl-1.0"
  client "curl, a Cache-Status hit" any "cachearr; hit" curl -sf -D - -x "$proxy" "http://plain.test/movie.json?by=curl"
}

wget_client() {
  have wget || { skip wget "not installed"; return; }
  client "wget" 1 "An Invented Film" env http_proxy="$proxy" wget -q -O - "http://plain.test/movie.json?by=wget"
}

clone() {
  rm -rf "$work/clone"
  git -c http.proxy="$proxy" clone -q http://git.test/repo.git "$work/clone" && cat "$work/clone/file"
}

git_client() {
  have git || { skip git "not installed"; return; }
  client "git ls-remote" any "refs/heads/" git -c http.proxy="$proxy" ls-remote http://git.test/repo.git
  client "git clone" any "hello" clone
}

requests_client() {
  python3=$(for p in python3 /usr/bin/python3; do "$p" -c 'import requests' 2>/dev/null && echo "$p" && break; done)
  [ -n "$python3" ] || { skip python3-requests "not installed"; return; }
  client "python3-requests" 1 "An Invented Film" env http_proxy="$proxy" "$python3" -c \
    'import requests; print(requests.get("http://plain.test/movie.json?by=requests").json()["title"])'
  client "python3-requests, CONNECT:443" 2 "An Invented Film" env https_proxy="$proxy" REQUESTS_CA_BUNDLE="$work/ca.pem" "$python3" -c \
    'import requests; print(requests.get("https://plain.test/movie.json").json()["title"])'
}

node_clients() {
  have npm || { skip "clients from npm" "npm is not installed"; return; }
  mkdir -p "$cache"
  if ! npm install --prefix "$cache" --no-audit --no-fund --silent undici@7 needle@3 moviedb-promise@4 rss-parser@3 >"$work/npm" 2>&1; then
    skip "clients from npm" "npm could not install them ($(tail -n 1 "$work/npm"))"
    return
  fi
  client "undici EnvHttpProxyAgent, CONNECT:80" 1 "An Invented Film" node "$here/node_clients.mjs" undici "$cache" "$port"
  client "needle, absolute https" 1 "An Invented Film" node "$here/node_clients.mjs" needle "$cache" "$port"
  # The same film by the same key: one entry with needle's.
  client "moviedb-promise, base URL" any "An Invented Film" node "$here/node_clients.mjs" moviedb-base-url "$cache" "$port"
  client "moviedb-promise, CONNECT:443" 2 "An Invented Film" env NODE_EXTRA_CA_CERTS="$work/ca.pem" \
    node "$here/node_clients.mjs" moviedb-proxy "$cache" "$port"
  client "rss-parser, base URL" any "Some.Show.S01E01.1080p Some.Show.S01E02.1080p" node "$here/node_clients.mjs" rss-parser "$cache" "$port"
}

make_certificate
make_repository
start_origin
start_proxy
curl_clients
wget_client
git_client
requests_client
node_clients
kill "$proxy_pid" && wait "$proxy_pid"
code=$?
proxy_pid=''
if [ "$code" != 0 ] || grep -qE 'Sanitizer|runtime error:' "$work/log"; then
  tail -n 50 "$work/log"
  echo "FAIL  the program ended with $code"
  failed=$((failed + 1))
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ]
