// The admin API as the page uses it, and what is known of the session and the connection.
// Addresses are relative, so that all works under any base.

/** @type {any} */
const m = /** @type {any} */ (window).m;

/** `known`: somebody is logged in; `ended`: somebody was, until the instance said otherwise; `firing`: alerts, as the last answer has
 * told that knows of them. */
export const session = { out: false, lost: false, known: false, ended: false, firing: 0 };

/** @param {boolean} ended whether it was the instance that ended it */
export function leave(ended) {
  Object.assign(session, { out: true, ended: session.ended || (ended && session.known), known: false });
}

export class Refused extends Error {
  /** @param {number} status @param {string} message @param {any} [data] */
  constructor(status, message, data) {
    super(message);
    this.status = status;
    this.data = data;
  }
}

/** @param {any} data */
const firstProblem = data => data?.problems?.[0] && data.problems[0].message;

/** @param {Response} response */
async function read(response) {
  const text = await response.text();
  const type = response.headers.get("Content-Type") || "";
  let data = /** @type {any} */ (text);
  if (type.includes("json")) try { data = JSON.parse(text); } catch { data = null; }
  if (response.ok) return data;
  if (response.status === 401) leave(true);
  throw new Refused(response.status, (data && data.detail) || firstProblem(data) || "The answer was " + response.status, data);
}

/** Asks until somebody answers: what is shown may be nothing that asks again by itself. */
function awaitReturn() {
  setTimeout(() => { if (session.lost) ask("health/cache", {}).then(() => m.redraw(), awaitReturn); }, 2000);
}

/** @param {string} path @param {RequestInit} options */
async function ask(path, options) {
  try {
    const response = await fetch(path, { credentials: "same-origin", ...options });
    session.lost = false;
    return response;
  } catch {
    if (!session.lost) awaitReturn();
    session.lost = true;
    m.redraw();
    throw new Refused(0, "cachearr does not answer");
  }
}

/** @param {string} method @param {string} path without a slash in front @param {any} [body] */
export async function call(method, path, body) {
  const headers = { Accept: "application/json", ...(method === "GET" ? {} : { "Content-Type": "application/json" }) };
  return read(await ask(path, { method, headers, ...(method === "GET" ? {} : { body: JSON.stringify(body ?? {}) }) }));
}

/** A text as it is stored, and what it is called in this state.
 * @param {string} path @returns {Promise<{text: string, etag: string}>} */
export async function getText(path) {
  const response = await ask(path, {});
  if (!response.ok) await read(response);
  return { text: await response.text(), etag: response.headers.get("ETag") || "" };
}

/** Sends a text as it is, unless it was changed meanwhile: `etag` is what it was called when it was read; empty: it is new.
 * @param {string} method @param {string} path @param {string} etag @param {string} [text] */
export const sendText = async (method, path, etag, text) => read(await ask(path,
  { method, headers: { "Content-Type": "application/json", ...(etag ? { "If-Match": etag } : { "If-None-Match": "*" }) }, body: text ?? "{}" }));

/** A text to be judged as it is. @param {string} path @param {string} text */
export const postText = async (path, text) => read(await ask(path, { method: "POST", headers: { "Content-Type": "application/json" }, body: text }));

/** @type {Record<string, (answer: any) => number>} */
const countsFiring = { "api/v1/stats/summary": summary => summary.alerts, "api/v1/alerts": alerts => alerts.firing.length };

/** @param {string} path */
export async function get(path) {
  const answer = await call("GET", path);
  if (countsFiring[path]) session.firing = countsFiring[path](answer);
  return answer;
}
/** @param {string} path @param {any} [body] */
export const post = (path, body) => call("POST", path, body);

/** @param {Record<string, string | number | undefined | null>} parameters */
export function query(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value != null && value !== "");
  return given.length === 0 ? "" : "?" + given.map(([name, value]) => name + "=" + encodeURIComponent(String(value))).join("&");
}

/** Where the proxy is for whoever came here by this name: the file for browsers knows it. @returns {Promise<string[]>} host and port */
export async function proxyAddress() {
  const response = await fetch("proxy.pac").catch(() => null);
  const found = response && /PROXY (\S+):(\d+);/.exec(await response.text());
  return found ? found.slice(1) : [location.hostname, "9797"];
}

/** What may be otherwise soon without anybody doing anything. @param {Refused} error */
const passes = error => error.status === 0 || error.status >= 500;

/** Data that is asked for again and again while a page shows it. */
export class Resource {
  /** @param {string | (() => string)} path @param {number} [every] milliseconds; 0: until there is an answer */
  constructor(path, every = 0) {
    this.path = path;
    this.every = every;
    /** @type {any} */
    this.data = null;
    /** @type {Refused | null} */
    this.error = null;
    this.failures = 0;  // in a row
    this.timer = 0;
    this.running = false;
    this.turn = 0;
  }
  start() {
    if (this.running) return this;
    this.running = true;
    this.refresh();
    return this;
  }
  stop() {
    this.running = false;
    clearTimeout(this.timer);
  }
  async refresh() {
    clearTimeout(this.timer);
    const turn = ++this.turn;
    try {
      const data = await get(typeof this.path === "string" ? this.path : this.path());
      if (turn !== this.turn) return;
      this.data = data;
      this.error = null;
      this.failures = 0;
    } catch (error) {
      if (turn !== this.turn) return;
      this.error = error instanceof Refused ? error : new Refused(0, String(error));
      ++this.failures;
    }
    const pause = this.pause();
    if (this.running && pause > 0) this.timer = window.setTimeout(() => this.refresh(), pause);
    m.redraw();
  }
  /** Until it is asked for again; 0: no more. */
  pause() {
    const pause = this.error && passes(this.error) ? Math.min(this.failures, 3) * 1000 : this.every;
    // A page that nobody looks at asks seldom.
    return pause > 0 && document.hidden ? Math.max(pause, 30000) : pause;
  }
}
