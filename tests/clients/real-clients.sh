#!/bin/sh
# Real clients against a running cachearr and a local origin: curl, wget, git, python3-requests and packages from npm, each by the way
# it comes to a proxy. What is not installed (or not installable) is skipped, visibly.
#
#   tests/clients/real-clients.sh            CACHEARR_BIN names the program (default build/cachearr)
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"

make_repository() {
  git init -q "$work/source"
  echo "hello" >"$work/source/file"
  git -C "$work/source" add file
  git -C "$work/source" -c user.name=test -c user.email=test@example.org commit -q -m "One file"
  mkdir "$work/git"
  git clone -q --bare "$work/source" "$work/git/repo.git"
  git -C "$work/git/repo.git" update-server-info
}

start_proxy() {
  port=$(free_port) admin=$(free_port)
  mkdir -p "$work/rules"
  cat >"$work/rules/own.json" <<EOF
{ "upstreams": { "git": { "hosts": ["git.test"], "origin": "http://git.test" },
                 "feeds": { "hosts": ["feeds.test"], "origin": "http://feeds.test", "mount": "/feeds" },
                 "plain": { "hosts": ["plain.test"], "origin": "http://plain.test" } } }
EOF
  cat >"$work/cachearr.json" <<EOF
{ "listeners": [{ "address": "127.0.0.1:$port" }], "admin": { "address": "127.0.0.1:$admin" },
  "state_dir": "state", "rules": ["rules"], "disk": { "path": null } }
EOF
  launch --resolve "api.themoviedb.org:443:127.0.0.1:$https" --resolve "api.themoviedb.org:80:127.0.0.1:$http" \
    --resolve "git.test:80:127.0.0.1:$http" --resolve "feeds.test:80:127.0.0.1:$http" \
    --resolve "plain.test:80:127.0.0.1:$http" --resolve "plain.test:443:127.0.0.1:$https"
}

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
  find_requests || return
  client "python3-requests" 1 "An Invented Film" env http_proxy="$proxy" "$python3" -c \
    'import requests; print(requests.get("http://plain.test/movie.json?by=requests").json()["title"])'
  client "python3-requests, CONNECT:443" 2 "An Invented Film" env https_proxy="$proxy" REQUESTS_CA_BUNDLE="$work/ca.pem" "$python3" -c \
    'import requests; print(requests.get("https://plain.test/movie.json").json()["title"])'
}

node_clients() {
  install_npm undici@7 needle@3 moviedb-promise@4 rss-parser@3 || return
  client "undici EnvHttpProxyAgent, CONNECT:80" 1 "An Invented Film" node "$here/node_clients.mjs" undici "$cache" "$port"
  client "needle, absolute https" 1 "An Invented Film" node "$here/node_clients.mjs" needle "$cache" "$port"
  # The same film by the same key: one entry with needle's.
  client "moviedb-promise, base URL" any "An Invented Film" node "$here/node_clients.mjs" moviedb-base-url "$cache" "$port"
  client "moviedb-promise, CONNECT:443" 2 "An Invented Film" env NODE_EXTRA_CA_CERTS="$work/ca.pem" \
    node "$here/node_clients.mjs" moviedb-proxy "$cache" "$port"
  client "rss-parser, base URL" any "Some.Show.S01E01.1080p Some.Show.S01E02.1080p" node "$here/node_clients.mjs" rss-parser "$cache" "$port"
}

make_certificate DNS:api.themoviedb.org,DNS:plain.test
make_repository
start_origin
start_proxy
curl_clients
wget_client
git_client
requests_client
node_clients
conclude
