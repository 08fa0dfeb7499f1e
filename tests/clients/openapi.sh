#!/bin/sh
# Has the API's description of itself judged by a validator that knows OpenAPI 3.1 (npm).
# CACHEARR_BIN names the program (default: build/cachearr). Ends with 1 where it is not valid, 77 where npm or the
# validator cannot be had.
set -u
here=$(cd "$(dirname "$0")" && pwd)
. "$here/common.sh"
validator=@seriousme/openapi-schema-validator@2.4.1

start_proxy() {
  port=$(free_port) admin=$(free_port)
  cat >"$work/cachearr.json" <<END
{ "listeners": [{ "address": "127.0.0.1:$port" }], "admin": { "address": "127.0.0.1:$admin", "api_key": "key" },
  "state_dir": "$work/state", "disk": { "path": null } }
END
  launch
}

have node || { echo "skipped: node is not installed"; exit 77; }
install_npm "$validator" || exit 77
: >"$work/ca.pem"
start_proxy
curl -fsS -H "X-Api-Key: key" "http://127.0.0.1:$admin/api/v1/openapi.json" >"$work/openapi.json" || exit 1
cat >"$work/validate.mjs" <<END
import { readFileSync } from "node:fs";
import { Validator } from "$cache/node_modules/@seriousme/openapi-schema-validator/index.js";
const document = JSON.parse(readFileSync(process.argv[2], "utf8"));
const validator = new Validator();
const result = await validator.validate(document);
if (!result.valid) console.log(JSON.stringify(result.errors, null, 1));
else console.log("OpenAPI " + validator.version + ", " + Object.keys(document.paths).length + " paths");
process.exit(result.valid && validator.version === "3.1" ? 0 : 1);
END
if output=$(node "$work/validate.mjs" "$work/openapi.json"); then
  echo "ok    $output"
  passed=1
else
  echo "FAIL  $output"
  failed=1
fi
conclude
