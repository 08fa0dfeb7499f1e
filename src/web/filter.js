// The words of a filter for requests: "upstream:tvdb result:miss slow:>1s -status:404 breaking". Pure.

/** @typedef {any} Request */

/** Of "1s", "200ms" or "3" in microseconds; NaN where it is none. @param {string} text */
function microseconds(text) {
  const parts = /^([\d.]+)(ms|s|m)?$/.exec(text.replace(/^[><=]+/, ""));
  if (!parts) return NaN;
  return Number(parts[1]) * /** @type {Record<string, number>} */ ({ ms: 1e3, s: 1e6, m: 60e6 })[parts[2] || "s"];
}

export const names = ["upstream", "result", "client", "url", "rule", "type", "key", "method", "status", "way", "slow"];
const results = ["hit", "revalidated", "collapsed", "stale", "miss", "bypass", "tunnel", "error"];

/** Null where the name or the value says nothing. @param {string} name @param {string} value @returns {((request: Request) => boolean) | null} */
function byName(name, value) {
  const has = (/** @type {string | null} */ text) => (text || "").toLowerCase().includes(value);
  switch (name) {
    case "upstream": return request => has(request.upstream);
    case "url": return request => has(request.url);
    case "rule": return request => has(request.rule);
    case "type": return request => has(request.type);
    case "key": return request => has(request.key);
    case "way": return request => has(request.way);
    case "method": return request => has(request.method);
    case "client": return request => has(request.client) || has(request.userAgent);
    case "status": return !/^\d{1,3}x*$/.test(value) ? null : request => String(request.status).startsWith(value.replace(/x+$/, ""));
    case "result": return !results.includes(value) ? null : request => request.result === value;
    case "slow": {
      const limit = microseconds(value);
      return Number.isNaN(limit) ? null : value.startsWith("<") ? request => request.durationUs < limit : request => request.durationUs > limit;
    }
    default: return null;
  }
}

/** @param {string} word @returns {(request: Request) => boolean} */
function one(word) {
  const colon = word.indexOf(":");
  const named = colon > 0 ? byName(word.slice(0, colon), word.slice(colon + 1)) : null;
  if (named) return named;
  return request => [request.url, request.key, request.upstream, request.rule, request.result, request.userAgent, request.client, request.error, request.detail]
    .some(text => text && text.toLowerCase().includes(word));
}

/** @param {string} words */
const split = words => words.toLowerCase().split(/\s+/).filter(word => word !== "" && word !== "-");

/** Words that look like one of the filter's and are none: they are looked for as text. @param {string} words @returns {string[]} */
export const notUnderstood = words => split(words).filter(word => {
  const [, name, value] = /^-?([a-z]+):(?!\/\/)(.*)$/.exec(word) || [];
  return name != null && value !== "" && !byName(name, value);
});

/** @param {string} words @returns {(request: Request) => boolean} */
export function compile(words) {
  const tests = split(words).map(word => {
    if (!word.startsWith("-")) return one(word);
    const test = one(word.slice(1));
    return (/** @type {Request} */ request) => !test(request);
  });
  return request => tests.every(test => test(request));
}
