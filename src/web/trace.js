// What a recorded request tells of how it was decided: in a few words, and step by step. Pure.
import * as format from "./format.js";

/** @typedef {any} Data */

/** Why the upstream was asked, in words for those of RFC 9211. @type {Record<string, string>} */
const forwards = { "uri-miss": "was not stored", "vary-miss": "another variant is stored", miss: "nothing stored that fits", stale: "stored, but too old", partial: "stored only in part", bypass: "never stored", method: "a method that is not cached", request: "the client wanted it new" };
/** @param {Data} request */
const forward = request => forwards[request.forward] || request.forward;

/** @type {Record<string, string>} */
const details = { "rule-never": "its rule stores nothing", method: "only what GET and HEAD ask is stored", "no-store": "the client or the upstream forbids to store it", private: "for one user alone", "set-cookie": "it sets a cookie", authorization: "it was asked for with credentials", "vary-star": "it says that every answer differs", "too-large": "too large to be stored",
  limited: "its limit is reached", cooldown: "the upstream has asked for a pause", offline: "the upstream is set to offline or fails too often", refused: "the answer is not what the rule expects", shared: "from another instance's store", "stale-if-error": "the upstream fails", "stale-while-revalidate": "it is fetched anew behind it" };
/** @param {Data} request */
const detailOf = request => details[request.detail] || request.detail;

/** Why, in a few words. @param {Data} request */
export function why(request) {
  const parts = [];
  if (request.error) parts.push(format.localTimes(request.error));
  else if (request.detail) parts.push(detailOf(request));
  if (request.rule) parts.push("rule " + request.rule);
  const asked = request.forward && request.result !== "bypass" && request.result !== "tunnel" ? forward(request) : "";
  if (asked || request.stored) parts.push([asked, !request.stored ? "" : !asked ? "stored" : request.forward === "uri-miss" ? "now it is" : "its answer is stored"].filter(Boolean).join(", "));
  if (request.collapsed) parts.push("shared another's fetch");
  return parts.join(" · ") || (request.result === "tunnel" ? "passed on unseen" : "no rule: RFC 9111 decides");
}

/** What became of the call upstream. An error says of itself what stopped it: the limiter and the mode by a detail, what is
 * forbidden by its status; everything else was tried.
 * @param {Data} request @returns {"relayed" | "none" | "refused" | "held" | "paused" | "failed" | "broken" | "shared" | "asked"} */
function callOf(request) {
  if (request.result === "tunnel") return "relayed";
  if (request.detail === "cooldown") return "paused";
  if (request.detail === "offline") return "held";
  if (request.error === "broke off") return "broken";
  if (request.error) {
    if (request.detail === "limited") return "held";
    if (!request.forward || request.status === 403 || request.status === 508 || request.error.includes("only-if-cached")) return "refused";
    return "failed";
  }
  if (request.collapsed) return "shared";
  return request.forward ? "asked" : "none";
}

/** Whether something may be stored under its key. @param {Data} request */
export const isStored = request => !!request.key && (request.stored || ["hit", "stale", "revalidated"].includes(request.result));

/** @param {Data} request @returns {[string, string]} */
function key(request) {
  if (!request.key) return ["–", "not made: nothing is looked up"];
  if (["bypass", "tunnel"].includes(request.result)) return [request.key, "its name; nothing is stored under it"];
  return [request.key, isStored(request) ? "under this name it is stored and purged" : "under this name it would be stored"];
}

/** @param {Data} request @returns {[string, string]} */
function store(request) {
  switch (request.result) {
    case "hit": return ["hit", request.detail ? detailOf(request) : "a fresh answer was there"];
    case "stale": return ["stale", "an old answer was given" + (request.detail ? ": " + detailOf(request) : ": the client takes it")];
    case "bypass": return ["passed by", detailOf(request) || forward(request)];
    case "tunnel": return ["passed by", "what goes through a tunnel is not seen"];
    default: return request.forward ? ["miss", forward(request)] : ["not asked", "the request was refused before"];
  }
}

