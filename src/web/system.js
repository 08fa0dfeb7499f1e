// What this program is and how it does.
import { Resource, post } from "./api.js";
import * as format from "./format.js";
import { act, badge, card, empty, instead, m, meter } from "./view.js";

/** @typedef {any} Data */

const licences = [["Mithril", "MIT"], ["dygraphs", "MIT"], ["Boost", "BSL-1.0"], ["OpenSSL", "Apache-2.0"], ["LMDB", "OLDAP-2.8"], ["nlohmann/json", "MIT"], ["spdlog", "MIT"], ["CLI11", "BSD-3-Clause"], ["prometheus-cpp", "MIT"], ["xxHash", "BSD-2-Clause"], ["Zstandard", "BSD-3-Clause"], ["Brotli", "MIT"], ["zlib", "Zlib"], ["libcurl", "curl"], ["libsystemd", "LGPL-2.1+"]];

/** @param {any[][]} pairs */
const facts = pairs => m("dl.facts", pairs.map(([label, value, kind]) => m("div", { class: kind || "" }, m("dt", label), m("dd", value))));

/** @param {string} name @param {Data} tier */
const tier = (name, tier) => (tier ? m(".tier", m(".quota-words", m("span", name + ": " + format.bytes(tier.bytes) + " of " + format.bytes(tier.maxBytes)), m("span.muted", format.number(tier.keys) + " keys")), meter(tier.bytes, tier.maxBytes, name)) : null);

export class System {
  constructor() {
    this.status = new Resource("api/v1/system/status", 60000).start();
    this.health = new Resource("api/v1/health", 5000).start();
    this.cache = new Resource("health/cache", 5000).start();
    this.stats = new Resource("health/cache/stats", 15000).start();
  }
  onremove() { [this.status, this.health, this.cache, this.stats].forEach(each => each.stop()); }
  view() {
    const status = this.status.data, cache = this.cache.data?.data, stats = this.stats.data?.data;
    const reload = () => act(() => post("api/v1/reload"), done => (done.changes.length === 0 ? "Read again; nothing is different" : done.changes.join("; ")));
    return m(".page", m("h1", "System"), m(".grid.halves",
      card("Health", instead(this.health) || (this.health.data.length === 0 ? empty("All is well") : m("ul.list.alerts", this.health.data.map((/** @type {Data} */ note) => m("li.alert", { class: note.type }, badge(note.type), m("div", note.message)))))),
      card("Program", instead(this.status) || facts([["Version", status.version], ["Started", format.moment(status.startTime)], ["Up for", format.duration((Date.now() - new Date(status.startTime).getTime()) / 1000)], ["System", status.osName + " " + status.osVersion], ["Host", status.hostName],
        ["Configuration", status.startupPath || "built in", "span"], ["State", status.appData, "span"]]), { aside: m("button", { onclick: reload }, "Reload configuration") }),
      card("Store", instead(this.cache) || [tier("Memory", cache.details.memory), cache.details.disk ? tier("Disk", cache.details.disk) : m("p.muted.tier", "No disk tier: answers end with the process.")]),
      card("Since the start", instead(this.stats) || facts([["Hits", format.number(stats.hits)], ["Misses", format.number(stats.misses)], ["Hit rate", format.percent(stats.hitRate)], ["Shared fetches", format.number(stats.collapsed)], ["Evictions", format.number(stats.evictions)],
        ["To clients", format.bytes(stats.bytesToClients)], ["From upstreams", format.bytes(stats.bytesFromUpstreams)]])),
      card("Third-party licences", facts(licences)),
      card("Elsewhere", m("ul.list", [["metrics", "Metrics for Prometheus"], ["api/v1/openapi.json", "Description of the API (OpenAPI 3.1)"]].map(([path, label]) => m("li", m("a", { href: path }, label)))))));
  }
}
