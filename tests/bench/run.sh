#!/bin/bash
# Benchmarks cachearr beside nginx, HAProxy, Varnish, Traffic Server, Squid and a bare epoll server (two cores needed).
#
#   tests/bench/run.sh [hit|hit-zipf|hit-mixed|miss|latency|scale|herd|memory|alloc|idle|tls|mint|store|growth]... [--rounds N] [--seconds S] [--servers a,b] [--binary FILE]
#
# "store" is store-objects, store-zipf, store-disk, store-restart and store-flood, "growth" is growth-keys, growth-rules,
# growth-connections and growth-sizes; each can be asked for by itself. `growth --save FOLDER` keeps the curves and draws them.
#
# Installs the peers where they are missing (as root, on Debian 12); without root it says what to install.
set -eu
case " $* " in *" --help "* | *" -h "*) exec python3 "$(dirname "$0")/bench.py" --help ;; esac
here=$(cd "$(dirname "$0")" && pwd)

missing=
for pair in nginx:nginx-light haproxy:haproxy varnishd:varnish traffic_server:trafficserver squid:squid-openssl gcc:gcc openssl:openssl \
            python3:python3 taskset:util-linux; do
  command -v "${pair%%:*}" >/dev/null 2>&1 || [ -x "/usr/sbin/${pair%%:*}" ] || missing="$missing ${pair#*:}"
done
if [ -n "$missing" ]; then
  if [ "$(id -u)" != 0 ]; then
    echo "missing packages:$missing (install them, or run this once as root)" >&2
    exit 1
  fi
  # RUNLEVEL=1: the packages must not start daemons of their own.
  export DEBIAN_FRONTEND=noninteractive RUNLEVEL=1
  apt-get update -qq
  # shellcheck disable=SC2086  # a list of words
  apt-get install -y -qq --no-install-recommends $missing
fi

PATH=$PATH:/usr/sbin
export PATH
ulimit -n "$(ulimit -H -n)"
exec python3 "$here/bench.py" "$@"
