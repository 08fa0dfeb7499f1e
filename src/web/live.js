// Requests as they end: filter in words, pause, and open a row to see how it was decided.
import { Resource, get, post, query } from "./api.js";
import * as format from "./format.js";
import { act, ask, badge, card, empty, failure, m, offer } from "./view.js";
import { compile } from "./filter.js";

/** @typedef {any} Data */

const most = 2000;   // that are kept
const shown = 150;   // that are drawn

/** Why, in a few words. @param {Data} request */
function why(request) {
  const parts = [];
  if (request.error) parts.push(request.error);
  if (request.detail) parts.push(request.detail);
  if (request.rule) parts.push("rule " + request.rule);
  if (request.forward) parts.push(request.forward);
  if (request.stored) parts.push("stored");
  if (request.collapsed) parts.push("shared another's fetch");
  return parts.join(" · ") || "no rule: RFC 9111 decides";
}

/** The same request as a command line. @param {Data} request */
function curl(request) {
  const quoted = (/** @type {string} */ text) => "'" + text.replace(/'/g, "'\\''") + "'";
  const method = request.method === "GET" ? "" : " -X " + request.method;
  return "curl -sD- -o /dev/null" + method + (request.userAgent ? " -A " + quoted(request.userAgent) : "") + " -x http://" + location.hostname + ":9797 " + quoted(request.url);
}

/** A rule that would match it, to go on from. @param {Data} request */
function draft(request) {
  let path = "/";
  try { path = decodeURI(new URL(request.url).pathname).replace(/\/\d+(?=\/|$)/g, "/{id:int}"); } catch { /* a URL that is none */ }
  const rule = { name: "my-rule", ...(request.upstream ? { upstream: request.upstream } : {}), match: { path }, ttl: "30m", policy: "override" };
  return JSON.stringify({ rules: [rule] }, null, 2);
}

/** How it was decided, step by step. @param {Data} request */
function steps(request) {
  const forwarded = !!request.forward;
  return [
    ["Client", request.client, (request.userAgent || "no agent named") + ", by " + request.way],
    ["Route", request.upstream || "no upstream of the rules", request.upstream ? "its host, mount or listener belongs to this upstream" : "a host that no rules file names"],
    ["Rule", request.rule || "none", request.rule ? "type " + (request.type || "none") : "what the origin allows is stored (RFC 9111)"],
    ["Key", request.key || "–", request.key ? "under this name it is stored and purged" : "not made: nothing is looked up"],
    ["Store", request.result, request.detail || (request.result === "hit" ? "a fresh answer was there" : forwarded ? "no answer that could be given: " + request.forward : "")],
    ["Upstream", forwarded ? "asked" : "not asked", forwarded ? request.forward + (request.collapsed ? ", together with others" : "") + (request.stored ? ", its answer was stored" : ", its answer was not stored") : "saved a call"],
    ["Answer", String(request.status), format.bytes(request.bytes) + " in " + format.latency(request.durationUs) + (request.firstByteUs ? ", first byte after " + format.latency(request.firstByteUs) : "")],
  ];
}

/** @param {Data} request @param {boolean} soft */
async function purge(request, soft) {
  const question = soft ? "The answer stays, as stale: the next request fetches anew." : "The next request fetches it from the upstream.";
  if (await ask((soft ? "Fetch anew: " : "Purge: ") + request.key, question, soft ? "Mark stale" : "Purge"))
    act(() => post("api/v1/purge", { keys: [request.key], soft }), answer => answer.purged + (soft ? " marked stale" : " purged"));
}

/** @param {Data} request */
async function explain(request) {
  const answer = await act(() => get("api/v1/explain" + query({ url: request.url, method: request.method })), "Explained");
  if (answer) ask("What would happen now", m("dl.facts.lines", Object.entries(answer).filter(([, value]) => value != null && typeof value !== "object")
    .map(([name, value]) => m("div", m("dt", name), m("dd", String(value))))));
}

/** @param {Data} request */
const detail = request => m(".detail", m("p.url", request.method + " " + request.url), request.error ? m("p.trouble", request.error) : null,
  m("ol.steps", steps(request).map(([name, value, reason]) => m("li", m("span.step", name), m("span.step-value", value), m("span.muted", reason)))),
  m(".buttons", request.key ? [m("button", { onclick: () => purge(request, true) }, "Fetch anew"), m("button", { onclick: () => purge(request, false) }, "Purge"),
    m("a.button", { href: "#/cache?key=" + encodeURIComponent(request.key) }, "In the cache")] : null,
  m("button", { onclick: () => explain(request) }, "Explain now"), m("button", { onclick: () => offer("A rule from this", draft(request)) }, "Make a rule"),
  m("button", { onclick: () => offer("As curl", curl(request)) }, "Copy as curl")));

/** @param {Data} page @param {Data} request */
function row(page, request) {
  const open = page.open === request.id;
  const toggle = () => { page.open = open ? null : request.id; };
  return m("li.request", { key: request.id, class: open ? "open" : "" },
    m("button.request-line", { "aria-expanded": String(open), onclick: toggle },
      m("span.time", format.clock(request.time)), badge(request.result),
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
    /** @type {string | null} */
    this.open = null;
    this.state = "connecting";
    this.missed = 0;
    this.waiting = 0;
    this.cost = 0;   // of drawing once, in milliseconds
    this.begun = 0;
    this.drawn = 0;  // when
    this.first = new Resource("api/v1/requests?limit=" + shown);
    this.first.refresh().then(() => { this.requests = (this.first.data?.requests || []).concat(); this.listen(); m.redraw(); });
    // However fast they come, the page is drawn at most four times a second.
    this.timer = setInterval(() => this.take(), 250);
  }
  listen() {
    if (this.gone) return;
    const last = this.requests[0]?.id;
    this.source = new EventSource("api/v1/events" + query({ last_event_id: last }));
    this.source.onopen = () => { this.state = "live"; m.redraw(); };
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
    const held = this.paused || this.open, waiting = held ? this.arrived.length : 0;
    const state = held ? badge((this.paused ? "paused" : "held while a row is open") + (waiting > 0 ? ", " + waiting + " waiting" : ""), "warn") : badge(this.state, this.state === "live" ? "good" : "warn");
    return m(".page", m("h1", "Live log"),
      m(".toolbar", m("input[type=search].grow", { "aria-label": "Filter", placeholder: "upstream:tvdb result:miss slow:>1s -status:404 words", value: this.words,
        oninput: (/** @type {any} */ event) => { this.words = event.target.value; this.matches = compile(this.words); } }),
      m("button", { "aria-pressed": String(this.paused), onclick: () => { this.paused = !this.paused; } }, this.paused ? "Go on" : "Pause"), state,
      this.missed > 0 ? m("span.muted", this.missed + " passed unseen") : null),
      this.first.error ? failure(this.first.error, () => this.first.refresh())
        : card("Requests", filtered.length > 0 ? m("ol.requests", filtered.map(each => row(this, each)))
          : this.requests.length > 0 ? empty("Nothing matches", "Words must all be found; upstream:, result:, client:, rule:, type:, status:, way: and slow:>1s look at one thing.")
          : empty("Nobody has asked yet", "Requests stand here as soon as they end.", m("a.button", { href: "#/setup" }, "Set up an application"))));
  }
}
