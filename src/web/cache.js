// What is stored: search, look into, purge.
import { Resource, call, get, post, query } from "./api.js";
import * as format from "./format.js";
import { decision, fetchAnew, fieldLines } from "./decision.js";
import { makeRule } from "./draft.js";
import { countMatching, filtersOf, purgeKeys, purgeMatching } from "./matching.js";
import { act, ask, badge, card, empty, facts, failure, instead, keep, m, table, term } from "./view.js";

/** @typedef {any} Data */

const pictures = /^image\/(png|jpeg|gif|webp|avif)$/;
const longest = 256 * 1024;

const tier = () => term("Tier", "Where it lies: memory answers at once, disk survives a restart.");

/** What a body looks like here. @param {Response} response @param {string} type */
async function preview(response, type) {
  if (pictures.test(type)) return { note: "a picture; download it to look at it", text: "" };
  const text = await response.text();
  if (type.includes("json")) try { return { text: JSON.stringify(JSON.parse(text), null, 2).slice(0, longest) }; } catch { /* shown as it is */ }
  return { text: text.slice(0, longest), note: text.length > longest ? "the first 256 KiB" : "" };
}

/** One answer of those that are stored under the key. @param {Data} each @param {number} at */
const variant = (each, at) => m(".variant", facts([["Variant", String(at + 1)], ["Content", each.contentType + (each.contentEncoding ? ", " + each.contentEncoding : ""), "two"], ...(each.contentLanguage ? [["Language", each.contentLanguage]] : []), ["Status", each.status], ["Size", format.bytes(each.size)], ["Age", format.duration(each.age)], ["Left", format.lifetime(each.ttl)], ["Hits", format.number(each.hits)]]), fieldLines(each.headers, "Stored header fields"));

/** One key with all that is known of it. */
class Detail {
  /** @param {Data} node */
  constructor(node) {
    this.path = "api/v1/keys/" + encodeURIComponent(node.attrs.name);
    this.meta = new Resource(this.path + "?meta=1", 5000).start();
    this.body = null;
    // Looked for by its text: other keys may hold it, too.
    this.requests = new Resource("api/v1/requests" + query({ text: node.attrs.name, limit: 50 })).start();
    /** @type {string[] | null} */
    this.tags = null;  // not asked for yet
  }
  onbeforeupdate(/** @type {Data} */ node) {
    if (!this.requests.data || this.tags) return;
    this.tags = [];
    this.findTags(node.attrs.name);
  }
  /** As the rules in force give them to what was asked last: the key itself does not tell them. @param {string} name */
  async findTags(name) {
    const request = this.last(name);
    const answer = request && await get("api/v1/explain" + query({ url: request.url, method: request.method })).catch(() => null);
    if (answer?.key === name) this.tags = answer.tags || [];
    m.redraw();
  }
  onremove() { this.meta.stop(); this.requests.stop(); }
  /** On top of what is left. @param {number} seconds @returns {Promise<number>} what is left then */
  async extend(seconds) {
    const { ttl } = await get(this.path + "/ttl");
    if (ttl === -1) return ttl;
    const left = Math.max(0, ttl) + seconds;
    await call("POST", this.path + "/expire", { ttl: left });
    return left;
  }
  /** How it was asked for last. @param {string} name @returns {Data} */
  last(name) { return (this.requests.data?.requests || []).find((/** @type {Data} */ each) => each.key === name); }
  async look() {
    try {
      const response = await fetch(this.path, { credentials: "same-origin" });
      this.body = response.ok ? await preview(response, (response.headers.get("Content-Type") || "").split(";")[0]) : { text: "", note: "The answer was " + response.status };
    } catch { this.body = { text: "", note: "cachearr does not answer" }; }
    m.redraw();
  }
  /** @param {Data} node */
  view(node) {
    const name = node.attrs.name, close = m("a.button", { href: node.attrs.close }, "Close"), request = this.last(name);
    const waiting = this.meta.error ? failure(this.meta.error) : instead(this.meta);
    if (waiting) return card(name, waiting, { wide: true, aside: close });
    const meta = this.meta.data;
    const remove = async (/** @type {boolean} */ soft) => {
      if (!await ask(soft ? "Mark it stale?" : "Purge it?", name, soft ? "Mark stale" : "Purge")) return;
      await act(() => post("api/v1/purge", { keys: [name], soft }), answer => answer.purged + (soft ? " marked stale" : " purged"));
      this.meta.refresh();
      node.attrs.changed();
    };
    const extend = async () => {
      await act(() => this.extend(86400), left => (left === -1 ? "It has no end as it is" : "It lives for " + format.duration(left) + " now"));
      this.meta.refresh();
    };
    const anew = async () => {
      await fetchAnew(name);
      this.meta.refresh();
      node.attrs.changed();
    };
    const known = [["Type", meta.type || "–"], ["Upstream", meta.upstream || "–"], ["Status", meta.status], ["Content", meta.contentType + (meta.contentEncoding ? ", " + meta.contentEncoding : ""), "two"],
      ["Size", format.bytes(meta.size)], ["Age", format.duration(meta.age)], ["Left", format.lifetime(meta.ttl)], ["Hits", format.number(meta.hits)], [tier(), meta.tier], ["Variants", meta.variants], ["Shared", meta.partition],
      ...(this.tags?.length ? [["Tags", m("span.links", this.tags.map(tag => m("a", { href: "#/cache" + query({ tag }), title: "All that has this tag" }, tag))), "span"]] : [])];
    return card(name, [facts(known),
      m(".buttons", m("button.primary", { onclick: anew }, "Fetch anew"), m("button", { onclick: () => this.look() }, "Show body"), m("a.button", { href: this.path, download: "" }, "Download"), m("button", { onclick: extend }, "Extend by 24 h"),
        m("button", { onclick: () => remove(true) }, "Mark stale"), m("button.danger", { onclick: () => remove(false) }, "Purge"),
        request ? m("button", { title: "So that answers like this live longer or shorter", onclick: () => makeRule(request) }, "Make a rule") : null),
      this.body ? [this.body.note ? m("p.muted", this.body.note) : null, this.body.text ? m("pre.code", { tabindex: 0 }, this.body.text) : null] : null,
      meta.stored ? m("details.fields", m("summary", meta.stored.length === 1 ? "What is stored" : meta.stored.length + " variants are stored"), meta.stored.map(variant)) : null,
      request ? m("details.fields", m("summary", "How it was asked for last, " + format.ago(request.time)), m(".detail", decision(request))) : null], { wide: true, aside: close });
  }
}

