// What would happen to a request now: nothing is sent for the answer.
import { get, query } from "./api.js";
import * as format from "./format.js";
import { act, ask, facts, m } from "./view.js";

/** @typedef {any} Data */

/** What holds a request back. @type {Record<string, string>} */
const causes = { rate: "its tokens are used up", concurrency: "as many requests as may are under way", quota: "its quota is spent", cooldown: "the upstream has asked for a pause", breaker: "it fails too often", "queue full": "too many wait already" };
/** @type {Record<string, string>} */
const modes = { offline: "offline: nothing is sent", "prefer-cache": "prefer-cache: what is stored serves, however old it is" };
/** @type {Record<string, string>} */
export const policies = { override: "the rule decides", respect: "the origin's word goes first", floor: "at least the rule's lifetime", ceiling: "at most the rule's lifetime", never: "never stored", "RFC 9111": "as RFC 9111 says" };

/** @param {Data} limit @param {boolean} isAsked whether the request would go upstream */
function limiter(limit, isAsked) {
  if (!limit) return "nothing is limited";
  if (limit.mode === "offline") return modes.offline;
  const [would, it] = isAsked ? ["would", "it"] : ["is not asked; it would", "a request"];
  if (limit.wait === 0) return would + " let " + it + " through at once";
  const until = format.moment(Date.now() + limit.wait * 1000);
  return would + " hold " + it + " back for " + format.duration(limit.wait) + ", until " + until + ": " + (causes[limit.why] || limit.why || "no room")
    + (isAsked ? ". Where that is longer than the upstream's \"max_wait\", the request is refused, or what is stored serves." : "");
}

/** @param {Data} stored */
function storedWords(stored) {
  if (!stored) return "nothing that fits";
  return (stored.invalidated ? "marked stale" : format.lifetime(stored.ttl) + (stored.ttl > 0 ? " left" : "")) + " of " + format.duration(stored.lifetime) + " (by the " + stored.lifetimeSource + "), "
    + format.duration(stored.age) + " old, status " + stored.status + ", " + format.bytes(stored.bytes) + ", " + format.number(stored.hits) + (stored.hits === 1 ? " hit, " : " hits, ") + (stored.tier === "disk" ? "on disk" : "in memory");
}

/** @param {Data} answer */
export function lifetimeWords(answer) {
  if (answer.policy === "never") return "not stored";
  const choices = (answer.ttlFrom || []).map((/** @type {Data} */ each) => format.duration(each.ttl) + " where " + each.when);
  return [answer.ttl == null ? "as the origin says" : format.duration(answer.ttl) + ", from the " + answer.ttlSource, ...choices].join("; ");
}

/** @param {Data} stale */
function staleWords(stale) {
  const uses = /** @type {[number | null, string][]} */ ([[stale.whileRevalidate, "while it is fetched anew"], [stale.ifError, "where the upstream fails"], [stale.ifLimited, "where its limit is reached"]]);
  return uses.filter(([seconds]) => seconds).map(([seconds, when]) => format.duration(seconds) + " " + when).join("; ");
}

/** @param {Data} shared */
const sharedWords = shared => (shared.applies ? "yes: " : "no: ") + shared.why + (shared.record?.there ? "; the answer lies there" + (shared.record.freshUntil ? ", fresh until " + format.moment(shared.record.freshUntil) : "") : "");

/** Names and words; what there is nothing to say of is left out. @param {Data} answer @returns {[string, string][]} */
function lines(answer) {
  const isAsked = ["fetch", "validate", "bypass"].includes(answer.decision), { limit } = answer;
  /** @type {[string, string | null | undefined][]} */
  const all = [["Then", answer.meaning + (answer.status ? ": " + answer.status : "")], ["Why", answer.why], ["Upstream", answer.upstream || "none of the rules"], ["Rule", answer.rule || "none: RFC 9111 decides"]];
  if (answer.key != null) {
    all.push(["Key", answer.key], ["Kept for", answer.partition === "shared" ? "everybody" : "who sends the same credentials"], ["Asks", answer.origin], ["Type", answer.type], ["Tags", answer.tags?.join(", ")],
      ["Stored", storedWords(answer.stored)], ["Lifetime", lifetimeWords(answer)], ["Policy", policies[answer.policy] || answer.policy], ["Stale for", staleWords(answer.stale)],
      ["Limiter", limiter(limit, isAsked)], ["Pause", limit?.cooldownUntil && "until " + format.moment(limit.cooldownUntil)], ["Mode", limit && modes[limit.mode]],
      ["Next call", limit?.nextRefresh && !isAsked ? format.fromNow(limit.nextRefresh) + " at the earliest" : null],
      ["Varies by", answer.variesBy], ["Remembered", answer.remembered], ["Instances", answer.shared && sharedWords(answer.shared)]);
  }
  return /** @type {[string, string][]} */ (all.filter(([, value]) => value));
}

/** @param {Data} request */
export async function explain(request) {
  const answer = await act(() => get("api/v1/explain" + query({ url: request.url, method: request.method })), "");
  if (!answer) return;
  const elsewhere = answer.upstream !== request.upstream ? m("p.muted.hint", "Of this URL alone. The request came to " + (request.upstream || "no upstream") + ", by " + request.way + ".") : null;
  const hidden = request.url.includes("***") && answer.partition === "credential" ? m("p.muted.hint", "Its secrets are not shown here, so this is told for a client with other ones: what is stored for its own is not seen.") : null;
  ask("What would happen now", [facts(lines(answer), "lines"), elsewhere, hidden]);
}
