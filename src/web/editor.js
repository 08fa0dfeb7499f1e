// The user's own rules files: written here, judged while somebody types, shown as a difference before they are put in force, and undone.
import { Resource, getText, postText, query, sendText } from "./api.js";
import * as format from "./format.js";
import { difference, nearby } from "./diff.js";
import { Rehearsal } from "./rehearsal.js";
import { act, ask, badge, card, empty, instead, m, say } from "./view.js";

/** @typedef {any} Data */

const example = `{
  "upstreams": { "my-indexer": { "origin": "https://indexer.example", "hosts": ["indexer.example"], "mount": "/my-indexer" } },
  "rules": [
    { "name": "my-feed", "upstream": "my-indexer",
      "match": { "path": "/api", "query": { "t": "search" } },
      "ttl": "30m", "policy": "override" }
  ]
}
`;

let handedOver = "";
/** @type {Data} */
let wantedRule = null;

/** Opens the editor with a new file of this text. @param {string} text */
export function edit(text) {
  handedOver = text;
  location.hash = "#/rules";
}

/** Opens the file of a rule of one's own at its line, from another page. @param {Data} rule */
export function editRule(rule) {
  wantedRule = rule;
  location.hash = "#/rules";
}

/** @param {string} name @param {number} [version] */
const pathOf = (name, version) => "api/v1/rules/files/" + encodeURIComponent(name) + query({ version });

/** @param {string} before @param {string} after */
function diffView(before, after) {
  const lines = nearby(difference(before, after));
  if (lines.length === 0) return m("p.muted", "Nothing is different.");
  const sign = { old: "−", new: "+", same: " " };
  return m("pre.diff", { tabindex: 0, "aria-label": "Difference" }, lines.map(line => (line === null ? m("span.diff-gap", "⋯\n")
    : m("span", { class: "diff-" + line.kind }, sign[line.kind] + " " + line.text + "\n"))));
}

/** Where a problem is, and a way there. @param {Editor} editor @param {Data} each */
function problemLine(editor, each) {
  const here = each.file === editor.path || each.file === "" || each.file.endsWith("/" + editor.name);
  const place = (here ? "" : each.file.split("/").pop() + ": ") + (each.line ? "Line " + each.line + ", column " + each.column + ":" : "");
  return m("li.trouble.bad", here && each.line ? m("button.link", { onclick: () => editor.jump(each.line, each.column) }, place) : place, " ", each.message);
}

/** One file that is being written. It outlives its page: who looks elsewhere meanwhile finds it as it was. */
class Editor {
  constructor() {
    this.changed = () => {};  // something is in force
    this.files = new Resource("api/v1/rules/files");
    this.open = false;
    this.turn = 0;     // goes up as a file is opened or closed: an answer for one does nothing to the next
    /** @type {Data} */
    this.wanted = null;  // the file that is to be opened as soon as it is read
    this.name = "";
    this.path = "";
    this.isNew = false;
    this.saved = "";   // as it is on disk
    this.etag = "";
    this.text = "";
    this.begun = "";   // as it was before anything was written
    this.busy = false;
    /** @type {Record<string, string> | null} */
    this.rehearsed = null;  // the draft that was played through
    this.timer = 0;
    this.line = 0;
    /** @type {Data} */
    this.verdict = null;
  }
  /** @param {() => void} changed */
  start(changed) {
    const text = handedOver, rule = wantedRule;
    handedOver = "";
    wantedRule = null;
    this.changed = changed;
    this.files.start();
    if (text) this.files.refresh().then(() => this.begin(text));
    else if (rule) this.files.refresh().then(() => this.openAt(rule));
    else if (this.open) this.validate();
  }
  stop() { this.files.stop(); clearTimeout(this.timer); }
  get isChanged() { return this.text !== this.saved; }
  get isWritten() { return this.open && this.text !== this.begun; }
  /** @returns {Data} */
  get known() { return (this.files.data?.files || []).find((/** @type {Data} */ each) => each.name === this.name); }

