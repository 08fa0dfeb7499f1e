// The page that says within five seconds whether all is well, what was saved today, and what to do if not.
import { Resource, query } from "./api.js";
import { Chart, rowsOf } from "./chart.js";
import { Condition, used } from "./condition.js";
import * as format from "./format.js";
import { badge, card, choice, empty, instead, m, meter, table } from "./view.js";
import { sharedCard } from "./members.js";
import { quotaCell, rank } from "./upstreams.js";

/** @typedef {any} Data */

const ranges = /** @type {Record<string, [string, string, string]>} */ ({ "1 h": ["-1h", "10s", "10 s"], "24 h": ["-24h", "1m", "minute"], "7 d": ["-7d", "10m", "10 minutes"], "30 d": ["-30d", "1h", "hour"] });
const results = ["fresh", "collapsed", "revalidated", "stale", "fetched", "bypass", "errors"];
const resultNames = ["hit", "shared fetch", "revalidated", "stale", "miss", "bypass", "error"];
const resultColours = results.map(name => "--" + name);
const latencies = ["latency_hit_p50", "latency_hit_p95", "latency_miss_p50", "latency_miss_p95"];

const alertsShown = 3;
const keysShown = 7;
const mostListed = 200;

let range = localStorage.getItem("range") || "1 h";
if (!ranges[range]) range = "1 h";

function history() {
  const [from, step] = ranges[range];
  return "api/v1/history" + query({ series: [...results, ...latencies].join(","), from, step });
}

/** Requests of the last day that could be hits, and the share of hits in the day before, to compare with. @param {Data} days */
function lastDays(days) {
  const limit = Date.now() / 1000 - 86400;
  const sum = (/** @type {string} */ name, /** @type {boolean} */ isLast) => (days.series.find((/** @type {Data} */ each) => each.name === name)?.points || [])
    .reduce((/** @type {number} */ total, /** @type {[number, number]} */ point) => total + (point[0] < limit === isLast ? 0 : point[1] || 0), 0);
  const hits = sum("hits", false), all = hits + sum("misses", false);
  return { asked: sum("hits", true) + sum("misses", true), before: all > 0 ? (100 * hits) / all : null };
}

/** @param {string} label @param {any} figure @param {any} detail @param {string} [tone] */
const stat = (label, figure, detail, tone) => m(".stat", m(".stat-label", label), m(".stat-figure", { class: tone || "" }, figure), m(".stat-detail", detail));

/** @param {number | null} now @param {number | null} before */
function change(now, before) {
  if (now == null || before == null) return "over 24 h";
  const points = now - before;
  return m("span", { class: points < -2 ? "warn-text" : points > 2 ? "good-text" : "" }, (points >= 0 ? "▲ +" : "▼ −") + Math.abs(points).toFixed(1) + " points against the day before");
}

/** @param {Data} alert */
const alertLine = alert => m(".alert", { class: alert.severity, role: "alert" }, badge(alert.severity),
  m("div", m("strong", format.alertWords(alert)), alert.advice ? m("p", format.localTimes(alert.advice)) : null), m("a.button", { href: "#/alerts" }, "Alerts"));

const severities = ["error", "warning", "notice"];
/** The worst first, of those the newest. @param {Data[]} alerts */
const byUrgency = alerts => [...alerts].sort((a, b) => severities.indexOf(a.severity) - severities.indexOf(b.severity) || new Date(b.since).getTime() - new Date(a.since).getTime());

/** @param {Data[]} firing */
function alertLines(firing) {
  const more = firing.length - alertsShown;
  return [byUrgency(firing).slice(0, alertsShown).map(alertLine), more > 0 ? m("a.more-alerts", { href: "#/alerts" }, "and " + more + " more") : null];
}

/** @param {Data | undefined} today */
const savedToday = today => (today ? ["Today ", m("b", format.number(today.calls)), " upstream calls and ", m("b", format.duration(today.seconds)), " of waiting were saved."] : "…");

/** @param {Data} page */
function verdict(page) {
  const found = page.condition.judge();
  const isIdle = found?.tone === "good" && page.summary.data.requests === 0;
  return m("section.verdict", { class: found?.tone || "unknown" }, m("span.lamp", { "aria-hidden": "true" }),
    m("div", m("h1", isIdle ? "Ready, and nobody has asked yet" : found ? found.title : "One moment…"),
      m("p", isIdle ? ["Point an application here: ", m("a", { href: "#/setup" }, "Setup"), " says how."] : [found?.reason ? [m("b", format.localTimes(found.reason)), ". "] : null, savedToday(page.savings.data?.total)])));
}

