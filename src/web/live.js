// Requests as they end: filter in words, pause, and open a row to see how it was decided.
import { Resource, post, query, session } from "./api.js";
import * as format from "./format.js";
import { act, ask, badge, card, empty, failure, m } from "./view.js";
import { decision, fetchAnew, offerCurl } from "./decision.js";
import { makeRule } from "./draft.js";
import { explain } from "./explain.js";
import { compile } from "./filter.js";
import { isStored, why } from "./trace.js";

/** @typedef {any} Data */

const most = 2000;   // that are kept
const shown = 150;   // that are drawn

/** @param {Data} request */
async function purge(request) {
  if (await ask("Purge: " + request.key, "The next request fetches it from the upstream.", "Purge"))
    act(() => post("api/v1/purge", { keys: [request.key] }), answer => answer.purged + " purged");
}

/** What cannot work is not offered. @param {Data} request */
const detail = request => m(".detail", decision(request),
  m(".buttons", isStored(request) ? [m("button", { onclick: () => fetchAnew(request.key) }, "Fetch anew"), m("button", { onclick: () => purge(request) }, "Purge"),
    m("a.button", { href: "#/cache?key=" + encodeURIComponent(request.key) }, "In the cache")] : null,
  request.key && request.result !== "tunnel" ? m("button", { onclick: () => explain(request) }, "Explain now") : null,
  m("button", { onclick: () => makeRule(request) }, "Make a rule"),
  request.result === "tunnel" || !request.url.includes("://") ? null : m("button", { onclick: () => offerCurl(request) }, "Copy as curl")));

/** Its application where it names one. @param {Data} request */
const clientOf = request => (request.userAgent || "").split(/[\s/(]/)[0] || request.client;

/** @param {Data} page @param {Data} request */
function row(page, request) {
  const open = page.open?.id === request.id;
  const toggle = () => { page.open = open ? null : request; };
  return m("li.request", { key: request.id, class: open ? "open" : "" },
    m("button.request-line", { "aria-expanded": String(open), onclick: toggle },
      m("span.time", format.clock(request.time)), m("span.client", { title: request.client + (request.userAgent ? ", " + request.userAgent : "") }, clientOf(request)), badge(request.result),
      m("span.status", { class: request.status >= 500 ? "bad-text" : request.status >= 400 ? "warn-text" : "" }, request.status), m("span.upstream-name", request.upstream || "–"),
      m("span.target", { title: request.url }, request.method === "GET" ? "" : request.method + " ", request.url.replace(/^https?:\/\//, "")), m("span.why", why(request)),
      m("span.took", format.latency(request.durationUs))), open ? detail(request) : null);
}

export class Live {
  constructor() {
    /** @type {Data[]} */
    this.requests = [];
    /** @type {Data[]} */
    this.arrived = [];
    this.words = new URLSearchParams(location.hash.split("?")[1] || "").get("filter") || "";
    this.matches = compile(this.words);
    this.paused = false;
    /** @type {Data | null} */
    this.open = null;
    this.state = "connecting";
    this.missed = 0;
    this.waiting = 0;
    this.cost = 0;   // of drawing once, in milliseconds
    this.begun = 0;
    this.drawn = 0;  // when
    this.first = new Resource("api/v1/requests?limit=" + shown);
    this.load().then(() => this.listen());
    // However fast they come, the page is drawn at most four times a second.
    this.timer = setInterval(() => this.take(), 250);
  }
  /** What was there before. */
  async load() {
    await this.first.refresh();
    if (this.first.error) return;
    // What has come meanwhile is newer than what was read.
    const { requests } = this.first.data, newest = BigInt(requests[0]?.id || 0);
    this.requests = this.requests.filter(each => BigInt(each.id) > newest).concat(requests);
    m.redraw();
  }
  listen() {
    if (this.gone) return;
    const last = this.requests[0]?.id;
    this.source = new EventSource("api/v1/events" + query({ last_event_id: last }));
    this.source.onopen = () => {
      this.state = "live";
      session.lost = false;
      if (this.first.error) this.load();
      m.redraw();
    };
    this.source.onerror = () => { this.state = "reconnecting"; m.redraw(); };
    this.source.addEventListener("request", (/** @type {any} */ event) => {
      this.arrived.push(JSON.parse(event.data));
      if (this.arrived.length > most) this.missed += this.arrived.splice(0, this.arrived.length - most).length;
    });
    this.source.addEventListener("dropped", (/** @type {any} */ event) => { this.missed += JSON.parse(event.data).count || 0; });
  }
  take() {
    // An open row stays where it is.
    const held = this.paused || this.open;
    if (this.arrived.length === (held ? this.waiting : 0)) return;
    // Drawing takes a fifth of the time at most, so that buttons answer.
    if (performance.now() - this.drawn < 4 * this.cost) return;
    this.waiting = this.arrived.length;
    if (held) return m.redraw();
    const known = new Set(this.requests.slice(0, shown).map(each => each.id));
    const news = this.arrived.filter(each => !known.has(each.id)).reverse();
    this.arrived = [];
    this.waiting = 0;
    this.requests = news.concat(this.requests).slice(0, most);
    m.redraw();
  }
  onupdate() {
    this.drawn = performance.now();
    this.cost = this.drawn - this.begun;
  }
  onremove() {
    this.gone = true;
    clearInterval(this.timer);
    this.source?.close();
  }
  view() {
    this.begun = performance.now();
    const filtered = this.requests.filter(this.matches).slice(0, shown);
    // What was opened is drawn, whatever has come or been filtered meanwhile: the log is held for it.
    if (this.open && !filtered.some(each => each.id === this.open.id)) filtered.unshift(this.open);
    const held = this.paused || this.open, waiting = held ? this.arrived.length : 0;
    const state = held ? badge((this.paused ? "paused" : "held while a row is open") + (waiting > 0 ? ", " + waiting + " waiting" : ""), "warn") : badge(this.state, this.state === "live" ? "good" : "warn");
    return m(".page", m("h1", "Live log"),
      m(".toolbar", m("input[type=search].grow", { "aria-label": "Filter", placeholder: "upstream:tvdb result:miss slow:>1s -status:404 words", value: this.words,
        oninput: (/** @type {any} */ event) => { this.words = event.target.value; this.matches = compile(this.words); } }),
      m("button", { "aria-pressed": String(this.paused), onclick: () => { this.paused = !this.paused; } }, this.paused ? "Go on" : "Pause"), state,
      this.missed > 0 ? m("span.muted", this.missed + " passed unseen") : null),
      this.first.error ? failure(this.first.error, () => this.load())
        : card("Requests", filtered.length > 0 ? m("ol.requests", filtered.map(each => row(this, each)))
          : this.requests.length > 0 ? empty("Nothing matches", "Words must all be found; upstream:, result:, client:, rule:, type:, status:, way: and slow:>1s look at one thing.")
          : empty("Nobody has asked yet", "Requests stand here as soon as they end.", m("a.button", { href: "#/setup" }, "Set up an application"))));
  }
}
