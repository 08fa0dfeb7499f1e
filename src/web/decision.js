// How a request was decided, as the live log and the cache tell it, and what may be made of it.
import { post } from "./api.js";
import * as format from "./format.js";
import { act, ask, m } from "./view.js";

/** @typedef {any} Data */

/** Why the upstream was asked, in words for those of RFC 9211. @type {Record<string, string>} */
const forwards = { "uri-miss": "not stored yet", "vary-miss": "another variant is stored", miss: "nothing stored that fits", stale: "stored, but too old", partial: "stored only in part", bypass: "never stored", method: "a method that is not cached", request: "the client wanted it new" };
/** @param {Data} request */
const forward = request => forwards[request.forward] || request.forward;

/** Why, in a few words. @param {Data} request */
export function why(request) {
  const parts = [];
  if (request.error) parts.push(request.error);
  if (request.detail) parts.push(request.detail);
  if (request.rule) parts.push("rule " + request.rule);
  if (request.forward) parts.push(forward(request));
  if (request.stored) parts.push("stored");
  if (request.collapsed) parts.push("shared another's fetch");
  return parts.join(" · ") || "no rule: RFC 9111 decides";
}

/** The same request as a command line. @param {Data} request */
export function curl(request) {
  const quoted = (/** @type {string} */ text) => "'" + text.replace(/'/g, "'\\''") + "'";
  const method = request.method === "GET" ? "" : " -X " + request.method;
  return "curl -sD- -o /dev/null" + method + (request.userAgent ? " -A " + quoted(request.userAgent) : "") + " -x http://" + location.hostname + ":9797 " + quoted(request.url);
}

/** A rules file with a rule that would match it, to go on from. @param {Data} request */
export function draftOf(request) {
  let path = "/", host = "";
  try {
    const url = new URL(request.url);
    [path, host] = [decodeURI(url.pathname).replace(/\/\d+(?=\/|$)/g, "/{id:int}"), url.hostname];
  } catch { /* a URL that is none */ }
  const name = (request.upstream || host || "my").replace(/[^\w.-]+/g, "-") + "-" + (path.split("/").filter(part => part && !part.startsWith("{")).pop() || "all").replace(/[^\w.-]+/g, "-");
  const upstream = request.upstream || host.replace(/[^\w.-]+/g, "-") || "my-upstream";
  const file = /** @type {Data} */ ({ rules: [{ name, upstream, match: { path }, ttl: "30m", policy: "override" }] });
  return JSON.stringify(request.upstream ? file : { upstreams: { [upstream]: { hosts: [host] } }, ...file }, null, 2) + "\n";
}

/** @param {Data} request @returns {[string, string]} */
function limiter(request) {
  if (!request.forward) return ["not asked for", "nothing goes upstream, so no token is taken"];
  if (request.detail === "limited" || request.detail === "cooldown") return ["refused", "tokens or quota are short, or a pause is in force"];
  if (request.collapsed) return ["shared", "the fetch of another has taken the token"];
  if (request.waitedUs > 0) return ["waited " + format.latency(request.waitedUs), "in line for a token of " + (request.upstream || "its host")];
  return request.error ? ["–", request.error] : ["let through", "a token was free"];
}

/** @param {Data} request @returns {[string, string, string][]} */
function steps(request) {
  const forwarded = !!request.forward;
  return [
    ["Client", request.client, (request.userAgent || "no agent named") + ", by " + request.way],
    ["Route", request.upstream || "no upstream of the rules", request.upstream ? "its host, mount or listener belongs to this upstream" : "a host that no rules file names"],
    ["Rule", request.rule || "none", request.rule ? "type " + (request.type || "none") : "what the origin allows is stored (RFC 9111)"],
    ["Key", request.key || "–", request.key ? "under this name it is stored and purged" : "not made: nothing is looked up"],
    ["Store", request.result, request.detail || (request.result === "hit" ? "a fresh answer was there" : forwarded ? "no answer that could be given: " + forward(request) : "")],
    ["Limiter", ...limiter(request)],
    ["Upstream", forwarded ? "asked" : "not asked", forwarded ? forward(request) + (request.collapsed ? ", together with others" : "") + (request.stored ? ", its answer was stored" : ", its answer was not stored") : "saved a call"],
    ["Answer", String(request.status), format.bytes(request.bytes) + " in " + format.latency(request.durationUs) + (request.firstByteUs ? ", first byte after " + format.latency(request.firstByteUs) : "")],
  ];
}

/** Field lines, without a scroll bar of their own. @param {string[]} lines @param {string} title */
export const fieldLines = (lines, title) => m("details.fields", m("summary", title + " (" + lines.length + ")"), m("dl.facts.lines", lines.map(line => {
  const colon = line.indexOf(":");
  return m("div", m("dt", colon < 0 ? line : line.slice(0, colon)), m("dd", colon < 0 ? "" : line.slice(colon + 1).trim()));
})));

/** Step by step. @param {Data} request */
export const decision = request => [m("p.url", request.method + " " + request.url), request.error ? m("p.trouble", request.error) : null,
  m("ol.steps", steps(request).map(([name, value, reason]) => m("li", m("span.step", name), m("span.step-value", value), m("span.muted", reason)))),
  request.headers ? fieldLines(request.headers, "What the client sent") : null];

/** @param {Data} answer */
function refreshed(answer) {
  if (answer.fetched > 0) return answer.fetched === 1 ? "Fetched anew" : answer.fetched + " variants fetched anew";
  if (answer.later > 0) return "";
  if (answer.pending > 0) return "Asked for; the answer is on its way";
  return answer.why ? "Not fetched: " + answer.why : "Not fetched";
}

/** Asks the upstream for it now, or at the next request where its budget leaves nothing besides what clients ask. @param {string} key */
export async function fetchAnew(key) {
  const answer = await act(() => post("api/v1/keys/" + encodeURIComponent(key) + "/refresh"), refreshed);
  if (!answer || answer.fetched > 0 || answer.later === 0) return;
  const until = answer.until ? "It has room again " + format.fromNow(answer.until) + ". " : "";
  if (await ask("The upstream's budget leaves nothing for this now", until + "Mark the answer stale instead? Then the next request of a client fetches it.", "Mark stale"))
    await act(() => post("api/v1/purge", { keys: [key], soft: true }), done => done.purged + " marked stale");
}
