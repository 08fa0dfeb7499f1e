// The admin API as the page uses it, and what is known of the session and the connection.
// Addresses are relative, so that all works under any base.

/** @type {any} */
const m = /** @type {any} */ (window).m;

export const session = { out: false, lost: false };

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
  if (response.status === 401) session.out = true;
  throw new Refused(response.status, (data && data.detail) || firstProblem(data) || "The answer was " + response.status, data);
}

/** @param {string} path @param {RequestInit} options */
async function ask(path, options) {
  try {
    const response = await fetch(path, { credentials: "same-origin", ...options });
    session.lost = false;
    return response;
  } catch {
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

/** @param {string} path */
export const get = path => call("GET", path);
/** @param {string} path @param {any} [body] */
export const post = (path, body) => call("POST", path, body);

/** @param {Record<string, string | number | undefined | null>} parameters */
export function query(parameters) {
  const given = Object.entries(parameters).filter(([, value]) => value != null && value !== "");
  return given.length === 0 ? "" : "?" + given.map(([name, value]) => name + "=" + encodeURIComponent(String(value))).join("&");
}

/** Data that is asked for again and again while a page shows it. */
export class Resource {
  /** @param {string | (() => string)} path @param {number} [every] milliseconds; 0: once */
  constructor(path, every = 0) {
    this.path = path;
    this.every = every;
    /** @type {any} */
    this.data = null;
    /** @type {Refused | null} */
    this.error = null;
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
    } catch (error) {
      if (turn !== this.turn) return;
      this.error = error instanceof Refused ? error : new Refused(0, String(error));
    }
    // A page that nobody looks at asks seldom.
    const pause = document.hidden ? Math.max(this.every, 30000) : this.error ? Math.max(this.every, 3000) : this.every;
    if (this.running && this.every > 0) this.timer = window.setTimeout(() => this.refresh(), pause);
    m.redraw();
  }
}
