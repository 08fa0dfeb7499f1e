// What this program is and how it does.
import { Resource, post, query } from "./api.js";
import * as format from "./format.js";
import { Backup } from "./backup.js";
import { Condition } from "./condition.js";
import { sharedCard } from "./members.js";
import { act, badge, card, choice, empty, facts, instead, m, meter } from "./view.js";

/** @typedef {any} Data */

const licences = [["Mithril", "MIT"], ["dygraphs", "MIT"], ["Boost", "BSL-1.0"], ["OpenSSL", "Apache-2.0"], ["LMDB", "OLDAP-2.8"], ["nlohmann/json", "MIT"], ["spdlog", "MIT"], ["fmt", "MIT"], ["CLI11", "BSD-3-Clause"], ["pugixml", "MIT"], ["prometheus-cpp", "MIT"], ["xxHash", "BSD-2-Clause"], ["Zstandard", "BSD-3-Clause"], ["Brotli", "MIT"], ["zlib", "Zlib"], ["libcurl", "curl"], ["libsystemd", "LGPL-2.1+"]];

/** The last lines of the log, for as long as the page is shown. */
class Log {
  constructor() {
    this.level = "info";
    this.lines = new Resource(() => "api/v1/logs" + query({ level: this.level, limit: 200 }), 3000).start();
  }
  onremove() { this.lines.stop(); }
  view() {
    const levels = choice("Level", ["info", "warning", "error"], this.level, level => { this.level = level; this.lines.refresh(); });
    const waiting = instead(this.lines);
    const lines = waiting ? [] : [...this.lines.data.lines].reverse();
    return card("Log", waiting || (lines.length === 0 ? empty("No such line since the start", "Requests are not among them; the live log has those.")
      : m("ol.log", { tabindex: 0, "aria-label": "Last lines of the log, the newest first" }, lines.map((/** @type {Data} */ line) => m("li", { key: line.number }, m("span.time", { title: line.time }, format.clock(line.time)),
        m("span", badge(line.level)), m("span.message", line.message))))), { wide: true, aside: levels });
  }
}

const elsewhere = () => m("span.links", m("a", { href: "metrics" }, "Metrics for Prometheus"), m("a", { href: "api/v1/openapi.json" }, "Description of the API"));

/** @param {string} name @param {Data} tier */
const tier = (name, tier) => (tier ? m(".tier", m(".quota-words", m("span", name + ": " + format.bytes(tier.bytes) + " of " + format.bytes(tier.maxBytes)), tier.keys == null ? null : m("span.muted", format.number(tier.keys) + " keys")), meter(tier.bytes, tier.maxBytes, name)) : null);

/** The judgement of the overview, and what it is made of. @param {Condition} condition @param {Data[]} notes */
function health(condition, notes) {
  const found = condition.judge(), told = new Set(notes.map(note => note.message));
  const firing = (condition.alerts.data?.firing || []).filter((/** @type {Data} */ each) => !told.has(each.message));
  return [m("p.verdict-words", found ? badge(found.title, found.tone) : "One moment…", found?.reason ? " " + format.localTimes(found.reason) : null),
    m("ul.list.alerts", notes.map(note => m("li.alert", { class: note.type }, badge(note.type), m("div", format.localTimes(note.message)))),
      firing.map((/** @type {Data} */ alert) => m("li.alert", { class: alert.severity }, badge(alert.severity), m("div", format.alertWords(alert), " ", m("a", { href: "#/alerts" }, "Alerts")))))];
}

export class System {
  constructor() {
    this.status = new Resource("api/v1/system/status", 60000).start();
    this.health = new Resource("api/v1/health", 5000).start();
    this.condition = new Condition();
    this.stats = new Resource("health/cache/stats", 15000).start();
    this.shared = new Resource("api/v1/shared", 5000).start();
  }
  onremove() { [this.status, this.health, this.condition, this.stats, this.shared].forEach(each => each.stop()); }
  view() {
    const status = this.status.data, cache = this.condition.health.data?.data, stats = this.stats.data?.data;
    const reload = () => act(() => post("api/v1/reload"), done => (done.changes.length === 0 ? "Read again; nothing is different" : done.changes.join("; ")));
    return m(".page", m("h1", "System"), m(".grid.halves",
      card("Health", instead(this.health) || health(this.condition, this.health.data)),
      card("Program", instead(this.status) || facts([["Version", status.version], ["Started", format.moment(status.startTime)], ["Up for", format.duration((Date.now() - new Date(status.startTime).getTime()) / 1000)], ["System", status.osName + " " + status.osVersion], ["Host", status.hostName],
        ["Configuration", status.startupPath || "built in", "span"], ["State", status.appData, "span"], ["Elsewhere", elsewhere(), "span"]]), { aside: m("button", { onclick: reload }, "Reload configuration") }),
      card("Store", instead(this.condition.health) || [tier("Memory", cache.details.memory), cache.details.disk ? tier("Disk", cache.details.disk) : m("p.muted.tier", "No disk tier: answers end with the process.")]),
      card("Since the start", instead(this.stats) || facts([["Hits", format.number(stats.hits)], ["Misses", format.number(stats.misses)], ["Hit rate", format.percent(stats.hits + stats.misses > 0 ? stats.hitRate : null)], ["Shared fetches", format.number(stats.collapsed)], ["Evictions", format.number(stats.evictions)],
        ["To clients", format.bytes(stats.bytesToClients)], ["From upstreams", format.bytes(stats.bytesFromUpstreams)]]))), sharedCard(this.shared.data), m(Log), m(Backup),
    card("Third-party licences", facts(licences), { wide: true, aside: m("a.button", { href: "web/licences.txt" }, "Their texts") }));
  }
}