/** @param {Data} summary @param {Data} page */
function stats(summary, page) {
  const { asked, before } = page.days.data ? lastDays(page.days.data) : { asked: null, before: null };
  const rate = summary.hitRatio24h, today = page.savings.data?.total, ends = page.expiring.data?.keys;
  return m(".stats",
    stat("Hit rate", rate == null ? "–" : format.percent(rate), change(rate, before), rate == null ? "" : rate >= 50 ? "good-text" : "warn-text"),
    stat("Miss rate", rate == null ? "–" : format.percent(100 - rate), "over 24 h" + (asked == null ? "" : ", of " + format.counted(asked, "request"))),
    stat("Calls saved today", format.compact(today?.calls), today ? format.bytes(today.bytes) + " not fetched again" : "…"),
    stat("Time saved today", format.duration(today?.seconds), summary.latencyHitP95Ms == null ? "no hits yet"
      : "hit " + format.latency(summary.latencyHitP95Ms * 1000) + ", miss " + format.latency(summary.latencyMissP95Ms == null ? null : summary.latencyMissP95Ms * 1000) + " (p95)"),
    stat("Keys", format.compact(summary.entries), ends ? (ends.length < mostListed ? "" : "at least ") + format.number(ends.length) + (ends.length === 1 ? " expires" : " expire") + " within 5 minutes" : "…"),
    m(".stat", m(".stat-label", "Memory"), m(".stat-figure.small", format.bytes(summary.memoryBytes)), meter(summary.memoryBytes, summary.memoryMaxBytes, "Memory"),
      m(".stat-detail", "of " + format.bytes(summary.memoryMaxBytes))),
    summary.diskMaxBytes ? m(".stat", m(".stat-label", "Disk"), m(".stat-figure.small", format.bytes(summary.diskBytes)), meter(summary.diskBytes, summary.diskMaxBytes, "Disk"),
      m(".stat-detail", "of " + format.bytes(summary.diskMaxBytes))) : stat("Disk", "off", "answers end with the process"));
}

/** A chart, or what there is to say instead; each with a key, as one must not become the other. @param {any} words @param {string} key @param {Data} attributes */
const slot = (words, key, attributes) => m("div", [words ? m("div", { key: "words" }, words) : m(Chart, { key, ...attributes })]);

/** @param {Data} page */
function charts(page) {
  const pick = choice("Range", Object.keys(ranges), range, chosen => {
    range = chosen;
    localStorage.setItem("range", range);
    page.history.data = null;
    page.history.refresh();
  });
  const here = page.history.data != null;
  if (here && page.drawn !== page.history.data) {
    page.drawn = page.history.data;
    page.rows = rowsOf(page.drawn, results);
    page.latencies = rowsOf(page.drawn, latencies).map(row => row.map((value, at) => (at > 0 && value != null && value <= 0 ? null : value)));
  }
  const isLong = /d$/.test(range);
  // One for each card: what is drawn stands in one place.
  const words = () => instead(page.history) || (page.rows.length === 0 ? empty("Nothing was counted in this time") : null);
  // A logarithmic scale has no place for nothing at all.
  const untimed = here && !page.latencies.some((/** @type {any[]} */ row) => row.some((value, at) => at > 0 && value != null)) ? empty("Nothing was timed in this time") : null;
  return [
    card("Requests per " + ranges[range][2], slot(words(), "r" + range, { title: "Requests by result over time", days: isLong, labels: resultNames, colours: resultColours, rows: page.rows, group: "overview", stacked: true, least: 5 }), { class: "two-thirds", aside: pick }),
    card("Latency", slot(words() || untimed, "l" + range, { title: "Latency of hits and misses over time, on a logarithmic scale", days: isLong, labels: ["hit p50", "hit p95", "miss p50", "miss p95"],
      colours: ["--fresh-soft", "--fresh", "--fetched-soft", "--amber"], rows: page.latencies, group: "overview", logarithmic: true, wide: 56,
      show: (/** @type {number} */ ms) => format.latency(ms * 1000), axis: (/** @type {number} */ ms) => (ms >= 1000 ? Number((ms / 1000).toPrecision(3)) + " s" : Number(ms.toPrecision(3)) + " ms") }), { class: "third", aside: m("span.muted", "log scale") }),
  ];
}