  /** Whether what is written here may be lost. @returns {Promise<boolean>} */
  async mayGo() { return !this.isWritten || ask("Leave what you have written?", (this.name || "It") + " is not in force yet.", "Leave it"); }
  /** A new file, under a name that is free. @param {string} text */
  async begin(text) {
    this.wanted = null;
    if (!await this.mayGo()) return;
    const taken = new Set((this.files.data?.files || []).map((/** @type {Data} */ each) => each.name));
    let name = "my-rules.json";
    for (let number = 2; taken.has(name); ++number) name = "my-rules-" + number + ".json";
    this.put({ name, isNew: true, text, begun: text });
  }
  /** @param {Data} file */
  async choose(file) {
    this.wanted = file;
    const read = await act(() => getText(pathOf(file.name)), "");
    // Asked only now, so that nothing is written between the question and the file.
    if (read && this.wanted === file && await this.mayGo()) this.show(file, read);
  }
  /** The file of a rule, at its line. @param {Data} rule */
  async openAt(rule) {
    const file = (this.files.data?.files || []).find((/** @type {Data} */ each) => each.path === rule.file);
    if (!file) return say(rule.file + " is not among the files that are edited here", true);
    if (!this.open || this.isNew || this.name !== file.name) await this.choose(file);
    if (this.name !== file.name) return;
    this.line = rule.line;  // gone to as soon as the text is drawn
    m.redraw();
  }
  /** What is on disk. @param {Data} file @param {{text: string, etag: string}} read */
  show({ name, path }, { text, etag }) { this.put({ name, path, saved: text, etag, text, begun: text }); }
  /** @param {Data} file all of it that is not empty */
  put(file) {
    Object.assign(this, { open: true, turn: this.turn + 1, name: "", path: "", isNew: false, saved: "", etag: "", text: "", begun: "", rehearsed: null, verdict: null, ...file });
    this.validate();
  }
  close() {
    Object.assign(this, { open: false, turn: this.turn + 1, wanted: null, verdict: null });
    m.redraw();
  }
  /** @param {string} text */
  type(text) {
    this.text = text;
    clearTimeout(this.timer);
    this.timer = window.setTimeout(() => this.validate(), 250);
  }
  async validate() {
    const { text, name } = this;
    clearTimeout(this.timer);
    const verdict = await postText("api/v1/rules/validate" + query({ file: name }), text)
      .catch(error => (error.status === 0 ? null : { valid: false, problems: [{ file: "", line: 0, message: error.message }] }));
    if (text !== this.text || name !== this.name) return;
    this.verdict = verdict;
    if (!verdict && this.files.running) this.timer = window.setTimeout(() => this.validate(), 2000);
    m.redraw();
  }
  /** @param {number} line @param {number} column */
  jump(line, column) {
    const area = /** @type {HTMLTextAreaElement | null} */ (document.getElementById("rules-text"));
    if (!area) return;
    const lines = this.text.split("\n"), at = lines.slice(0, line - 1).reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
    area.focus();
    area.setSelectionRange(at, at + Math.max(1, (lines[line - 1] || "").length - column + 1));
    area.scrollTop = Math.max(0, (line - 6) * parseFloat(getComputedStyle(area).lineHeight));
  }
  /** After a change: what is on disk, and what was written since the text was as `before`.
   * @param {Data} file null: it is gone @param {Data} read @param {string} before */
  takeOver(file, read, before) {
    const written = this.text;
    if (written === before) return file ? this.show(file, read) : this.close();
    if (!file) Object.assign(this, { path: "", isNew: true, saved: "", etag: "" });
    if (file?.name !== this.name) return;
    this.show(file, read);
    this.type(written);
  }
  /** Sends a change, and shows what is in force then where nobody has gone to another file since `turn`.
   * @param {number} turn @param {string} name @param {string} done @param {() => Promise<any>} change @param {boolean} [isGone] the file, after it */
  async apply(turn, name, done, change, isGone = false) {
    const before = this.text;
    this.busy = true;
    m.redraw();
    try {
      const answer = await change();
      say(answer.changes.length > 0 ? done + ": " + answer.changes.join("; ") : done);
      // The list and the text change as one: what is done to the one is meant for the other.
      const read = isGone ? null : await getText(pathOf(name)).catch(() => null);
      await this.files.refresh();
      const file = read && (this.files.data?.files || []).find((/** @type {Data} */ each) => each.name === name);
      if (turn === this.turn && (file || isGone)) this.takeOver(file, read, before);
      this.changed();
    } catch (error) {
      const refused = /** @type {Data} */ (error);
      if (turn === this.turn && refused.data?.problems?.length) this.verdict = { valid: false, problems: refused.data.problems };
      say(refused.status === 412 ? "Somebody else has changed " + name + " meanwhile. Open it again to see how it is now." : refused.message, true);
    } finally {
      this.busy = false;
      m.redraw();
    }
  }
  /** As the instance is asked about it. @returns {Record<string, string>} */
  get draft() { return { [this.name]: this.text }; }
  /** What the draft would have made of the last requests; in a list, so that another draft makes another panel. */
  panel() {
    if (!this.rehearsed) return null;
    const key = JSON.stringify(this.rehearsed), isOld = key !== JSON.stringify(this.draft);
    return m(".would-change", m(".toolbar", m("h3", "What would change"), isOld ? badge("of an earlier text", "warn") : null, m("button", { onclick: () => { this.rehearsed = null; } }, "Hide")),
      m("div", [m(Rehearsal, { key, files: this.rehearsed })]));
  }
  async save() {
    const { turn, name, text, etag, draft } = this, shown = diffView(this.saved, text);
    const body = () => [shown, m("h3", "What would change"), m(Rehearsal, { files: draft })];
    if (!await ask((this.isNew ? "Put in force: " : "Change ") + name + "?", body, "Put in force")) return;
    await this.apply(turn, name, name + " is in force", () => sendText("PUT", pathOf(name), etag, text));
  }
  /** @param {string} name @param {string} current @param {string} etag @param {Data} version */
  async putBack(name, current, etag, version) {
    const { turn } = this, old = await act(() => getText(pathOf(name, version.version)), "");
    if (!old || turn !== this.turn || !await this.mayGo() || !await ask("Put back " + name + " as it was until " + format.moment(version.kept, true) + "?", diffView(current, old.text), "Put back")) return;
    await this.apply(turn, name, name + " is as it was", () => sendText("PUT", pathOf(name, version.version), etag));
  }
  async remove() {
    const { turn, name, etag } = this;
    if (!await this.mayGo() || !await ask("Remove " + name + "?", "Its rules end now. What it holds is kept, and can be put back.", "Remove")) return;
    await this.apply(turn, name, name + " is removed", () => sendText("DELETE", pathOf(name), etag), true);
  }

