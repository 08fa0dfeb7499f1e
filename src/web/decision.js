// How a request was decided, as the live log and the cache show it, and what may be done about it.
import { post, proxyAddress } from "./api.js";
import * as format from "./format.js";
import { steps } from "./trace.js";
import { act, ask, facts, m, offer } from "./view.js";

/** @typedef {any} Data */

/** One word of a shell. @param {string} text */
const quoted = text => (/^[\w./:-]+$/.test(text) ? text : "'" + text.replace(/'/g, "'\\''") + "'");

/** The same request as a command line: each word of it may come from outside. Without --globoff curl would make several addresses of
 * one that holds braces or brackets. @param {Data} request @param {string[]} proxy host and port */
function curl({ method, userAgent, url }, proxy) {
  const asks = method === "GET" ? [] : method === "HEAD" ? ["--head"] : ["-X", method];
  return ["curl", "-sD-", "-o", "/dev/null", ...asks, ...(userAgent ? ["-A", userAgent] : []), "-x", "http://" + proxy.join(":"), "--globoff", "--url", url].map(quoted).join(" ");
}

/** @param {Data} request */
export const offerCurl = async request => offer("As curl", curl(request, await proxyAddress()));

/** Field lines, without a scroll bar of their own. @param {string[]} lines @param {string} title */
export const fieldLines = (lines, title) => m("details.fields", m("summary", title + " (" + lines.length + ")"), facts(lines.map(line => {
  const colon = line.indexOf(":");
  return colon < 0 ? [line, ""] : [line.slice(0, colon), line.slice(colon + 1).trim()];
}), "lines"));

/** Step by step. @param {Data} request */
export const decision = request => [m("p.url", request.method + " " + request.url), request.error ? m("p.trouble", format.localTimes(request.error)) : null,
  m("ol.steps", steps(request).map(([name, value, reason]) => m("li", m("span.step", name), m("span.step-value", value), m("span.muted", format.localTimes(reason || ""))))),
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
