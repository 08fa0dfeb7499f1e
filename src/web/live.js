// Requests as they end: filter in words, pause, and open a row to see how it was decided.
import { Resource, get, post, query, session } from "./api.js";
import * as format from "./format.js";
import { act, ask, badge, card, empty, failure, keep, m } from "./view.js";
import { decision, fetchAnew, offerCurl } from "./decision.js";
import { makeRule } from "./draft.js";
import { explain } from "./explain.js";
import { compile, names, notUnderstood } from "./filter.js";
import { isStored, why } from "./trace.js";

/** @typedef {any} Data */

const most = 2000;   // that are kept, here as by the instance
const shown = 150;   // that are drawn

/** @param {Data} request */
async function purge(request) {
  if (await ask("Purge: " + request.key, "The next request fetches it from the upstream.", "Purge"))
    act(() => post("api/v1/purge", { keys: [request.key] }), answer => answer.purged + " purged");
}

/** What cannot work is not offered. @param {Data} request */
const detail = request => m(".detail", decision(request),
  m(".buttons", isStored(request) ? [m("button", { onclick: () => fetchAnew(request.key) }, "Fetch anew"), m("button.danger", { onclick: () => purge(request) }, "Purge"),
    m("a.button", { href: "#/cache?key=" + encodeURIComponent(request.key) }, "In the cache")] : null,
  request.key && request.result !== "tunnel" ? m("button", { onclick: () => explain(request) }, "Explain now") : null,
  m("button", { onclick: () => makeRule(request) }, "Make a rule"),
  request.result === "tunnel" || !request.url.includes("://") ? null : m("button", { onclick: () => offerCurl(request) }, "Copy as curl")));

/** Its application where it names one. @param {Data} request */
const clientOf = request => (request.userAgent || "").split(/[\s/(]/)[0] || request.client;

/** @param {Data} page @param {Data} request */
function row(page, request) {
  const open = page.open?.id === request.id;
  const toggle = () => page.show(open ? null : request);
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
    const settings = new URLSearchParams(location.hash.split("?")[1] || "");
    this.words = settings.get("filter") || "";
    this.matches = compile(this.words);
    this.wanted = settings.get("open");  // the row that was open before a reload
    this.whole = false;                  // all that the instance holds is here, or on its way
    this.loading = false;
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
    this.whole = requests.length < shown;
    if (this.words || this.wanted) await this.loadRest();
    if (this.wanted) this.open = this.requests.find(each => each.id === this.wanted) || null;
    this.wanted = null;
    m.redraw();
  }
  /** Older ones, as soon as somebody looks for something. */
  async loadRest() {
    if (this.whole || this.first.data == null) return;
    this.whole = this.loading = true;
    const answer = await act(() => get("api/v1/requests?limit=" + most), "");
    const oldest = BigInt(this.requests[this.requests.length - 1]?.id || 0);
    if (answer) this.requests = this.requests.concat(answer.requests.filter((/** @type {Data} */ each) => BigInt(each.id) < oldest)).slice(0, most);
    this.whole = !!answer;
    this.loading = false;
    m.redraw();
  }
  keep() { keep({ filter: this.words, open: this.open?.id }); }
  /** @param {Data | null} request */
  show(request) {
    this.open = request;
    this.keep();
  }
  /** @param {string} words */
  look(words) {
    this.words = words;
    this.matches = compile(words);
    this.open = null;
    this.keep();
    if (words.trim()) this.loadRest();
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
  /** What there is to say of words that find nothing, or are no words of the filter. */
  advice() {
    const odd = notUnderstood(this.words);
    return (odd.length > 0 ? "Not understood, so looked for as text: " + odd.join(", ") + ". " : "") + "All words must be found. These look at one thing, and - before a word turns it round: " + names.join(":, ") + ":>1s.";
  }
  stateBadge() {
    const held = this.paused || this.open, waiting = held ? this.arrived.length : 0;
    return m("span.live-state", held ? badge((this.paused ? "paused" : "held while a row is open") + (waiting > 0 ? ", " + waiting + " waiting" : ""), "warn") : badge(this.state, this.state === "live" ? "good" : "warn"));
  }
  /** @param {number} found */
  extent(found) {
    const { length } = this.requests;
    if (length === 0) return null;
    const of = (this.loading ? "of " + format.number(length) + " so far, loading more" : "of the last " + format.number(length)) + ", since " + format.moment(this.requests[length - 1].time);
    return m("span.muted", this.words.trim() ? format.number(found) + " " + of : "the newest " + Math.min(length, shown));
  }
  view() {
    this.begun = performance.now();
    const found = this.requests.filter(this.matches), drawn = found.slice(0, shown), odd = notUnderstood(this.words);
    // What was opened is drawn, whatever has come meanwhile: the log is held for it.
    if (this.open && !drawn.some(each => each.id === this.open.id)) drawn.unshift(this.open);
    return m(".page", m("h1", "Live log"),
      m(".toolbar", m("input[type=search].grow", { "aria-label": "Filter", title: this.advice(), placeholder: "upstream:tvdb result:miss slow:>1s -status:404 key:feed method:HEAD words", value: this.words,
        oninput: (/** @type {any} */ event) => this.look(event.target.value) }),
      m("button.pause", { "aria-pressed": String(this.paused), onclick: () => { this.paused = !this.paused; } }, this.paused ? "Resume" : "Pause"), this.stateBadge(),
      this.missed > 0 ? m("span.muted", this.missed + " passed unseen") : null),
      odd.length > 0 && found.length > 0 ? m("p.muted", "Not understood, so looked for as text: " + odd.join(", ")) : null,
      this.first.error && this.requests.length === 0 ? failure(this.first.error, () => this.load())
        : card("Requests", drawn.length > 0 ? m("ol.requests", drawn.map(each => row(this, each)))
          : this.requests.length > 0 ? empty(this.loading ? "Looking…" : "Nothing matches", this.advice())
          : empty("Nobody has asked yet", "Requests stand here as soon as they end.", m("a.button", { href: "#/setup" }, "Set up an application")), { aside: this.extent(found.length) }));
  }
}
