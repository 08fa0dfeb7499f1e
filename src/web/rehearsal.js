// What a draft of rules would have made of the last requests: asked of the instance, which plays them again and changes nothing.
import { post } from "./api.js";
import * as format from "./format.js";
import { badge, failure, instead, m, table } from "./view.js";

/** @typedef {any} Data */

const shown = 50;

/** @param {Data} judged */
const lifetime = judged => (judged.ttl == null ? "lifetime as the origin says, not known" : format.duration(judged.ttl) + (judged.ttlByOrigin ? " as the origin says" : ""));

/** @param {Data} judged @param {Data} other */
const verdict = (judged, other) => [judged.rule ? "rule " + judged.rule : "no rule", judged.cached ? lifetime(judged) : "not stored", judged.stale > 0 ? "stale for " + format.duration(judged.stale) : "",
  judged.partition === other.partition ? "" : judged.partition === "shared" ? "shared with all" : "apart for each credential"].filter(Boolean).join(", ");

/** @param {Data} change */
const row = change => m("tr", { key: change.method + " " + change.url }, m("td.key", { title: change.url }, (change.method === "GET" ? "" : change.method + " ") + change.url.replace(/^https?:\/\//, "")), m("td.end", format.number(change.requests)),
  m("td.nowrap", change.differs.map((/** @type {string} */ each) => badge(each === "ttl" ? "lifetime" : each, "info"))), m("td.from-to", m("div.muted", verdict(change.before, change.after)), m("div", verdict(change.after, change.before)), change.before.key === change.after.key ? null : m("div.key-text", change.after.key)));

/** Before, after, and whether that is better. @param {string} name @param {number} before @param {number} after @param {(value: number) => string} show @param {number} better 1: more is, -1: less is */
function figure(name, before, after, show, better) {
  const tone = show(before) === show(after) ? "" : (after - before) * better > 0 ? "good-text" : "warn-text";
  return m("tr", { key: name }, m("td", name), m("td.end", show(before)), m("td.end", m("strong", { class: tone }, show(after))));
}

/** @param {Data} told */
function figures({ before, after }) {
  return table([{ name: "Played again from an empty cache" }, { name: "In force", end: true }, { name: "This draft", end: true }], [
    figure("Hit rate", before.hitRate, after.hitRate, format.percent, 1), figure("Calls upstream", before.upstreamCalls, after.upstreamCalls, format.number, -1), figure("Stale answers", before.staleHits, after.staleHits, format.number, -1),
    figure("Age of a hit, on average", before.meanAgeSeconds, after.meanAgeSeconds, format.duration, -1)], "Figures of the rehearsal");
}

/** @param {Data} told */
function summary(told) {
  if (told.requests === 0) return m("p.muted", "No request was recorded yet, so there is nothing to play again.");
  const of = [[told.otherRule, "another rule"], [told.otherKey, "another key"], [told.otherTtl, "another lifetime"]].filter(([count]) => count > 0).map(([count, what]) => format.number(count) + " get " + what);
  return m("p", "Of the last ", m("b", format.number(told.requests)), " requests, since " + format.moment(told.from) + ", ", of.length > 0 ? m("b", of.join(", ")) : "none is treated differently", ".",
    told.leftOut > 0 ? m("span.muted", " " + format.number(told.leftOut) + " could not be judged.") : null,
    told.ttlsUnknown > 0 ? m("span.muted", " " + format.number(told.ttlsUnknown) + " have a lifetime that is the answer's own and not known: they are played as if they were not stored.") : null);
}

/** @param {Data} told */
const outcome = told => [summary(told), told.requests > 0 ? figures(told) : null,
  told.changes.length > 0 ? table([{ name: "Request" }, { name: "Times", end: true }, { name: "Differs" }, { name: "Before and after" }], told.changes.slice(0, shown).map(row), "Requests that would be treated differently") : null,
  told.changes.length > shown ? m("p.muted.more", "The " + shown + " asked for most; cachearr check --rehearse --json tells all " + format.number(told.changes.length) + ".") : null];

/** Attributes: `files`, by name what they would hold (null: were it gone). Asks as soon as it is drawn. */
export class Rehearsal {
  /** @param {Data} node */
  constructor(node) {
    /** @type {Data} */
    this.data = null;
    /** @type {Data} */
    this.error = null;
    this.files = node.attrs.files;
    this.refresh();
  }
  async refresh() {
    this.error = null;
    try { this.data = await post("api/v1/rules/rehearse", { files: this.files }); } catch (error) { this.error = error; }
    m.redraw();
  }
  view() { return m("section.rehearsal", { "aria-label": "What would change" }, this.error ? failure(this.error) : instead(/** @type {any} */ (this)) || outcome(this.data)); }
}
