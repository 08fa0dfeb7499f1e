// What all pages are built of. Text from outside goes through text nodes alone: nothing here makes HTML of a string.
import { Refused, query } from "./api.js";
import * as format from "./format.js";

/** @type {any} */
export const m = /** @type {any} */ (window).m;

/** @param {string} title @param {any} content @param {{aside?: any, wide?: boolean, class?: string}} [more] */
export function card(title, content, more = {}) {
  return m("section.card", { class: (more.wide ? "wide " : "") + (more.class || "") },
    m("header.card-head", m("h2", title), more.aside || null), content);
}

const icons = /** @type {Record<string, string>} */ ({
  overview: "M3 12 12 4l9 8M6 10v9h12v-9", live: "M3 12h4l3-7 4 14 3-7h4", cache: "M4 6h16M4 12h16M4 18h16",
  upstreams: "M12 20V5m0 0L6 11m6-6 6 6", rules: "M5 5h14v14H5zM9 9h6M9 13h6", jobs: "M12 7v5l3 2M12 3a9 9 0 1 0 .01 0",
  alerts: "M6 17V11a6 6 0 0 1 12 0v6l1.5 2h-15zM10 21h4", clients: "M12 12a4 4 0 1 0-.01 0M4 21c1-5 15-5 16 0",
  members: "M5 5h5v5H5zM14 14h5v5h-5zM14 5h5v5h-5zM5 14h5v5H5zM10 7.5h4M7.5 10v4M16.5 10v4M10 16.5h4",
  setup: "M4 8h10m4 0h2M4 16h2m4 0h10M16 6v4M8 14v4", system: "M4 5h16v11H4zM9 20h6M12 16v4",
});

/** @param {string} name */
export const icon = name => m("svg.icon", { viewBox: "0 0 24 24", "aria-hidden": "true" }, m("path", { d: icons[name] }));

const tones = /** @type {Record<string, string>} */ ({
  hit: "good", revalidated: "info", collapsed: "teal", stale: "violet", miss: "plain",
  bypass: "dim", tunnel: "dim", error: "bad", refused: "bad", closed: "good", open: "bad", "half-open": "warn",
  "prefer-cache": "info", offline: "warn", paused: "warn", notice: "info", warning: "warn", info: "dim", debug: "dim", trace: "dim", ok: "good",
  running: "info", done: "good", failed: "bad", canceled: "dim", cancelled: "dim", waiting: "warn",
});

/** A state in words; the colour only repeats it. @param {string} word @param {string} [tone] */
export const badge = (word, tone) => m("span.badge", { class: tone || tones[word] || "plain" }, word);

/** @param {string} text @param {string} [advice] @param {any} [action] */
export const empty = (text, advice, action) => m(".state", m("p.state-title", text), advice ? m("p", advice) : null, action || null);

/** What there is to say instead of data; null where there is data. @param {import("./api.js").Resource} resource */
export function instead(resource) {
  if (resource.data != null) return null;
  if (!resource.error) return m(".state", { "aria-busy": "true" }, m(".skeleton"), m(".skeleton.short"), m("span.sr", "Loading"));
  return failure(resource.error, () => resource.refresh());
}

/** @param {Refused} error @param {() => void} [again] */
export function failure(error, again) {
  if (error.status === 401) return empty("You are logged out", "Log in again to see this.");
  if (error.status === 403) return empty("Not allowed", error.message);
  if (error.status === 404) return empty("Not there", error.message);
  return m(".state", { role: "alert" }, m("p.state-title", error.status === 0 ? "Reconnecting…" : "That did not work"),
    m("p", error.message), again ? m("button", { onclick: again }, "Try again") : null);
}

/** A table in a frame of its own that scrolls sideways; a column with `sort` has a head that calls it.
 * @param {{name: string, end?: boolean, class?: string, sort?: () => void, sorted?: string | null}[]} columns @param {any[]} rows @param {string} caption */
export function table(columns, rows, caption) {
  return m(".table-frame", { tabindex: 0, role: "region", "aria-label": caption }, m("table",
    m("thead", m("tr", columns.map(column => m("th", { scope: "col", ...(column.sorted ? { "aria-sort": column.sorted } : {}), class: (column.end ? "end " : "") + (column.class || "") },
      column.sort ? m("button.link", { onclick: column.sort }, column.name, m("span", { "aria-hidden": "true" }, { ascending: " ▲", descending: " ▼" }[column.sorted || ""] || "")) : column.name || m("span.sr", "Actions"))))),
    m("tbody", rows)));
}

/** Names and values. @param {any[][]} pairs @param {string} [kind] */
export const facts = (pairs, kind = "") => m("dl.facts", { class: kind }, pairs.map(([label, value, kind]) => m("div", { class: kind || "" }, m("dt", label), m("dd", value))));

/** @param {string} role @param {number} part @param {number} whole @param {string} label @param {(share: number) => string} tone */
function bar(role, part, whole, label, tone) {
  const share = whole > 0 ? Math.min(100, (part / whole) * 100) : 0;
  return m(".meter", { role, "aria-label": label, "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": Math.round(share) },
    m(".meter-fill", { class: tone(share), style: { width: share + "%" } }));
}