const noSearch = { pattern: "", tag: "", upstream: "", type: "", sort: "hits" };

class Keys {
  /** @param {Data} node */
  constructor(node) {
    this.search = { ...noSearch };
    this.read(node.attrs.parameters);
    /** @type {(string | null)[]} */
    this.cursors = [null];
    this.chosen = new Set();
    this.keys = new Resource(() => "api/v1/keys" + query({ ...this.filters, sort: this.search.sort, limit: 50, cursor: this.cursors[this.cursors.length - 1] }));
    this.keys.start();
    this.upstreams = new Resource("api/v1/upstreams").start();
    this.summary = new Resource("api/v1/stats/summary", 15000).start();
  }
  /** Of the address. @param {URLSearchParams} parameters */
  read(parameters) {
    for (const [name, value] of Object.entries(noSearch)) /** @type {any} */ (this.search)[name] = parameters.get(name) || value;
    this.seen = location.hash;
  }
  /** The address of this list, with one of its keys opened. @param {string} [key] */
  address(key) { return query({ ...this.search, sort: this.search.sort === "hits" ? "" : this.search.sort, key }); }
  /** Somebody has followed a link to other keys. @param {Data} node */
  onbeforeupdate(node) {
    if (this.seen === location.hash) return;
    const before = this.address();
    this.read(node.attrs.parameters);
    if (this.address() === before) return;
    this.cursors = [null];
    this.keys.refresh();
  }
  /** A word without wildcards is looked for anywhere. */
  pattern() {
    const words = this.search.pattern.trim();
    return words === "" || /[*?[]/.test(words) ? words : "*" + words + "*";
  }
  /** @param {string} name @param {string} value */
  change(name, value) {
    /** @type {any} */ (this.search)[name] = value;
    this.cursors = [null];
    const key = new URLSearchParams(location.hash.split("?")[1] || "").get("key");
    keep({ ...this.search, sort: this.search.sort === "hits" ? "" : this.search.sort, key: key || "" });
    this.seen = location.hash;
    clearTimeout(this.later);
    this.later = setTimeout(() => this.keys.refresh(), 200);
  }
  async bulk(/** @type {boolean} */ soft) {
    const names = [...this.chosen];
    if (!await ask((soft ? "Mark " : "Purge ") + names.length + (names.length === 1 ? " key" : " keys") + (soft ? " stale?" : "?"), m("ul.names", names.slice(0, 20).map(name => m("li", name))), soft ? "Mark stale" : "Purge " + names.length)) return;
    const done = await act(() => purgeKeys(names, soft), count => format.number(count) + (soft ? " marked stale" : " purged"));
    if (done != null) this.chosen.clear();
    this.keys.refresh();
  }
  /** What the list shows is what it holds for. */
  get filters() { return filtersOf({ ...this.search, pattern: this.pattern() }); }
  /** Counts before it asks. */
  async matching() {
    const filters = this.filters;
    const found = await act(() => countMatching(filters), "");
    if (!found) return;
    const words = Object.entries(filters).map(([name, value]) => m("li", name + " ", m("code", value)));
    const steps = Object.keys(filters).length > 1 || filters.type ? "They are purged by name, 100 at a time." : null;
    if (!await ask("Purge all that match?", [m("ul", words), m("p", found.words + (found.count === 1 ? " key matches now. " : " keys match now. "), steps)], "Purge " + found.words)) return;
    await act(() => purgeMatching(filters), count => format.number(count) + " purged");
    this.chosen.clear();
    this.keys.refresh();
  }
  toolbar() {
    const field = (/** @type {string} */ name, /** @type {string} */ label, /** @type {string} */ hint, /** @type {string} */ kind) => m("input[type=search]", { class: kind, "aria-label": label, placeholder: hint, value: /** @type {any} */ (this.search)[name],
      oninput: (/** @type {any} */ event) => this.change(name, event.target.value) });
    const upstreams = (this.upstreams.data?.upstreams || []).map((/** @type {Data} */ each) => each.name);
    return m(".toolbar", field("pattern", "Key or pattern", "Key or pattern: metadata:series:*", "grow"), field("tag", "Tag", "Tag: tvdb:121361", ""), field("type", "Type", "Type", ""),
      m("select", { "aria-label": "Upstream", onchange: (/** @type {any} */ event) => this.change("upstream", event.target.value) }, m("option", { value: "" }, "All upstreams"), upstreams.map((/** @type {string} */ name) => m("option", { value: name, selected: name === this.search.upstream }, name))),
      m("select", { "aria-label": "Order", value: this.search.sort, onchange: (/** @type {any} */ event) => this.change("sort", event.target.value) }, [["hits", "Most hits"], ["size", "Largest"], ["ttl", "Expiring first"]].map(([value, label]) => m("option", { value, selected: value === this.search.sort }, label))));
  }
  row(/** @type {Data} */ each) {
    const toggle = () => { if (!this.chosen.delete(each.key)) this.chosen.add(each.key); };
    return m("tr", { key: each.key }, m("td", m("input[type=checkbox]", { "aria-label": "Choose " + each.key, checked: this.chosen.has(each.key), onchange: toggle })),
      m("td.key", m("a", { href: "#/cache" + this.address(each.key), title: each.key }, each.key)), m("td", each.type || "–"), m("td.name", { title: each.upstream }, each.upstream || "–"), m("td.end", each.status), m("td.end", format.bytes(each.size)),
      m("td.end", format.number(each.hits)), m("td.end", format.percent(each.hitRate, 0)), m("td.end.nowrap", format.duration(each.age)), m("td.end.nowrap", each.ttl > 0 || each.ttl === -1 ? format.lifetime(each.ttl) : badge("stale")), m("td", each.tier));
  }
  list() {
    const waiting = instead(this.keys) || (this.keys.error ? failure(this.keys.error) : null);
    if (waiting) return waiting;
    const { keys, cursor } = this.keys.data;
    if (keys.length === 0) return empty("No key matches", "Patterns know * and ?. Answers stand here as soon as they are stored.");
    const page = (/** @type {() => void} */ step) => { step(); this.keys.refresh(); };
    return [table([{ name: "" }, { name: "Key" }, { name: "Type" }, { name: "Upstream" }, { name: "Status", end: true }, { name: "Size", end: true }, { name: "Hits", end: true }, { name: "Rate", end: true }, { name: "Age", end: true }, { name: "Left", end: true }, { name: tier() }],
      keys.map((/** @type {Data} */ each) => this.row(each)), "Keys"),
    m(".buttons.pager", m("button", { disabled: this.cursors.length === 1, onclick: () => page(() => this.cursors.pop()) }, "Back"), m("button", { disabled: !cursor, onclick: () => page(() => this.cursors.push(cursor)) }, "More"))];
  }
  onremove() { [this.keys, this.upstreams, this.summary].forEach(each => each.stop()); }
  /** @param {Data} node */
  view(node) {
    const actions = m(".buttons", this.chosen.size > 0 ? [m("span.muted", this.chosen.size + " chosen"), m("button", { onclick: () => this.bulk(true) }, "Mark stale"), m("button.danger", { onclick: () => this.bulk(false) }, "Purge")]
      : [this.summary.data ? m("span.muted", format.counted(this.summary.data.entries, "key") + " in all") : null, Object.keys(this.filters).length > 0 ? m("button.danger", { onclick: () => this.matching() }, "Purge all that match") : null]);
    return m(".page", m("h1", "Cache"), node.attrs.name ? m("div", [m(Detail, { key: node.attrs.name, name: node.attrs.name, close: "#/cache" + this.address(), changed: () => this.keys.refresh() })]) : null,
      this.toolbar(), card("Keys", this.list(), { wide: true, aside: actions }));
  }
}

export const Cache = { view: (/** @type {Data} */ node) => m(Keys, { name: node.attrs.parameters.get("key"), parameters: node.attrs.parameters }) };