/** @param {Data} request @returns {[string, string]} */
function limiter(request) {
  const waited = request.waitedUs > 0 ? "waited " + format.latency(request.waitedUs) : "";
  switch (callOf(request)) {
    case "paused": return ["refused", "a pause that the upstream has asked for is in force"];
    case "held": return [request.detail === "offline" ? "refused" : waited || "refused", request.error || "nothing is sent while it is offline, paused or fails too often"];
    case "shared": return ["shared", "the fetch of another has taken the token"];
    case "refused": case "relayed": return ["not asked", "it has no say in this"];
    case "none": return request.result === "stale" && request.detail ? staleLimiter(request) : ["not asked", "nothing goes upstream, so no token is taken"];
    default: return waited ? [waited, "in line for a token of " + (request.upstream || "its host")] : ["let through", "nothing held it back"];
  }
}

/** The record of a stale answer does not tell whether its refusal came from here or from there. @param {Data} request @returns {[string, string]} */
const staleLimiter = request => (request.detail === "limited" ? ["no room", "its tokens or quota are short, or the upstream said so itself"]
  : request.detail === "stale-while-revalidate" ? ["not asked", "this answer took no token; the fetch behind it takes its own"] : ["let through", "nothing held it back"]);

/** @param {Data} request @returns {[string, string]} */
function upstream(request) {
  const kept = request.result === "bypass" ? ", its answer was passed on" : request.stored ? ", its answer was stored" : ", its answer was not stored" + (request.detail ? ": " + detailOf(request) : "");
  switch (callOf(request)) {
    case "relayed": return ["connected", "bytes were relayed unseen"];
    case "paused": case "held": return ["not asked", request.result === "stale" ? "the stored answer stood in" : "the request was refused before anything was sent"];
    case "refused": return ["not asked", "the request was refused before anything was sent"];
    case "failed": return ["no answer", request.error];
    case "broken": return ["broke off", "the answer did not arrive whole, or the client went away"];
    case "shared": return ["asked once", forward(request) + ", together with others" + kept];
    case "none": return withoutForward(request);
    default: return ["asked", (request.status === 429 || request.status >= 500 ? "it answered " + request.status + " itself" : forward(request)) + (request.result === "revalidated" ? ", it confirmed what is stored" : kept)];
  }
}

/** What was served from the store: a call saved, but where the upstream was tried. @param {Data} request @returns {[string, string]} */
function withoutForward(request) {
  switch (request.detail) {
    case "stale-if-error": return ["asked", "it failed or could not be reached, so the stored answer stood in"];
    case "refused": return ["asked", "its answer was not what the rule expects, so the stored one stood in"];
    case "stale-while-revalidate": return ["asked behind it", "as far as its budget has room; this answer did not wait for it"];
    case "limited": return ["no answer", "the stored answer stood in"];
    default: return ["not asked", "saved a call"];
  }
}

/** How long the upstream took to begin its answer: all before the first byte but the wait for a token.
 * @param {Data} request @returns {[string, string, string][]} */
function took(request) {
  const call = callOf(request), begun = request.firstByteUs - request.waitedUs;
  if (!["asked", "failed", "shared"].includes(call) || !(begun > 0)) return [];
  const rest = request.durationUs - request.firstByteUs;
  if (call === "failed") return [["Time", format.latency(begun), "passed until the upstream was given up"]];
  return [["Time", format.latency(begun), "the upstream took until the first byte of the answer" + (rest > 1000 ? ", " + format.latency(rest) + " more for the rest" : "")]];
}

/** @param {Data} request @returns {[string, string, string][]} */
export const steps = request => [
  ["Client", request.client, (request.userAgent || "no agent named") + ", by " + request.way],
  ["Route", request.upstream || "no upstream of the rules", request.upstream ? "its host, mount or listener belongs to this upstream" : request.key || request.result === "tunnel" ? "a host that no rules file names" : "it leads nowhere"],
  ["Rule", request.rule || "none", request.rule ? (request.type ? "type " + request.type : "it names no type") : request.key ? "what the origin allows is stored (RFC 9111)" : "none was looked for"],
  ["Key", ...key(request)],
  ["Store", ...store(request)],
  ["Limiter", ...limiter(request)],
  ["Upstream", ...upstream(request)],
  ...took(request),
  ["Answer", String(request.status), format.bytes(request.bytes) + " in " + format.latency(request.durationUs)],
];
