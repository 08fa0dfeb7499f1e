// The rules that are in force and what each did, the files of one's own, and what the rules say of a request.
import { Resource, post } from "./api.js";
import * as format from "./format.js";
import { editor } from "./editor.js";
import { Tester } from "./tester.js";
import { act, badge, card, choice, empty, instead, keep, m, table } from "./view.js";

/** @typedef {any} Data */

const shown = 200;

/** What is common goes without a word. @param {Data} rule */
function lifetime(rule) {
  if (rule.policy === "never") return m("span.muted", "never stored");
  if (rule.ttl == null) return m("span.muted", "origin's");
  return [rule.policy === "override" ? null : [badge(rule.policy), " "], format.duration(rule.ttl)];
}
/** @param {Data} rule */
const isIdle = rule => rule.matched === 0 && !rule.shadowedBy;
/** @param {Data} rule */
const isOwn = rule => !rule.file.startsWith("shipped:");

/** @type {Record<string, (rule: Data) => boolean>} */
const kinds = { All: () => true, Yours: isOwn, Matched: rule => rule.matched > 0, "Not matched": isIdle, Shadowed: rule => !!rule.shadowedBy };

/** @param {Data} rule */
function marks(rule) {
  if (rule.shadowedBy) return m("span.mark", { title: "Whatever it would match, " + rule.shadowedBy + " takes before it" }, badge("shadowed by " + rule.shadowedBy, "warn"));
  if (rule.matched == null) return badge("for " + rule.for, "dim");
  return rule.for === "writes" ? badge("for writes", "dim") : null;
}

/** @param {Data} rule */
const row = rule => m("tr", { key: rule.upstream + " " + rule.name }, m("td.rule-name", isOwn(rule) ? m("button.link", { title: "Open it in its file", onclick: () => editor.openAt(rule) }, rule.name) : rule.name, " ", marks(rule)), m("td.name", { title: rule.upstream }, rule.upstream), m("td.nowrap", rule.type || "–"), m("td.end", lifetime(rule)),
  m("td.end", format.number(rule.matched)), m("td.end", rule.matched > 0 && rule.for === "requests" ? format.percent((rule.hits / rule.matched) * 100, 0) : "–"),
  m("td.key", { title: rule.key || "" }, rule.key || "–"), m("td.nowrap.muted", { title: rule.file }, rule.file.replace("shipped:", "").split("/").pop() + ":" + rule.line));

export class Rules {
  /** @param {Data} node */
  constructor(node) {
    const { parameters } = node.attrs;
    this.words = parameters.get("search") || "";
    this.kind = Object.hasOwn(kinds, parameters.get("kind") || "") ? parameters.get("kind") : "All";
    this.rules = new Resource("api/v1/rules", 10000).start();
    editor.start(() => this.rules.refresh());
  }
  onremove() { this.rules.stop(); editor.stop(); }
  keep() { keep({ search: this.words, kind: this.kind === "All" ? "" : this.kind }); }
  found() {
    const words = this.words.toLowerCase();
    return this.rules.data.rules.filter((/** @type {Data} */ each) => kinds[this.kind](each) && [each.name, each.upstream, each.type, each.key, each.file].some(text => (text || "").toLowerCase().includes(words)));
  }
  list() {
    const found = this.found(), all = this.rules.data.rules;
    const count = (/** @type {string} */ kind) => all.filter(kinds[kind]).length;
    return [m(".toolbar", m("input[type=search].grow", { "aria-label": "Search rules", placeholder: "Name, upstream, type, key or file", value: this.words, oninput: (/** @type {any} */ event) => { this.words = event.target.value; this.keep(); } }),
      choice("Which rules", Object.keys(kinds), this.kind, kind => { this.kind = kind; this.keep(); }), m("span.muted", found.length + " of " + all.length)),
    found.length === 0 ? empty(this.kind === "Shadowed" ? "No rule is shadowed by an earlier one" : "No such rule", count("Yours") === 0 && this.kind === "Yours" ? "A new file above begins one." : "")
      : table([{ name: "Rule" }, { name: "Upstream" }, { name: "Type" }, { name: "TTL", end: true }, { name: "Matched", end: true }, { name: "Hit rate", end: true }, { name: "Key" }, { name: "Where" }], found.slice(0, shown).map(row), "Rules"),
    found.length > shown ? m("p.muted.more", "The first " + shown + "; search for others.") : null];
  }
  view() {
    const reload = async () => {
      const answer = await act(() => post("api/v1/reload"), done => (done.changes.length === 0 ? "Read again; nothing is different" : done.changes.join("; ")));
      if (answer) { this.rules.refresh(); editor.files.refresh(); }
    };
    return m(".page", m("h1", "Rules"), editor.view(), m(Tester, { editor }),
      card("In force", instead(this.rules) || this.list(), { wide: true, aside: m(".buttons", m("span.muted", "counted since the start"), m("button", { onclick: reload }, "Reload files")) }));
  }
}
