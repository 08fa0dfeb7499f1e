// How each upstream is: quota, pauses, breaker, latency; and what an operator may do about it.
import { Resource, post, query } from "./api.js";
import * as format from "./format.js";
import { act, ask, badge, empty, facts, instead, m, meter, table } from "./view.js";

/** @typedef {any} Data */

/** What each lets through. */
const modes = /** @type {Record<string, string>} */ ({ live: "Asks the upstream when nothing fresh is stored.", "prefer-cache": "Serves what is stored, however old, and refreshes it behind.", offline: "Never asks the upstream: what is stored is all there is." });

/** In words and a tone. @param {Data} upstream @returns {[string, string?]} */
export function stateOf(upstream) {
  if (upstream.paused) return ["paused"];
  if (upstream.breaker.state === "open") return ["breaker open", "bad"];
  if (upstream.cooldownUntil) return ["cooling down", "warn"];
  if (upstream.quota.some((/** @type {Data} */ each) => each.remaining === 0)) return ["quota spent", "bad"];
  if (upstream.breaker.state === "half-open") return ["trying again", "warn"];
  return [upstream.mode];
}

/** The quota nearest to its end, in one line. @param {Data} upstream */
export function quotaCell(upstream) {
  const sorted = [...upstream.quota].sort((a, b) => a.remaining / a.limit - b.remaining / b.limit);
  if (sorted.length === 0) return m("span.muted", "none");
  const quota = sorted[0];
  return m(".quota-cell", meter(quota.limit - quota.remaining, quota.limit, "Quota of " + upstream.name),
    m("span.nowrap", format.number(quota.limit - quota.remaining) + " / " + format.number(quota.limit) + " per " + quota.per));
}

/** @param {Data} quota @param {string} name */
function quotaLine(quota, name) {
  const empties = format.emptyAt(quota);
  return m("li.quota-line", m(".quota-words", m("span", format.number(quota.remaining) + " of " + format.number(quota.limit) + " " + quota.of + " left this " + quota.per),
    m("span.muted", quota.remaining > 0 ? "resets in " + format.duration(quota.resetSeconds) : "room again from " + format.moment(quota.reset))), meter(quota.limit - quota.remaining, quota.limit, "Quota of " + name),
  empties ? m("p.warn-text", "empty at " + format.moment(empties.getTime()) + " at this rate") : null);
}

/** @param {Data} upstream */
function troubles(upstream) {
  const lines = [];
  if (upstream.paused) lines.push("Paused by an operator: what is stored is served, nothing is sent.");
  if (upstream.cooldownUntil) lines.push("Nothing is sent for " + format.duration(upstream.cooldownSeconds) + " (until " + format.moment(upstream.cooldownUntil) + "): " + format.localTimes(upstream.cooldownWhy || "it asked for a pause"));
  if (upstream.breaker.state !== "closed") lines.push("Breaker " + upstream.breaker.state + " after " + upstream.breaker.failuresInARow + " failures in a row" + (upstream.breaker.until ? ", tried again at " + format.clock(upstream.breaker.until) : "") + ".");
  if (upstream.mode !== upstream.modeOfRules) lines.push("Mode " + upstream.mode + " until the next reload; the rules say " + upstream.modeOfRules + ".");
  return lines;
}

/** What its hub of events has told. @param {Data} events */
const feed = events => m("p.muted.hint", "Events: " + events.state + (events.since ? " since " + format.moment(events.since) : "") + ", " + format.number(events.messages) + " messages, " + format.number(events.invalidations) + " invalidations" + (events.lastError ? ". Last trouble: " + events.lastError : ""));

/** @param {Data} page @param {Data} upstream @param {Data} action @param {string} done */
async function change(page, upstream, action, done) {
  await act(() => post("api/v1/upstreams/" + encodeURIComponent(upstream.name), action), upstream.name + ": " + done);
  page.upstreams.refresh();
}

/** @param {Data} page @param {Data} upstream */
function buttons(page, upstream) {
  const pause = async () => {
    if (await ask("Pause " + upstream.name + "?", "Stored answers are served, whatever their age allows; all else is refused until you resume, reload or restart.", "Pause")) change(page, upstream, { paused: true }, "paused");
  };
  return m(".buttons",
    upstream.paused ? m("button.primary", { onclick: () => change(page, upstream, { paused: false }, "resumed") }, "Resume") : m("button", { onclick: pause }, "Pause"),
    m("button", { disabled: upstream.breaker.state === "closed" && !upstream.cooldownUntil, onclick: () => change(page, upstream, { reset: ["breaker", "cooldown"] }, "breaker and pauses reset") }, "Reset"),
    m("label.inline", "Mode ", m("select", { title: Object.entries(modes).map(each => each.join(": ")).join("\n"), value: upstream.mode, onchange: (/** @type {any} */ event) => change(page, upstream, { mode: event.target.value }, "mode " + event.target.value) },
      Object.keys(modes).map(mode => m("option", { value: mode, selected: mode === upstream.mode }, mode)))),
    upstream.mode === "live" ? null : m("p.muted.mode", modes[upstream.mode]));
}

