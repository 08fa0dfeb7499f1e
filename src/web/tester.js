// What the rules make of a request, and of an answer to it, without sending anything.
import { post } from "./api.js";
import { lifetimeWords, policies } from "./explain.js";
import * as format from "./format.js";
import { badge, card, facts, failure, m } from "./view.js";

/** @typedef {any} Data */

/** "Name: value" a line. @param {string} text */
function fieldsOf(text) {
  /** @type {Record<string, string>} */
  const fields = {};
  for (const line of text.split("\n")) {
    const colon = line.indexOf(":");
    if (colon > 0) fields[line.slice(0, colon).trim()] = line.slice(colon + 1).trim();
  }
  return fields;
}

export class Tester {
  /** @param {Data} node */
  constructor(node) {
    this.editor = node.attrs.editor;
    this.asked = { method: "GET", url: "", headers: "", status: "200", responseHeaders: "", body: "" };
    this.drafted = true;
    this.turn = 0;
    /** @type {Data} */
    this.answer = null;
    /** @type {Data} */
    this.error = null;
  }
  /** @returns {Data} */
  question() {
    const { method, url, headers, status, responseHeaders, body } = this.asked;
    const question = /** @type {Data} */ ({ method, url, headers: fieldsOf(headers) });
    if (body || responseHeaders || status !== "200") Object.assign(question, { status: Number(status), responseHeaders: fieldsOf(responseHeaders), body });
    if (this.isByDraft) Object.assign(question, { rules: this.editor.text, file: this.editor.name });
    return question;
  }
  get isByDraft() { return this.drafted && this.editor.open && this.editor.isChanged; }
  async test(/** @type {Event} */ event) {
    event.preventDefault();
    const turn = ++this.turn;
    this.error = this.answer = null;
    const found = await post("api/v1/rules/test", this.question()).then(answer => ({ answer }), error => ({ error }));
    // Of two questions the later one is answered.
    if (turn === this.turn) Object.assign(this, found);
    m.redraw();
  }
  /** @param {string} name @param {Data} more */
  input(name, more) {
    return { ...more, value: /** @type {Data} */ (this.asked)[name], oninput: (/** @type {any} */ event) => { /** @type {Data} */ (this.asked)[name] = event.target.value; } };
  }
  verdict() {
    const { answer } = this;
    const judged = answer.answer;
    const found = [["Upstream", answer.upstream || "none: a host that no rules file names"], ["Rule", answer.rule || "none: RFC 9111 decides"], ["Key", answer.key || "–"], ["Tags", answer.tags?.join(", ")], ["Policy", policies[answer.policy] || answer.policy], ["TTL", lifetimeWords(answer)],
      ...(answer.refused ? [["Refused", answer.refused]] : [])].filter(([, value]) => value != null);
    return [facts(found, "lines"),
      judged ? m("p.verdict-line", badge(judged.stored ? "stored" : "not stored", judged.stored ? "good" : "warn"), " ", judged.stored ? "for " + format.duration(judged.ttl) + ", from the " + judged.ttlSource : judged.kind === "answer" ? "since " + judged.why : judged.kind + ": " + judged.why) : null];
  }
  view() {
    const methods = ["GET", "HEAD", "POST", "PUT", "DELETE"];
    return card("Try a request", [m("form.tester", { onsubmit: (/** @type {Event} */ event) => this.test(event) },
      m(".toolbar", m("select", { "aria-label": "Method", onchange: (/** @type {any} */ event) => { this.asked.method = event.target.value; } }, methods.map(name => m("option", name))),
        m("input[type=url].grow", this.input("url", { required: true, "aria-label": "URL", placeholder: "https://api.themoviedb.org/3/tv/1396" })), m("button.primary", "Try")),
      m("details", m("summary", "With header fields, and an answer to judge"), m(".pair",
        m("label", "Fields of the request", m("textarea.code", this.input("headers", { rows: 3, placeholder: "Accept-Language: de" }))),
        m("label", "Fields of the answer", m("textarea.code", this.input("responseHeaders", { rows: 3, placeholder: "Cache-Control: no-store" })))),
      m("label", "Status", m("input.short", this.input("status", { inputmode: "numeric", pattern: "[2-5][0-9][0-9]" }))), m("label", "Body", m("textarea.code", this.input("body", { rows: 4, placeholder: '{"status": "Ended"}' })))),
      this.editor.open && this.editor.isChanged ? m("label.inline", m("input[type=checkbox]", { checked: this.drafted, onchange: (/** @type {any} */ event) => { this.drafted = event.target.checked; } }), "by what is written here, not by what is in force") : null),
    this.error ? failure(this.error) : this.answer ? this.verdict() : m("p.muted", "Nothing is sent upstream.")], { wide: true });
  }
}
