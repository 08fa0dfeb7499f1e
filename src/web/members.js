// The instances that share one Redis: who they are, whether they agree, and how what they share does.
import { Resource } from "./api.js";
import * as format from "./format.js";
import { badge, card, empty, facts, instead, m, meter, table } from "./view.js";

/** @typedef {any} Data */

const late = 30;  // seconds without a sign of life

/** @param {Data} shared */
const own = shared => shared.members.find((/** @type {Data} */ each) => each.self);
/** By the instances' clock, as the viewer's may be another: when somebody has shown life last. @param {Data} shared */
const newest = shared => Math.max(...shared.members.map((/** @type {Data} */ each) => new Date(each.seen).getTime()));
/** @param {Data} member @param {number} now */
const isLate = (member, now) => now - new Date(member.seen).getTime() > late * 1000;

/** Of all reasons, where they are told one by one. @param {number | Record<string, number>} counts */
const total = counts => (typeof counts === "object" ? Object.values(counts || {}).reduce((sum, each) => sum + each, 0) : counts);

/** Who has just come has not told yet. @param {string | undefined} here @param {string | undefined} there */
const isOther = (here, there) => !!here && !!there && here !== there;

/** What is not as it should be, in words. @param {Data} shared @returns {string[]} */
function differences(shared) {
  const here = own(shared), others = shared.members.filter((/** @type {Data} */ each) => !each.self), now = newest(shared);
  const named = (/** @type {(each: Data) => boolean} */ is) => others.filter(is).map((/** @type {Data} */ each) => each.name).join(", ");
  const lost = named(each => isLate(each, now)), rules = named(each => isOther(here?.rules, each.rules)), versions = named(each => isOther(here?.version, each.version));
  return [lost && "No sign of life from " + lost, rules && "Other rules than here: " + rules, versions && "Another version than here: " + versions].filter(Boolean);
}

/** @param {Data} shared */
const sharedState = shared => badge(shared.state, shared.state === "ready" ? "good" : shared.problem && !shared.enabled ? "bad" : shared.state === "off" ? "dim" : "warn");

/** Whether there is anything to tell of the Redis: before the first contact all figures are made of nothing. @param {Data} shared */
const isThere = shared => shared.state === "ready" || shared.state === "catching-up";

/** @param {Data} shared */
function members(shared) {
  if (shared.members.length === 0) return empty("The others are not known", isThere(shared) ? "They are asked for." : "The Redis cannot be reached now; this instance works on alone, and tries again.");
  const here = own(shared), now = newest(shared);
  const rows = shared.members.map((/** @type {Data} */ each) => m("tr", { key: each.name }, m("td.nowrap", m("strong", each.name), each.self ? m("span.muted", " this one") : null), m("td.nowrap", each.address || "–"),
    m("td.nowrap", each.version || "–", " ", isOther(here?.version, each.version) ? badge("another", "warn") : null), m("td.nowrap", m("code", { title: each.rules }, (each.rules || "–").slice(0, 12)), " ", isOther(here?.rules, each.rules) ? badge("other rules", "warn") : null),
    m("td.end.nowrap", isLate(each, now) ? badge(format.ago(each.seen, now), "bad") : format.ago(each.seen, now))));
  return table([{ name: "Instance" }, { name: "Address" }, { name: "Version" }, { name: "Rules" }, { name: "Last sign of life", end: true }], rows, "Instances");
}

const standings = /** @type {Record<string, [string, string]>} */ ({ connected: ["good", "one budget for all, drawn from the Redis"], joining: ["info", "waits until the others know of it"],
  alone: ["warn", "the whole budget: the others have another secret, and know nothing of what is spent here"],
  "cut off": ["warn", "an equal share of the budget until the Redis is back"], away: ["warn", "an equal share of the budget until the Redis is back"] });

/** @param {Data} lane of an upstream, one for each credential */
const whatHolds = lane => (lane.state !== "alone" && lane.tokens == null && lane.quotasLeft?.length === 0 ? "pauses alone, nothing else is limited" : (standings[lane.state] || ["", ""])[1]);