/** Of the last day. @param {Data} page @param {Data} upstream */
function lately(page, upstream) {
  const sum = (/** @type {string} */ figure) => (page.day.data?.series || []).filter((/** @type {Data} */ each) => each.name === figure && each.upstream === upstream.name)
    .flatMap((/** @type {Data} */ each) => each.points).reduce((/** @type {number} */ all, /** @type {[number, number | null]} */ [, value]) => all + (value || 0), 0);
  const hits = sum("hits"), asked = hits + sum("misses"), errors = sum("upstream_errors");
  return [["Hit rate, 24 h", asked > 0 ? format.percent((hits / asked) * 100, 0) : "–"], ["Errors, 24 h", errors > 0 ? m("span.bad-text", format.number(errors)) : "0"]];
}

/** @param {Data} page @param {Data} upstream @param {string | null} wanted who is looked for */
function panel(page, upstream, wanted) {
  const lines = troubles(upstream), isWanted = upstream.name === wanted;
  return m("section.card.upstream", { key: upstream.name, class: isWanted ? "wanted" : "", "aria-label": upstream.name, oncreate: (/** @type {Data} */ node) => { if (isWanted) node.dom.scrollIntoView(); } },
    m("header.card-head", m("h2", upstream.name), badge(...stateOf(upstream))),
    facts([["Calls", format.number(upstream.requests)], ...lately(page, upstream), ["Latency", upstream.latencyMs ? format.latency(upstream.latencyMs * 1000) : "–"],
      ["Tokens", upstream.tokens == null ? "no limit" : String(upstream.tokens)], ["In flight", upstream.inFlight + (upstream.waiting > 0 ? ", " + upstream.waiting + " waiting" : "")]]),
    upstream.events && upstream.events.state !== "off" ? feed(upstream.events) : null,
    lines.map(line => m("p.trouble", line)),
    upstream.quota.length > 0 ? m("ul.list", upstream.quota.map((/** @type {Data} */ quota) => quotaLine(quota, upstream.name))) : null,
    buttons(page, upstream));
}

/** @param {Data} page @param {Data[]} idle */
const idleTable = (page, idle) => table([{ name: "Name" }, { name: "State" }, { name: "Tokens", end: true }, { name: "Quota", class: "quota" }],
  idle.map(each => m("tr", { key: each.name }, m("td", each.name), m("td", badge(...stateOf(each))), m("td.end", each.tokens ?? "–"), m("td", quotaCell(each)))), "Upstreams that were not asked");

/** What is not as it should be comes first. @param {Data} upstream */
const rank = upstream => (troubles(upstream).length > 0 || stateOf(upstream)[1] ? 0 : 1);

const figures = ["hits", "misses", "upstream_errors"];
const mostNamed = 21;  // of which the history tells three figures in one answer

export class Upstreams {
  constructor() {
    this.upstreams = new Resource("api/v1/upstreams", 3000).start();
    /** @type {string[]} */
    this.asked = [];
    this.day = new Resource(() => "api/v1/history" + query({ series: this.asked.flatMap(name => figures.map(each => each + ":upstream=" + name)).join(","), from: "-24h", step: "1h" }), 30000);
  }
  onremove() { this.upstreams.stop(); this.day.stop(); }
  /** Asks for the figures of those that are shown, anew where another has come. @param {Data[]} shown */
  follow(shown) {
    const asked = shown.slice(0, mostNamed).map(each => each.name);
    if (asked.join() === this.asked.join()) return;
    this.asked = asked;
    this.day.stop();
    this.day.start();
  }
  /** @param {Data} node */
  view(node) {
    const waiting = instead(this.upstreams);
    if (waiting) return m(".page", m("h1", "Upstreams"), waiting);
    const all = this.upstreams.data.upstreams;
    const wanted = node.attrs.parameters.get("name");
    const used = all.filter((/** @type {Data} */ each) => each.requests > 0 || troubles(each).length > 0 || each.name === wanted);
    this.follow(used);
    used.sort((/** @type {Data} */ a, /** @type {Data} */ b) => rank(a) - rank(b));
    const idle = all.filter((/** @type {Data} */ each) => !used.includes(each));
    return m(".page", m("h1", "Upstreams"),
      used.length === 0 ? empty("No upstream was asked yet", "As soon as a request goes out, its upstream stands here.") : m(".grid.upstreams", used.map((/** @type {Data} */ each) => panel(this, each, wanted))),
      idle.length > 0 ? m("details.card", m("summary", idle.length + " more that nobody has asked for"), idleTable(this, idle)) : null);
  }
}
