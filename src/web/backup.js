// The whole installation as one file, and back.
import { Refused, get } from "./api.js";
import * as format from "./format.js";
import { act, ask, card, m } from "./view.js";

/** @typedef {any} Data */

/** @param {Response} response */
async function refusal(response) {
  const told = await response.json().catch(() => null);
  return new Refused(response.status, told?.detail || "The answer was " + response.status);
}

/** Saves what was fetched as a file. @param {Blob} bytes @param {string} name */
function save(bytes, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(bytes);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}

/** @param {Data} answer @param {boolean} isPlan whether it is still to be done */
const outcome = (answer, isPlan) => [m("p", "An export of version " + answer.version + ", made " + format.localTimes(answer.made) + "."),
  isPlan ? m("p", "Configuration and own rules are replaced by those of the file now, savings and history from the next start on. What is stored stays. What was there before is kept beside it, and told by name afterwards.") : null,
  [[isPlan ? "Replaced" : "Put in place", answer.put], ["Kept as it was before", answer.kept], ["Changes", answer.changes]].filter(([, lines]) => lines.length > 0).map(([title, lines]) => [m("h3", title), m("ul.names", lines.map((/** @type {string} */ line) => m("li", line)))])];

export class Backup {
  constructor() {
    this.passphrase = "";
    /** @type {File | null} */
    this.file = null;
  }
  /** @returns {Record<string, string>} */
  fields() { return this.passphrase ? { "X-Passphrase": encodeURIComponent(this.passphrase) } : {}; }
  async download() {
    await act(async () => {
      const response = await fetch("api/v1/export" + (this.passphrase ? "?authority=1" : ""), { credentials: "same-origin", headers: this.fields() });
      if (!response.ok) throw await refusal(response);
      const { hostName } = await get("api/v1/system/status").catch(() => ({}));
      save(await response.blob(), ["cachearr", hostName, new Date().toISOString().slice(0, 10)].filter(Boolean).join("-") + ".tar");
    }, "Exported");
  }
  /** @param {boolean} check */
  async send(check) {
    const response = await fetch("api/v1/import" + (check ? "?check=1" : ""), { method: "POST", credentials: "same-origin", headers: { "Content-Type": "application/x-tar", ...this.fields() }, body: this.file });
    if (!response.ok) throw await refusal(response);
    return response.json();
  }
  /** Says what would be before it does it. */
  async restore() {
    const planned = await act(() => this.send(true), "");
    if (!planned || !await ask("Restore " + this.file?.name + "?", outcome(planned, true), "Restore")) return;
    const done = await act(() => this.send(false), "Restored");
    if (done) ask("Restored", outcome(done, false));
  }
  view() {
    return card("Backup", [m("p", "Configuration, own rules, savings and history in one file. It holds the secrets that the configuration holds: keep it as you keep those."),
      m("label.field", "Passphrase (optional: with one the authority's key goes along)", m("input[type=password]", { autocomplete: "off", value: this.passphrase, oninput: (/** @type {any} */ event) => { this.passphrase = event.target.value; } })),
      m(".buttons", m("button", { onclick: () => this.download() }, "Download an export")),
      m("label.field", "Restore from an export", m("input[type=file]", { accept: ".tar", onchange: (/** @type {any} */ event) => { this.file = event.target.files[0] || null; } })),
      m(".buttons", m("button", { disabled: !this.file, onclick: () => this.restore() }, "Check and restore"))]);
  }
}