/** @param {Data[]} limits */
function limitsOf(limits) {
  if (limits.length === 0) return empty("Each instance keeps its own limits", "Limits and pauses are shared for upstreams that have been asked, and that mean the same everywhere.");
  const rows = limits.map((each, at) => m("tr", { key: at }, m("td", m("a", { href: "#/upstreams?name=" + encodeURIComponent(each.upstream) }, each.upstream)), m("td", badge(each.state, (standings[each.state] || ["warn"])[0])), m("td.muted", whatHolds(each)), m("td.end", format.number(each.members)), m("td.end", format.number(each.draws))));
  return table([{ name: "Upstream" }, { name: "State" }, { name: "What holds" }, { name: "Share it", end: true }, { name: "Draws", end: true }], rows, "Shared limits");
}

/** @param {Data} memory */
const memoryOf = memory => (memory.maxBytes > 0 ? m(".tier", m(".quota-words", m("span", "Memory: " + format.bytes(memory.bytes) + " of " + format.bytes(memory.maxBytes)), m("span.muted", memory.policy)), meter(memory.bytes, memory.maxBytes, "Memory of the Redis"))
  : m("p.muted.tier", "Memory: " + format.bytes(memory.bytes) + ", without a limit of its own"));

/** @param {Data} shared */
const server = shared => (!isThere(shared) ? facts([["Server", shared.server, "span"], ["Software", "–"], ["Round trip", "–"], ["Behind by", "–"], ["Clock differs by", "–"], ["Connection", badge("not connected", "warn")], ["Memory", "–"]]) : [facts([["Server", shared.server, "span"], ["Software", shared.software + " " + shared.version], ["Round trip", format.latency(shared.roundTripMicroseconds)], ["Behind by", format.duration(shared.lagMs / 1000)], ["Clock differs by", shared.clockOffsetMs + " ms"],
  ["Breaker", badge(shared.breaker)]]), memoryOf(shared.memory)]);

/** @param {Data} shared */
const traffic = ({ records, invalidations }) => facts([["Hits", format.number(records.hits)], ["Misses", format.number(records.misses)], ["Written", format.number(records.written)], ["Too late", format.number(records.timeouts)], ["Not taken", format.number(total(records.rejected) + total(records.dropped))],
  ["Invalidations sent", format.number(invalidations.sent)], ["Received", format.number(invalidations.received)], ["Waiting", format.number(invalidations.waiting)], ["Gaps", format.number(invalidations.gaps)]]);

const alone = () => card("Instances", empty("This instance is alone", "Several instances can share answers, purges and the budgets of upstreams. Give each the same Redis and the same secret:",
  [m("pre.code", "\"shared\": { \"redis_url\": \"redis://redis.example:6379\", \"secret_file\": \"/etc/cachearr/shared.secret\" }"),
    m("p", m("code", "cachearr shared secret make"), " makes the secret on the first one, ", m("code", "show"), " prints it there, ", m("code", "import FILE"), " keeps it on the others.")]), { wide: true });

/** @param {Data} shared */
function all(shared) {
  if (!shared.enabled) return shared.problem ? card("Instances", m("p.trouble", shared.problem), { wide: true, aside: sharedState(shared) }) : alone();
  return [...[shared.problem, ...differences(shared)].filter(Boolean).map(words => m(".alert.warning", { role: "alert" }, badge("warning"), m("div", m("strong", format.capital(words))))),
    card("Instances", members(shared), { wide: true, aside: sharedState(shared) }),
    m(".grid.halves", card("Redis", server(shared)), card("What went through it", traffic(shared), { aside: m("span.muted", "since the start") })),
    card("Limits", limitsOf(shared.limits || []), { wide: true })];
}

export class Members {
  constructor() { this.shared = new Resource("api/v1/shared", 3000).start(); }
  onremove() { this.shared.stop(); }
  view() { return m(".page", m("h1", "Instances"), instead(this.shared) || all(this.shared.data)); }
}

/** For the overview; nothing where this instance is alone. @param {Data} shared */
export function sharedCard(shared) {
  if (!shared || (!shared.enabled && !shared.problem)) return null;
  const words = shared.enabled ? differences(shared) : [], trouble = shared.problem || words[0];
  const facts = shared.enabled ? [shared.members.length > 0 ? format.counted(shared.members.length, "instance") : "the others are not known", isThere(shared) ? "round trip " + format.latency(shared.roundTripMicroseconds) : "not connected", format.number(shared.records.hits) + " answers of others"].join(" · ") : "";
  return card("Shared with other instances", [m("p", facts), trouble ? m("p.trouble", trouble) : null], { wide: true, aside: m(".buttons", sharedState(shared), m("a", { href: "#/members" }, "Instances")) });
}
