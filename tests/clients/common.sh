# What the scripts beside this one share; they set `here` first. Not to be run by itself.
# shellcheck shell=sh disable=SC2154
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

# make_certificate NAMES: the origin's, signed by an authority that the proxy believes and the clients need not.
make_certificate() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj "/CN=Test authority" \
    -keyout "$work/ca.key" -out "$work/ca.pem" 2>/dev/null
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=test -keyout "$work/server.key" -out "$work/server.csr" 2>/dev/null
  echo "subjectAltName=$1" >"$work/server.ext"
  openssl x509 -req -in "$work/server.csr" -CA "$work/ca.pem" -CAkey "$work/ca.key" -CAcreateserial -days 2 \
    -extfile "$work/server.ext" -out "$work/server.pem" 2>/dev/null
}

start_origin() {
  mkfifo "$work/ports"
  touch "$work/requests.log"
  python3 "$here/fixture_origin.py" "$work" "$work/server.pem" "$work/server.key" >"$work/ports" &
  origin_pid=$!
  read -r http https <"$work/ports" || { echo "the origin did not start" >&2; exit 2; }
}

free_port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }

# until_logged TEXT: waits until it stands in the program's log.
until_logged() {
  for _ in $(seq 900); do
    grep -qF -- "$1" "$work/log" && return 0
    sleep 0.05
  done
  echo "the log never said: $1" >&2
  return 1
}

# launch OPTION...: starts the program with $work/cachearr.json, which listens at $port. Where somebody else has taken a port meanwhile,
# start_proxy, which calls this, chooses others.
launches=0
launch() {
  : >"$work/log"
  SSL_CERT_FILE=$work/ca.pem "$binary" serve --config "$work/cachearr.json" "$@" >>"$work/log" 2>&1 &
  proxy_pid=$!
  proxy=http://127.0.0.1:$port
  if ! timeout 60 tail -n +1 -f --pid="$proxy_pid" "$work/log" | grep -qm1 ready; then
    launches=$((launches + 1))
    if ! kill -0 "$proxy_pid" 2>/dev/null && { wait "$proxy_pid"; [ $? = 69 ]; } && [ "$launches" -lt 5 ]; then
      start_proxy
      return
    fi
    cat "$work/log" >&2
    echo "the program did not start" >&2
    exit 2
  fi
}

# client NAME EXPECTED-UPSTREAM-REQUESTS WANTED-TEXT COMMAND...: runs it twice; both outputs must hold the text, the origin must have seen
# that many requests of both runs ("any" where the client decides). Only requests that match $counted count.
counted=.
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
  seen=$(tail -n +$((before + 1)) "$work/requests.log" | grep -c -- "$counted")
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

# install_npm PACKAGE...: false where npm cannot.
install_npm() {
  have npm || { skip "clients from npm" "npm is not installed"; return 1; }
  mkdir -p "$cache"
  for package in "$@"; do [ -d "$cache/node_modules/${package%@*}" ] || break; package=; done
  [ -z "$package" ] && return 0
  timeout 120 npm install --prefix "$cache" --no-audit --no-fund --silent "$@" >"$work/npm" 2>&1 && return 0
  skip "clients from npm" "npm could not install them ($(tail -n 1 "$work/npm"))"
  return 1
}

find_requests() {
  python3=$(for p in python3 /usr/bin/python3; do "$p" -c 'import requests' 2>/dev/null && echo "$p" && break; done)
  [ -n "$python3" ] || { skip python3-requests "not installed"; return 1; }
}

# The last word: how the program ended, and how many clients were content.
conclude() {
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
}