  area() {
    const count = this.text.split("\n").length;
    const go = () => {
      const { line } = this;
      this.line = 0;
      if (line) this.jump(line, 1);
    };
    const scroll = (/** @type {any} */ event) => { const gutter = event.target.previousSibling; gutter.scrollTop = event.target.scrollTop; };
    return m(".editor", m("pre.gutter", { "aria-hidden": "true" }, Array.from({ length: count }, (_, at) => at + 1).join("\n")),
      m("textarea#rules-text.code", { rows: Math.min(28, Math.max(12, count + 1)), spellcheck: false, wrap: "off", "aria-label": "Rules as JSON", "aria-describedby": "rules-verdict", value: this.text, onscroll: scroll, oncreate: go, onupdate: go,
        oninput: (/** @type {any} */ event) => this.type(event.target.value) }));
  }
  judged() {
    const problems = this.verdict?.problems || [];
    return m("#rules-verdict", { role: "status" }, this.name === "" ? m("p.bad-text", "The file needs a name.") : !this.verdict ? m("p.muted", "…")
      : problems.length === 0 && this.verdict.valid ? m("p.good-text", "✓ Valid, together with all other rules.") : m("ul.list.problems", problems.map((/** @type {Data} */ each) => problemLine(this, each))));
  }
  sheet() {
    const file = this.known, versions = file?.versions || [];
    const undo = (/** @type {any} */ event) => {
      const chosen = versions.find((/** @type {Data} */ each) => String(each.version) === event.target.value);
      event.target.value = "";
      if (chosen) this.putBack(this.name, this.saved, this.etag, chosen);
    };
    const name = this.isNew ? m("input.file-name", { oncreate: (/** @type {any} */ node) => node.dom.select(), "aria-label": "Name of the file", value: this.name, required: true, pattern: "[A-Za-z0-9_][A-Za-z0-9._-]*\\.json", oninput: (/** @type {any} */ event) => { this.name = event.target.value; this.type(this.text); } }) : null;
    const writable = this.isNew || file?.writable, isReady = this.name !== "" && this.isChanged && this.verdict?.valid;
    return m(".sheet", m(".toolbar", name || m("strong", this.name), this.isChanged ? badge("not in force yet", "warn") : badge("in force", "good"), this.path ? m("span.muted.path", this.path) : null),
      writable ? null : m("p.trouble", "This program may not write here; the file is changed by hand."), this.area(), this.judged(),
      m(".buttons", m("button.primary", { disabled: !writable || !isReady || this.busy, onclick: () => this.save() }, "Review and put in force"),
        m("button", { disabled: !isReady, onclick: () => { this.rehearsed = this.draft; } }, "What would change"),
        m("button", { disabled: !this.isChanged || this.isNew, onclick: () => { this.text = this.saved; this.validate(); } }, "Discard changes"),
        versions.length > 0 && writable ? m("select", { "aria-label": "Undo", disabled: this.busy, onchange: undo }, m("option", { value: "" }, "Undo…"), versions.map((/** @type {Data} */ each) => m("option", { value: String(each.version) }, "as it was until " + format.moment(each.kept, true) + " (" + format.ago(each.kept) + ")"))) : null,
        this.isNew || !writable ? null : m("button.danger", { disabled: this.busy, onclick: () => this.remove() }, "Remove"), m("button", { onclick: async () => { if (await this.mayGo()) this.close(); } }, "Close")),
      this.panel());
  }
  /** Files that were removed, and may be put back. */
  removed() {
    return (this.files.data?.gone || []).filter((/** @type {Data} */ each) => each.versions.length > 0).map((/** @type {Data} */ each) => m("li.file", m("span.file-title", m("s", each.name), m("span.muted", "removed " + format.moment(each.versions[0].kept))),
      m("button", { disabled: this.busy, onclick: () => this.putBack(each.name, "", "", each.versions[0]) }, "Put back")));
  }
  view() {
    const waiting = instead(this.files);
    if (waiting) return card("Your files", waiting);
    const { files, gone } = this.files.data;
    const rows = files.map((/** @type {Data} */ each) => m("li.file", { class: this.open && each.name === this.name && !this.isNew ? "chosen" : "" },
      m("span.file-title", m("button.link", { onclick: () => this.choose(each) }, each.name), m("span.muted", format.bytes(each.size) + ", changed " + format.moment(each.changed) + (each.writable ? "" : ", read only")))));
    const fresh = m("button", { onclick: () => this.begin(example) }, "New file");
    return card("Your files", [this.open ? this.sheet() : null,
      files.length === 0 && gone.length === 0 ? (this.open ? null : empty("You have no rules of your own", "The shipped ones serve the services below. A rule of yours goes before them.")) : m("ul.list.files", rows, this.removed())], { wide: true, aside: fresh });
  }
}

export const editor = new Editor();

window.addEventListener("beforeunload", event => { if (editor.isWritten) event.preventDefault(); });
