#!/bin/sh
# Makes the container image from a package, without a daemon: Debian's packages by mmdebstrap, the image by buildah.
# It is the one of packaging/container/Containerfile, which says what it consists of. As root.
#
#   packaging/container/build-image.sh PACKAGE.deb IMAGE.tar        then: docker load -i IMAGE.tar, or podman load -i
set -eu
[ $# = 2 ] || { echo "usage: $0 PACKAGE.deb IMAGE.tar" >&2; exit 2; }
package=$(realpath "$1")
image=$(realpath -m "$2")
here=$(cd "$(dirname "$0")" && pwd)
for command in mmdebstrap buildah; do
  command -v "$command" >/dev/null || { echo "$command is missing: apt-get install $command" >&2; exit 2; }
done

work=$(mktemp -d)
export BUILDAH_FORMAT=docker # healthchecks are no part of the other
storage="--root $work/storage --runroot $work/run --storage-driver vfs"
trap 'rm -rf "$work"' EXIT

# As debian:12-slim is made: no manuals, no translations.
# shellcheck disable=SC2016 # $1 is for the shell that runs the hook
mmdebstrap --mode=root --variant=minbase --include="ca-certificates,tini,tzdata,$package" \
  --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
  --hook-dir=/usr/share/mmdebstrap/hooks/file-mirror-automount \
  --customize-hook="upload $here/finish.sh /tmp/finish.sh" \
  --customize-hook="mkdir -p \"\$1/usr/lib/cachearr\"" \
  --customize-hook="upload $here/entrypoint.sh /usr/lib/cachearr/entrypoint" \
  --customize-hook="upload $here/cachearr.json /usr/share/cachearr/container.json" \
  --customize-hook='chroot "$1" sh /tmp/finish.sh' \
  bookworm "$work/root.tar" "${MIRROR:-http://deb.debian.org/debian}" >&2

# shellcheck disable=SC2086 # the settings are meant to be split into words
{
  container=$(buildah $storage from scratch)
  buildah $storage add --quiet "$container" "$work/root.tar" / >/dev/null
  buildah $storage config --env PUID=1000 --env PGID=1000 --env UMASK=022 --env TZ=Etc/UTC \
    --env PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    --volume /config --port 9797 --port 9798 --stop-signal SIGTERM \
    --healthcheck 'CMD cachearr healthcheck' --healthcheck-interval 30s --healthcheck-timeout 10s \
    --healthcheck-start-period 30s --healthcheck-retries 3 \
    --entrypoint '["/usr/lib/cachearr/entrypoint"]' --cmd serve \
    --label org.opencontainers.image.title=cachearr \
    --label "org.opencontainers.image.description=Caching proxy between media managers and the services they ask" \
    --label org.opencontainers.image.licenses=MIT "$container"
  buildah $storage commit --quiet --format docker "$container" "docker-archive:$image:cachearr:latest" >/dev/null
}
# As a registry would keep it.
echo "$(basename "$image"): $(gzip -c "$work/root.tar" | wc -c | awk '{ printf "%.1f MB compressed", $1 / 1e6 }')"
