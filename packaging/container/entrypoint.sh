#!/bin/sh
# What a container begins with. As root it gives /config to PUID:PGID and goes on as that user; with --user it is that user
# already. Then it is `cachearr ARGUMENTS`, below an init that reaps what others leave behind.
set -eu
volume=/config
# Root's is no place for another user.
export HOME=$volume

fail() {
  echo "cachearr: $1" >&2
  exit 78
}

check_number() {
  case $2 in
    '' | *[!0-9]*) fail "$1 has to be a number, not \"$2\"" ;;
  esac
}

# Only where the folder itself belongs to somebody else: a large store is not walked through at each start.
give_volume() {
  [ "$(stat -c %u:%g "$volume")" = "$1:$2" ] || chown -R "$1:$2" "$volume" ||
    fail "$volume cannot be given to $1:$2: give it to that user on the host, or use --user"
}

fill_volume() {
  if [ ! -e "$volume/cachearr.json" ]; then
    cp /usr/share/cachearr/container.json "$volume/cachearr.json" ||
      fail "user $(id -u) may not write to $volume: give it to that user on the host (chown $(id -u):$(id -g))"
  fi
  mkdir -p "$volume/rules.d"
}

# Who asks for interception gets the authority now, so that other containers can mount its certificate: the folder public,
# without the key.
publish_authority() {
  if [ "${CACHEARR__INTERCEPT__ENABLED:-}" = true ]; then
    cachearr ca show >/dev/null 2>&1 || cachearr ca init >/dev/null || return 0
  fi
  if cachearr ca show >/dev/null 2>&1; then
    mkdir -p "$volume/public" && cachearr ca export "$volume/public/ca.pem" && chmod 0755 "$volume/public" &&
      chmod 0644 "$volume/public/ca.pem"
  fi
}

case ${UMASK:=022} in
  [0-7][0-7][0-7] | [0-7][0-7][0-7][0-7]) umask "$UMASK" ;;
  *) fail "UMASK has to be three octal digits, not \"$UMASK\"" ;;
esac

if [ "$(id -u)" = 0 ] && [ "${PUID:=1000}" != 0 ]; then
  check_number PUID "$PUID"
  check_number PGID "${PGID:=$PUID}"
  give_volume "$PUID" "$PGID"
  # Where another container's mount of it came first, it is root's.
  [ -L "$volume/public" ] || [ ! -d "$volume/public" ] || chown -h "$PUID:$PGID" "$volume/public"
  exec setpriv --reuid="$PUID" --regid="$PGID" --clear-groups --no-new-privs -- "$0" "$@"
fi

fill_volume
[ "${1:-serve}" != serve ] || publish_authority ||
  echo "cachearr: $volume/public/ca.pem cannot be written; other containers do not get the certificate" >&2
exec tini -- cachearr "$@"
