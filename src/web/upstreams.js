// How each upstream is: quota, pauses, breaker, latency; and what an operator may do about it.
import { Resource, post } from "./api.js";
import { Day, stateOf } from "./condition.js";
import * as format from "./format.js";
import { act, ask, badge, empty, facts, instead, leftMeter, m, table, term } from "./view.js";

/** @typedef {any} Data */

/** The API's word for a mode, and the page's. @param {string} mode */
const word = mode => (mode === "live" ? "normal" : mode);

/** What each lets through. */
const modes = /** @type {Record<string, string>} */ ({ live: "Asks the upstream when nothing fresh is stored.", "prefer-cache": "Serves what is stored, however old, and refreshes it behind.", offline: "Never asks the upstream: what is stored is all there is." });

/** @param {Data} quota */
function projection(quota) {
  const empties = format.emptyAt(quota);
  return empties ? m("p.warn-text", "empty at " + format.moment(empties.getTime()) + " at this rate") : null;
}

/** The quota nearest to its end, in short. @param {Data} upstream */
export function quotaCell(upstream) {
  const [quota] = [...upstream.quota].sort((a, b) => a.remaining / a.limit - b.remaining / b.limit);
  if (!quota) return m("span.muted", "none");
  return m(".quota-cell", leftMeter(quota.remaining, quota.limit, "Left of the quota of " + upstream.name), m("span", format.quotaLeft(quota) + " this " + quota.per), projection(quota));
}

/** @param {Data} quota @param {string} name */
const quotaLine = (quota, name) => m("li.quota-line", m(".quota-words", m("span", format.quotaLeft(quota) + " this " + quota.per + (quota.of === "grabs" ? " (grabs)" : "")),
  m("span.muted", quota.remaining > 0 ? "resets in " + format.duration(quota.resetSeconds) : "room again from " + format.moment(quota.reset))), leftMeter(quota.remaining, quota.limit, "Left of the quota of " + name), projection(quota));

/** Why it has asked for a pause: a status, or words. @param {Data} upstream */
function pauseWords({ cooldownWhy: why }) {
  const status = /^(\d{3})$/.exec(why || "");
  if (!status) return format.localTimes(why || "it asked for a pause");
  return "it answered " + why + (why === "429" ? " (too many requests)" : why === "503" ? " (not available)" : "") + " and asked for a pause";
}

/** @param {Data} upstream */
function troubles(upstream) {
  const lines = [];
  if (upstream.paused) lines.push("Paused by an operator: what is stored is served, however old; nothing is sent.");
  if (upstream.cooldownUntil) lines.push("Nothing is sent until " + format.moment(upstream.cooldownUntil) + " (for " + format.duration(upstream.cooldownSeconds) + "): " + pauseWords(upstream) + ".");
  if (upstream.breaker.state !== "closed") lines.push("Breaker " + upstream.breaker.state + " after " + upstream.breaker.failuresInARow + " failures in a row" + (upstream.breaker.until ? ", tried again at " + format.clock(upstream.breaker.until) : "") + ".");
  if (upstream.mode !== upstream.modeOfRules) lines.push("Mode " + word(upstream.mode) + " until the next reload; the rules say " + word(upstream.modeOfRules) + ".");
  return lines;
}

/** What its hub of events has told. @param {Data} events */
const feed = events => m("p.muted.hint", "Events: " + events.state + (events.since ? " since " + format.moment(events.since) : "") + ", " + format.number(events.messages) + " messages, " + format.number(events.invalidations) + " invalidations" + (events.lastError ? ". Last trouble: " + events.lastError : ""));

/** @param {Data} page @param {Data} upstream @param {Data} action @param {string} done */
async function change(page, upstream, action, done) {
  await act(() => post("api/v1/upstreams/" + encodeURIComponent(upstream.name), action), upstream.name + ": " + done);
  page.upstreams.refresh();
}

/** What holds it up, and may be ended: what the button says, what is reset, and what is said then. @param {Data} upstream @returns {[string, string[], string] | null} */
function heldBy(upstream) {
  const isOpen = upstream.breaker.state !== "closed";
  if (upstream.cooldownUntil) return isOpen ? ["End pause, close breaker", ["breaker", "cooldown"], "pause ended, breaker closed"] : ["End pause", ["cooldown"], "pause ended"];
  return isOpen ? ["Close breaker", ["breaker"], "breaker closed"] : null;
}

