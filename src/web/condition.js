// How all is, and why: one judgement for the pages that say it.
import { Resource, query } from "./api.js";
import { badge } from "./view.js";

/** @typedef {any} Data */

const figures = ["hits", "misses", "upstream_calls", "upstream_errors"];
const namedAtOnce = 16;  // of which the history tells all figures in one answer
const fewest = 3;        // calls that say something

/** @type {Record<string, [string, string]>} */
const modes = { live: ["ok", "good"], "prefer-cache": ["prefer-cache", "info"], offline: ["offline", "warn"] };

/** In words and a tone. @param {Data} upstream @returns {[string, string]} */
export function stateOf(upstream) {
  if (upstream.paused) return ["paused", "warn"];
  if (upstream.breaker.state === "open") return ["breaker open", "bad"];
  if (upstream.cooldownUntil) return ["asked for a pause", "warn"];
  if (upstream.quota.some((/** @type {Data} */ each) => each.remaining === 0)) return ["quota spent", "bad"];
  if (upstream.breaker.state === "half-open") return ["trying again", "warn"];
  return modes[upstream.mode];
}

/** @param {string[]} names */
const dayOf = names => new Resource("api/v1/history" + query({ series: names.flatMap(name => figures.map(each => each + ":upstream=" + name)).join(","), from: "-24h", step: "1h" }), 30000);

/** What upstreams did in the last 24 hours, for those that are shown. */
export class Day {
  constructor() {
    /** @type {string[]} */
    this.names = [];
    /** @type {Resource[]} */
    this.parts = [];
    /** What was known until another upstream came. @type {Resource[]} */
    this.before = [];
  }
  get isAnswered() { return this.parts.every(each => each.data || each.error); }
  get isKnown() { return this.isAnswered || this.before.length > 0; }
  stop() { this.parts.forEach(each => each.stop()); }
  /** Asks anew where another upstream has come. @param {Data[]} upstreams */
  follow(upstreams) {
    const names = upstreams.map(each => each.name).sort();
    if (names.join() === this.names.join()) return;
    this.stop();
    if (this.isAnswered) this.before = this.parts;
    this.names = names;
    this.parts = [];
    for (let at = 0; at < names.length; at += namedAtOnce) this.parts.push(dayOf(names.slice(at, at + namedAtOnce)).start());
  }
  /** @param {string} name of an upstream @returns {Record<string, number> | null} null: not known (yet) */
  of(name) {
    const series = (this.isAnswered ? this.parts : this.before).flatMap(each => each.data?.series || []).filter((/** @type {Data} */ each) => each.upstream === name);
    return series.length === 0 ? null : Object.fromEntries(series.map((/** @type {Data} */ each) => [each.name, each.points.reduce((/** @type {number} */ all, /** @type {[number, number | null]} */ [, value]) => all + (value || 0), 0)]));
  }
  /** In words and a tone: as the upstream says, but for one that is asked and never answers well. @param {Data} upstream @returns {[string, string]} */
  stateOf(upstream) {
    const state = stateOf(upstream), day = this.of(upstream.name);
    if (state[1] !== "good" || !day || day.upstream_calls < fewest || day.upstream_errors < day.upstream_calls) return state;
    return ["failing (" + day.upstream_errors + " of " + day.upstream_calls + ")", "bad"];
  }
  /** @param {Data} upstream */
  badge(upstream) { return badge(...this.stateOf(upstream)); }
}

/** Upstreams that are or were asked, or cannot be. @param {Data[]} all */
export const used = all => all.filter(each => each.requests > 0 || stateOf(each)[1] !== "good");

/** Asks for all that is weighed, while a page shows what comes of it. */
export class Condition {
  constructor() {
    this.health = new Resource("health/cache", 10000).start();
    this.alerts = new Resource("api/v1/alerts", 5000).start();
    this.upstreams = new Resource("api/v1/upstreams", 5000).start();
    this.day = new Day();
  }
  stop() { [this.health, this.alerts, this.upstreams, this.day].forEach(each => each.stop()); }
  /** What a list of upstreams shows in red, in words. @returns {string[]} */
  broken() {
    return this.upstreams.data.upstreams.flatMap((/** @type {Data} */ each) => {
      const [word, tone] = this.day.stateOf(each);
      if (tone === "bad") return [each.name + ": " + word];
      return each.quota.some((/** @type {Data} */ quota) => quota.remaining === 0) ? [each.name + ": quota spent"] : [];
    });
  }
  /** Null while it is not known. What could not be asked is not well: what was told before may be long past.
   * @returns {{tone: string, title: string, reason: string} | null} */
  judge() {
    const asked = [this.health, this.alerts, this.upstreams], refused = asked.find(each => each.error)?.error;
    // Where the instance is down, the answer is an error, and its words say why.
    if (refused) return worded(this.health.error ? "bad" : "warn", refused.data?.data?.message || refused.message);
    if (asked.some(each => each.data == null)) return null;
    this.day.follow(used(this.upstreams.data.upstreams));
    if (!this.day.isKnown) return null;
    const { firing } = this.alerts.data, red = this.broken(), health = this.health.data.data;
    const reason = red.length > 0 ? red.join(", ") : health.status === "degraded" ? health.message : "";
    if (firing.some((/** @type {Data} */ each) => each.severity === "error")) return worded("bad", reason);
    return worded(reason || firing.some((/** @type {Data} */ each) => each.severity === "warning") ? "warn" : "good", reason);
  }
}

const titles = /** @type {Record<string, string>} */ ({ good: "All is well", warn: "Something needs a look", bad: "Something is broken" });
/** @param {string} tone @param {string} reason */
const worded = (tone, reason) => ({ tone, title: titles[tone], reason });