/** How full something is. @param {number} used @param {number} most @param {string} label */
export const meter = (used, most, label) => bar("meter", used, most, label, share => (share > 90 ? "bad" : share > 75 ? "warn" : ""));
/** How much of something is left. @param {number} left @param {number} most @param {string} label */
export const leftMeter = (left, most, label) => bar("meter", left, most, label, share => (share < 10 ? "bad" : share < 25 ? "warn" : ""));
/** How far something is. @param {number} done @param {number} all @param {string} label */
export const progress = (done, all, label) => bar("progressbar", done, all, label, () => "");

/** @type {{text: string, bad: boolean}[]} */
const notes = [];

/** Says for a while how something went. @param {string} text @param {boolean} [bad] */
export function say(text, bad = false) {
  const note = { text, bad };
  notes.push(note);
  setTimeout(() => { notes.splice(notes.indexOf(note), 1); m.redraw(); }, bad ? 9000 : 5000);
  m.redraw();
}

export const Notes = { view: () => m(".notes", { role: "status", "aria-live": "polite" }, notes.map(note => m(".note", { class: note.bad ? "bad" : "" }, note.text))) };

/** Does it and says how it went; what `done` has no words for goes without. @param {() => Promise<any>} action @param {string | ((answer: any) => string)} done */
export async function act(action, done) {
  try {
    const answer = await action();
    const told = typeof done === "string" ? done : done(answer);
    if (told) say(told);
    return answer;
  } catch (error) {
    say(error instanceof Error ? error.message : String(error), true);
    return null;
  }
}

/** One after the other, so that no click answers a question that has just come.
 * @type {{title: string, body: any, confirm?: string, resolve: (yes: boolean) => void}[]} */
const asked = [];

/** @param {string} title @param {any} body a function where it changes while it is shown @param {string} [confirm] the button's word; none: there is nothing to confirm @returns {Promise<boolean>} */
export function ask(title, body, confirm) {
  return new Promise(resolve => { asked.push({ title, body, confirm, resolve }); m.redraw(); });
}

/** @param {boolean} yes */
function answered(yes) {
  asked.shift()?.resolve(yes);
  m.redraw();
}

export const Dialog = {
  view: () => asked.slice(0, 1).map(({ title, body, confirm }) => m("dialog.dialog", {
    oncreate: (/** @type {any} */ node) => node.dom.showModal(),
    // Gives the focus back to where it was.
    onbeforeremove: (/** @type {any} */ node) => node.dom.close(),
    oncancel: (/** @type {Event} */ event) => { event.preventDefault(); answered(false); },
    "aria-labelledby": "dialog-title",
  }, m("h2#dialog-title", title), m(".dialog-body", typeof body === "function" ? body() : body),
  m(".buttons", m("button", { onclick: () => answered(false) }, confirm ? "Cancel" : "Close"),
    confirm ? m("button", { class: /^(Purge|Remove)/.test(confirm) ? "danger" : "primary", onclick: () => answered(true) }, confirm) : null))),
};

/** The clipboard is closed to pages that came without TLS: what is selected is copied there. @param {string} text @param {Element | null} node that shows it */
async function copy(text, node) {
  if (node instanceof HTMLTextAreaElement) node.select();
  else if (node) getSelection()?.selectAllChildren(node);
  try { await navigator.clipboard.writeText(text); } catch { document.execCommand("copy"); }
  say("Copied: " + (text.length > 60 ? text.slice(0, 60) + "…" : text));
}

/** Shows a text to copy. @param {string} title @param {string} text */
export const offer = (title, text) => ask(title, [m("textarea.code", { readonly: true, rows: 8, value: text, "aria-label": title }),
  m(".buttons", m("button.primary", { onclick: () => copy(text, document.querySelector(".dialog textarea")) }, "Copy"))]);

/** A text in a line, with a button that copies it. @param {string} text */
export const copyable = text => m("span.copyable", m("code", text), m("button.copy", { title: "Copy", "aria-label": "Copy " + text, type: "button",
  onclick: (/** @type {any} */ event) => copy(text, event.currentTarget.previousSibling) }, "Copy"));

/** A word and what it means. @param {string} word @param {string} meaning */
export const term = (word, meaning) => m("abbr", { title: meaning }, word);

/** Keeps in the address what a page is set to, so that it is the same after a reload. @param {Record<string, string | undefined>} settings */
export const keep = settings => history.replaceState(null, "", location.hash.split("?")[0] + query(settings));

/** Buttons of which one is chosen. @param {string} label @param {string[]} choices @param {string} chosen @param {(choice: string) => void} choose */
export const choice = (label, choices, chosen, choose) => m(".choice", { role: "group", "aria-label": label },
  choices.map(each => m("button", { "aria-pressed": String(each === chosen), onclick: () => choose(each) }, each)));