/** @param {Data} page @param {Data} upstream */
function buttons(page, upstream) {
  const pause = async () => {
    if (await ask("Pause " + upstream.name + "?", "What is stored is served, however old it is. All else is refused until you resume, reload or restart.", "Pause")) change(page, upstream, { paused: true }, "paused");
  };
  const held = heldBy(upstream);
  return m(".buttons",
    upstream.paused ? m("button.primary", { onclick: () => change(page, upstream, { paused: false }, "resumed") }, "Resume") : m("button", { onclick: pause }, "Pause"),
    m("label.inline", "Mode ", m("select", { title: Object.entries(modes).map(([mode, what]) => word(mode) + ": " + what).join("\n"), value: upstream.mode, onchange: (/** @type {any} */ event) => change(page, upstream, { mode: event.target.value }, "mode " + word(event.target.value)) },
      ["live", "prefer-cache", "offline"].map(mode => m("option", { value: mode, selected: mode === upstream.mode }, word(mode))))),
    held ? m("button", { onclick: () => change(page, upstream, { reset: held[1] }, held[2]) }, held[0]) : null,
    upstream.mode === "live" ? null : m("p.muted.mode", modes[upstream.mode]));
}

/** Of the last day. @param {Record<string, number> | null} day */
function lately(day) {
  const hits = day?.hits || 0, asked = hits + (day?.misses || 0), errors = day?.upstream_errors;
  return [["Calls, 24 h", format.number(day?.upstream_calls)], ["Errors, 24 h", errors ? m("span.bad-text", format.number(errors)) : format.number(errors)], ["Hit rate, 24 h", asked > 0 ? format.percent((hits / asked) * 100, 0) : "–"]];
}

const tokens = () => term("Tokens", "How many calls may go out at once now; they come back at the rate that the rules name.");

/** @param {Data} page @param {Data} upstream @param {string | null} wanted who is looked for */
function panel(page, upstream, wanted) {
  const lines = troubles(upstream), isWanted = upstream.name === wanted;
  return m("section.card.upstream", { key: upstream.name, class: isWanted ? "wanted" : "", "aria-label": upstream.name, oncreate: (/** @type {Data} */ node) => { if (isWanted) node.dom.scrollIntoView(); } },
    m("header.card-head", m("h2", upstream.name), page.day.badge(upstream)),
    facts([...lately(page.day.of(upstream.name)), ["Latency", upstream.latencyMs ? format.latency(upstream.latencyMs * 1000) : "–"],
      [tokens(), upstream.tokens == null ? "no limit" : String(upstream.tokens)], ["In flight", upstream.inFlight + (upstream.waiting > 0 ? ", " + upstream.waiting + " waiting" : "")]]),
    upstream.events && upstream.events.state !== "off" ? feed(upstream.events) : null,
    lines.map(line => m("p.trouble", line)),
    upstream.quota.length > 0 ? m("ul.list", upstream.quota.map((/** @type {Data} */ quota) => quotaLine(quota, upstream.name))) : null,
    buttons(page, upstream));
}

/** @param {Data} page @param {Data[]} idle */
const idleTable = (page, idle) => table([{ name: "Name" }, { name: "State" }, { name: tokens(), end: true }, { name: "Quota", class: "quota" }],
  idle.map(each => m("tr", { key: each.name }, m("td", each.name), m("td", badge(...stateOf(each))), m("td.end", each.tokens ?? "–"), m("td", quotaCell(each)))), "Upstreams that were not asked");

/** What is not as it should be comes first. @param {Data} page with the last day @param {Data} upstream */
export const rank = (page, upstream) => (troubles(upstream).length > 0 || ["bad", "warn"].includes(page.day.stateOf(upstream)[1]) ? 0 : 1);

export class Upstreams {
  constructor() {
    this.upstreams = new Resource("api/v1/upstreams", 3000).start();
    this.day = new Day();
    /** @type {Map<string, number>} */
    this.places = new Map();  // of names, for as long as the page is shown: a card that is being used stays where it is
  }
  onremove() { this.upstreams.stop(); this.day.stop(); }
  /** In the order of the first look, those that came later behind them. @param {Data[]} used */
  inPlace(used) {
    const place = (/** @type {Data} */ each) => this.places.get(each.name) ?? Infinity;
    used.sort((a, b) => (place(a) === place(b) ? rank(this, a) - rank(this, b) || b.requests - a.requests : place(a) - place(b)));
    if (this.day.isKnown) for (const each of used) if (!this.places.has(each.name)) this.places.set(each.name, this.places.size);
  }
  /** @param {Data} node */
  view(node) {
    const waiting = instead(this.upstreams);
    if (waiting) return m(".page", m("h1", "Upstreams"), waiting);
    const all = this.upstreams.data.upstreams;
    const wanted = node.attrs.parameters.get("name");
    const used = all.filter((/** @type {Data} */ each) => each.requests > 0 || troubles(each).length > 0 || each.name === wanted || this.places.has(each.name));
    this.day.follow(used);
    this.inPlace(used);
    const idle = all.filter((/** @type {Data} */ each) => !used.includes(each));
    return m(".page", m("h1", "Upstreams"),
      used.length === 0 ? empty("No upstream was asked yet", "As soon as a request goes out, its upstream stands here.") : m(".grid.upstreams", used.map((/** @type {Data} */ each) => panel(this, each, wanted))),
      idle.length > 0 ? m("details.card", m("summary", idle.length + " more that nobody has asked for"), idleTable(this, idle)) : null);
  }
}