/** @param {Data} page */
function upstreams(page) {
  const { condition } = page, waiting = instead(condition.upstreams);
  if (waiting) return card("Upstreams", waiting, { wide: true });
  const asked = used(condition.upstreams.data.upstreams).sort((a, b) => rank(condition, a) - rank(condition, b));
  const saved = new Map((page.savings.data?.upstreams || []).map((/** @type {Data} */ each) => [each.upstream, each]));
  const rows = asked.map((/** @type {Data} */ each) => m("tr", { key: each.name },
    m("td.name", m("a", { href: "#/upstreams?name=" + encodeURIComponent(each.name), title: each.name }, each.name)), m("td", condition.day.badge(each)), m("td.end", format.number(condition.day.of(each.name)?.upstream_calls)), m("td.end", format.number(saved.get(each.name)?.calls ?? 0)),
    m("td.end", each.latencyMs ? format.latency(each.latencyMs * 1000) : "–"), m("td", quotaCell(each))));
  return card("Upstreams", rows.length === 0 ? empty("No upstream was asked yet")
    : table([{ name: "Name" }, { name: "State" }, { name: "Calls, 24 h", end: true }, { name: "Saved today", end: true }, { name: "Latency", end: true }, { name: "Quota", class: "quota" }], rows, "Upstreams"),
  { wide: true, aside: m("a", { href: "#/upstreams" }, "All " + condition.upstreams.data.upstreams.length) });
}

/** @param {string} title @param {Resource} resource @param {string} column @param {(key: Data) => string} figure @param {string} nothing */
function keyList(title, resource, column, figure, nothing) {
  const waiting = instead(resource);
  const rows = waiting ? [] : resource.data.keys.slice(0, keysShown).map((/** @type {Data} */ each) => m("tr", { key: each.key },
    m("td.key", m("a", { href: "#/cache?key=" + encodeURIComponent(each.key), title: each.key }, each.key)), m("td.end", format.number(each.requests)), m("td.end", figure(each))));
  return card(title, waiting || (rows.length === 0 ? empty(nothing) : table([{ name: "Key" }, { name: "Requests", end: true }, { name: column, end: true }], rows, title)), { class: "third", aside: waiting ? null : m("span.muted", "as of " + format.clock(resource.data.asOf)) });
}

export class Overview {
  constructor() {
    this.summary = new Resource("api/v1/stats/summary", 3000).start();
    this.condition = new Condition();
    this.savings = new Resource("api/v1/savings?days=1", 15000).start();
    this.days = new Resource("api/v1/history" + query({ series: "hits,misses", from: "-48h", step: "1h" }), 60000).start();
    this.history = new Resource(history, 10000).start();
    this.expiring = new Resource("api/v1/keys/expiring?limit=" + mostListed, 15000).start();
    this.low = new Resource("api/v1/keys/low-hit-rate?limit=" + keysShown, 30000).start();
    this.top = new Resource("api/v1/keys/top?by=hits&limit=" + keysShown, 15000).start();
    this.shared = new Resource("api/v1/shared", 10000).start();
    this.all = [this.shared, this.summary, this.condition, this.savings, this.days, this.history, this.expiring, this.low, this.top];
  }
  onremove() { this.all.forEach(each => each.stop()); }
  view() {
    const waiting = instead(this.summary);
    if (waiting) return m(".page", m("h1.sr", "Overview"), waiting);
    const firing = this.condition.alerts.data?.firing || [];
    return m(".page",
      verdict(this),
      alertLines(firing),
      stats(this.summary.data, this),
      m(".grid", charts(this), upstreams(this), sharedCard(this.shared.data),
        keyList("Top keys", this.top, "Hits", each => format.number(each.hits), "Nothing was hit yet"),
        keyList("Expiring soon", this.expiring, "Left", each => format.lifetime(each.ttl), "Nothing expires within 5 minutes"),
        keyList("Low hit rate", this.low, "Hit rate", each => format.percent(each.hitRate), "No key is asked for in vain")));
  }
}
