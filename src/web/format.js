// Figures as people read them. Pure.

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** @param {number | null | undefined} value */
export const number = value => (value == null ? "–" : grouped.format(value));

/** "1 request", "2 requests" @param {number} value @param {string} thing */
export const counted = (value, thing) => number(value) + " " + thing + (value === 1 ? "" : "s");

/** "Calls", "calls" @param {string} text */
export const capital = text => text.charAt(0).toUpperCase() + text.slice(1);

/** What an alert says; an upstream's name at its beginning stays as it is. @param {{message: string, subject?: string}} alert */
export const alertWords = ({ message, subject }) => localTimes(subject && message.startsWith(subject) ? message : capital(message));

/** At most four digits: 12.4K. @param {number | null | undefined} value */
export const compact = value => (value == null ? "–" : value < 10000 ? grouped.format(value) : short.format(value));

/** @param {number | null | undefined} value of 0 to 100 @param {number} [places] */
export const percent = (value, places = 1) => (value == null ? "–" : value.toFixed(value >= 100 ? 0 : places) + " %");

/** @param {number | null | undefined} count */
export function bytes(count) {
  if (count == null) return "–";
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let unit = 0;
  while (count >= 1024 && unit + 1 < units.length) { count /= 1024; ++unit; }
  return (unit === 0 || count >= 100 ? count.toFixed(0) : count.toFixed(1)) + " " + units[unit];
}

/** "5 h 47 m": the two largest units. @param {number | null | undefined} seconds */
export function duration(seconds) {
  if (seconds == null) return "–";
  if (seconds < 1) return seconds <= 0 ? "0 s" : Math.round(seconds * 1000) + " ms";
  const units = /** @type {[number, string][]} */ ([[86400, "d"], [3600, "h"], [60, "m"], [1, "s"]]);
  let left = Math.round(seconds);
  const parts = [];
  for (const [size, name] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(count + " " + name);
    else if (parts.length > 0) break;
    if (parts.length === 2) break;
  }
  return parts.join(" ");
}

/** Of a request. @param {number | null | undefined} microseconds */
export function latency(microseconds) {
  if (microseconds == null) return "–";
  const ms = microseconds / 1000;
  if (ms >= 1000) return (ms / 1000).toFixed(ms >= 10000 ? 1 : 2) + " s";
  return (ms >= 100 ? ms.toFixed(0) : ms >= 10 ? ms.toFixed(1) : ms.toFixed(2)) + " ms";
}

/** @param {string | number | Date} at */
export const clock = at => new Date(at).toLocaleTimeString("en-GB");

/** "Nov 29, 21:40", without the day where it is today, with the year where it is another.
 * @param {string | number} at @param {boolean} [seconds] whether they are told */
export function moment(at, seconds = false) {
  const date = new Date(at);
  const time = date.toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit", second: seconds ? "2-digit" : undefined });
  const now = new Date();
  if (date.toDateString() === now.toDateString()) return time;
  return date.toLocaleDateString("en", { year: date.getFullYear() === now.getFullYear() ? undefined : "numeric", month: "short", day: "numeric" }) + ", " + time;
}

/** What the instance says, with its times as people read them. @param {string} text */
export const localTimes = text => text.replace(/\d{4}-\d\d-\d\dT[\d:.]+Z|\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT/g, time => moment(time));

/** "3 m ago" @param {string | number} at @param {number} [now] */
export function ago(at, now = Date.now()) {
  const seconds = (now - new Date(at).getTime()) / 1000;
  return seconds < 2 ? "now" : duration(seconds).split(" ").slice(0, 2).join(" ") + " ago";
}

/** "in 3 m" @param {string | number} at */
export function fromNow(at) {
  const seconds = (new Date(at).getTime() - Date.now()) / 1000;
  return seconds < 1 ? "in a moment" : "in " + duration(seconds);
}

/** The rest of a life in seconds: -1 has no end, 0 and less is stale. @param {number} seconds */
export const lifetime = seconds => (seconds === -1 ? "no end" : seconds <= 0 ? "stale" : duration(seconds));

/** @param {{limit: number, remaining: number}} quota */
export const quotaLeft = quota => number(quota.remaining) + " of " + number(quota.limit) + " left";

/** When a quota is spent if calls go on as they did since it began.
 * @param {{limit: number, remaining: number, resetSeconds: number, per: string}} quota @returns {Date | null} */
export function emptyAt(quota) {
  const lengths = /** @type {Record<string, number>} */ ({ second: 1, minute: 60, hour: 3600, day: 86400, week: 604800, month: 2592000 });
  const length = lengths[quota.per];
  const used = quota.limit - quota.remaining;
  if (!length || used <= 0 || quota.remaining <= 0) return null;
  const passed = length - quota.resetSeconds;
  // A few calls in the first moments say nothing about a whole day.
  if (passed < length / 50) return null;
  const left = quota.remaining / (used / passed);
  return left < quota.resetSeconds ? new Date(Date.now() + left * 1000) : null;
}
