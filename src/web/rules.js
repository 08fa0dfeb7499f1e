// The rules that are in force, what a draft would be, and what they say of a request.
import { Resource, get, post, query } from "./api.js";
import * as format from "./format.js";
import { act, badge, card, empty, failure, instead, m, table } from "./view.js";

/** @typedef {any} Data */

const example = `{
  "upstreams": { "my-indexer": { "origin": "https://indexer.example", "hosts": ["indexer.example"], "mount": "/my-indexer" } },
  "rules": [
    { "name": "my-feed", "upstream": "my-indexer",
      "match": { "path": "/api", "query": { "t": "search" } },
      "ttl": "30m", "policy": "override" }
  ]
}`;

/** @param {number | null} seconds */
const ttl = seconds => (seconds == null ? m("span.muted", "origin's") : format.duration(seconds));

/** @param {Data} rule */
const row = rule => m("tr", { key: rule.upstream + rule.name }, m("td.nowrap", rule.name), m("td", rule.upstream), m("td", rule.type || "–"), m("td", badge(rule.policy, rule.policy === "never" ? "dim" : "plain")), m("td.end.nowrap", ttl(rule.ttl)),
  m("td.key", { title: rule.key || "" }, rule.key || "–"), m("td.nowrap.muted", { title: rule.file }, rule.file.split("/").pop() + ":" + rule.line));

/** Asks what would be done with a request. */
class Tester {
  constructor() {
    this.url = "";
    this.method = "GET";
    /** @type {Data} */
    this.answer = null;
    /** @type {Data} */
    this.error = null;
  }
  async test(/** @type {Event} */ event) {
    event.preventDefault();
    this.error = this.answer = null;
    try { this.answer = await get("api/v1/explain" + query({ url: this.url, method: this.method })); } catch (error) { this.error = error; }
    m.redraw();
  }
  view() {
    /** @type {string[] | null} */
    const shown = this.answer && ["decision", "meaning", "upstream", "rule", "type", "key", "policy", "ttlSource", "forward", "detail", "cacheStatus"].filter(name => this.answer[name] != null);
    return card("Try a request", [m("form.toolbar", { onsubmit: (/** @type {Event} */ event) => this.test(event) },
      m("select", { "aria-label": "Method", onchange: (/** @type {any} */ event) => { this.method = event.target.value; } }, ["GET", "HEAD", "POST", "PUT", "DELETE"].map(name => m("option", name))),
      m("input[type=url].grow", { required: true, "aria-label": "URL", placeholder: "https://api.themoviedb.org/3/tv/1396", value: this.url, oninput: (/** @type {any} */ event) => { this.url = event.target.value; } }), m("button.primary", "Explain")),
    this.error ? failure(this.error) : shown ? m("dl.facts.lines", shown.map(name => m("div", m("dt", name), m("dd", String(this.answer[name]))), m("div", m("dt", "ttl"), m("dd", ttl(this.answer.ttl))))) : m("p.muted", "Nothing is sent upstream.")]);
  }
}

/** Validates while somebody types, with the messages and places of `cachearr check`. */
class Draft {
  constructor() {
    this.text = example;
    this.timer = 0;
    /** @type {Data} */
    this.answer = null;
    this.validate();
  }
  /** @param {string} text */
  change(text) {
    this.text = text;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.validate(), 250);
  }
  async validate() {
    try {
      const response = await fetch("api/v1/rules/validate", { method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/json" }, body: this.text });
      this.answer = await response.json();
    } catch { this.answer = null; }
    m.redraw();
  }
  view() {
    const problems = this.answer?.problems || [];
    return card("Draft", [m("textarea.code", { rows: 9, spellcheck: false, "aria-label": "Rules as JSON", "aria-describedby": "draft-verdict", value: this.text, oninput: (/** @type {any} */ event) => this.change(event.target.value) }),
      m("#draft-verdict", { role: "status" }, !this.answer ? m("p.muted", "…") : problems.length === 0 && this.answer.valid ? m("p.good-text", "✓ Valid. Save it as a file in a folder of \"rules\", then reload.")
        : m("ul.list", problems.map((/** @type {Data} */ each) => m("li.trouble", each.line ? "Line " + each.line + ", column " + each.column + ": " : "", each.message))))]);
  }
}

export class Rules {
  constructor() { this.words = ""; this.rules = new Resource("api/v1/rules").start(); }
  onremove() { this.rules.stop(); }
  view() {
    const waiting = instead(this.rules);
    const reload = async () => {
      const answer = await act(() => post("api/v1/reload"), done => (done.changes.length === 0 ? "Read again; nothing is different" : done.changes.join("; ")));
      if (answer) this.rules.refresh();
    };
    const words = this.words.toLowerCase();
    const found = waiting ? [] : this.rules.data.rules.filter((/** @type {Data} */ each) => [each.name, each.upstream, each.type, each.key].some(text => (text || "").toLowerCase().includes(words)));
    return m(".page", m("h1", "Rules"), m(".grid.halves", m(Tester), m(Draft)), card("In force", waiting || [m(".toolbar", m("input[type=search].grow", { "aria-label": "Search rules", placeholder: "Name, upstream, type or key", value: this.words, oninput: (/** @type {any} */ event) => { this.words = event.target.value; } }),
      m("span.muted", found.length + " of " + this.rules.data.rules.length + " rules")), found.length === 0 ? empty("No rule is called so")
      : table([{ name: "Rule" }, { name: "Upstream" }, { name: "Type" }, { name: "Policy" }, { name: "TTL", end: true }, { name: "Key" }, { name: "Where" }], found.slice(0, 300).map(row), "Rules")], { aside: m("button", { onclick: reload }, "Reload files") }));
  }
}
