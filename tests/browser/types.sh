#!/bin/sh
# Checks the types that the page's files name in their comments (npm). Ends with 1 where one is wrong, 77 where npm or the
# checker cannot be had.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../clients/common.sh"
have node || { echo "skipped: node is not installed"; exit 77; }
install_npm typescript@5.9.3 || exit 77
"$cache/node_modules/.bin/tsc" -p "$here/tsconfig.json" && echo "the types hold"
