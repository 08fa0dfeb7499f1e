// A rule made of a recorded request, to go on from in the editor; or why there is none to make.
import { get } from "./api.js";
import { edit, editRule } from "./editor.js";
import { act, ask } from "./view.js";

/** @typedef {any} Data */

/** @param {string} text */
const asName = text => text.replace(/[^\w.-]+/g, "-");

/** As rules files write it: "7d". @param {number} seconds */
function duration(seconds) {
  const [length, unit] = /** @type {[number, string][]} */ ([[86400, "d"], [3600, "h"], [60, "m"], [1, "s"]]).find(([size]) => seconds % size === 0) || [1, "s"];
  return Math.round(seconds / length) + unit;
}

/** What a template of a key has bound, by name; null where this key is not of it. @param {string | null} template @param {string} key @returns {Record<string, string> | null} */
function bound(template, key) {
  if (!template || /\{(\*\*|method|host|path|query)\}/.test(template)) return null;
  /** @type {string[]} */
  const names = [];
  const pattern = template.split(/\{(\w+)\}/).map((part, at) => {
    if (at % 2 === 0) return part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");
    names.push(part);
    return "([^?]+?)";
  }).join("");
  const found = new RegExp("^" + pattern + "(\\?.*)?$").exec(key);
  return found && Object.fromEntries(names.map((name, at) => [name, found[at + 1]]));
}

/** The path with its numbers open, and what the key binds under the key's names. A digit in the middle is the version of an API.
 * @param {string} path @param {Record<string, string>} captures @returns {{path: string, placed: Set<string>}} */
function openPath(path, captures) {
  const placed = new Set();
  let numbers = 0;
  const segments = path.split("/").map((segment, at, all) => {
    const name = Object.keys(captures).find(each => !placed.has(each) && captures[each] === segment);
    if (name) placed.add(name);
    const isNumber = /^\d+$/.test(segment);
    if (!name && !(isNumber && (segment.length > 1 || at + 1 === all.length))) return segment;
    return "{" + (name || "id" + (numbers++ || "")) + (isNumber ? ":int}" : "}");
  });
  return { path: segments.join("/"), placed };
}

const asked = ["q", "query", "title", "term", "search"];   // what people look for
const narrowing = ["q", "season", "ep", "tvdbid", "imdbid", "tmdbid"];   // what makes a search of a feed

/** Which requests are meant: of a query the words that say what is asked for ("t": "search"), so that nothing else answers to the rule.
 * @param {URLSearchParams} query @param {Record<string, string>} captures @param {Set<string>} placed @param {string | null} type */
function queryOf(query, captures, placed, type) {
  /** @type {Record<string, string | null>} */
  const match = {};
  for (const [name, value] of query) {
    const capture = Object.keys(captures).find(each => !placed.has(each) && captures[each] === value);
    if (capture) placed.add(capture);
    if (capture) match[name] = "{" + capture + "}";
    else if (/^[a-z_-]{1,24}$/i.test(value) && !asked.includes(name)) match[name] = value;
  }
  if (type === "indexer_feed") for (const name of narrowing) if (!query.has(name)) match[name] = null;
  return match;
}

/** What a rule fixes goes out of the key by itself: it is written into it, as other rules have answers under the same name.
 * @param {string} key @param {Record<string, string | null>} query */
function keyWith(key, query) {
  const fixed = Object.entries(query).filter(([, value]) => value != null && !value.startsWith("{")).map(([name, value]) => name + "=" + value).sort();
  return fixed.length === 0 ? key : key + "?" + fixed.join("&");
}

/** @param {Data} stale as the API tells it */
function staleOf(stale) {
  const names = { while_revalidate: stale.whileRevalidate, if_error: stale.ifError, if_limited: stale.ifLimited };
  return Object.fromEntries(Object.entries(names).filter(([, seconds]) => seconds).map(([name, seconds]) => [name, duration(seconds)]));
}

/** @param {Data} request @param {Data} rule the one that matched; null: none @returns {string} */
function draftOf(request, rule) {
  let url = new URL("http://unknown/");
  // In a rule braces and stars are signs: where they were sent bare, only a wildcard stands for them.
  try { url = new URL(request.url.replace(/[{}*]+/g, "*")); } catch { /* a URL that is none */ }
  const captures = (rule && bound(rule.key, request.key || "")) || {};
  // Encoded as it was sent: decoded it may hold such signs, and not every "%" can be decoded.
  const { path, placed } = openPath(url.pathname, captures);
  const query = queryOf(url.searchParams, captures, placed, rule && rule.type);
  const isWhole = (/** @type {string} */ template) => [...template.matchAll(/\{(\w+)\}/g)].every(([, name]) => placed.has(name));
  const upstream = request.upstream || asName(url.hostname);
  const last = path.split("/").filter(part => part && !part.startsWith("{")).pop() || "all";
  const made = { name: rule ? asName(rule.name + "-" + upstream + "-mine").slice(0, 64) : asName(upstream + "-" + last), upstream,
    match: { path, ...(Object.keys(query).length > 0 ? { query } : {}) } };
  if (rule) {
    if (rule.type) Object.assign(made, { type: rule.type });
    if (rule.key && bound(rule.key, request.key || "") && isWhole(rule.key)) Object.assign(made, { key: keyWith(rule.key, query) });
    const tags = rule.tags.filter(isWhole), stale = staleOf(rule.stale);
    Object.assign(made, tags.length > 0 ? { tags } : {}, Object.keys(stale).length > 0 ? { stale } : {});
  }
  const policy = rule ? rule.policy : "override";
  const file = { ...(request.upstream ? {} : { upstreams: { [upstream]: { hosts: [url.hostname] } } }), rules: [{ ...made, ttl: rule?.ttl ? duration(rule.ttl * 2) : "30m", policy }] };
  return (rule ? "// Like " + rule.name + " for requests as this one; it lived for " + (rule.ttl ? duration(rule.ttl) : "as long as the origin says") + ".\n"
    + "// Not taken over: what that rule says of single answers (refuse_if, ttl_from) and of parameters (ignore_query, sort_values).\n" : "") + JSON.stringify(file, null, 2) + "\n";
}

/** Why no rule is made of it; empty: one can be. @param {Data} request @param {Data} rule */
function obstacle(request, rule) {
  if (request.result === "tunnel") return "What goes through a tunnel is not seen, so no rule can act on it. Where the application trusts the authority and the upstream says \"intercept\": true, its requests stand here one by one: Setup says how.";
  if (!request.key) return "It was refused before any rule was looked for: " + (request.error || "it leads nowhere") + ".";
  if (request.method !== "GET" && request.method !== "HEAD") return "Only what GET and HEAD ask is stored; this was " + request.method + ".";
  if (rule?.policy === "never") return "The rule " + rule.name + " says that these answers are never stored: they are downloads, or good for one request alone. A rule that stores them would take the place of a download with an old one.";
  return "";
}

/** Opens the editor with a draft, or says what stands against it. @param {Data} request */
export async function makeRule(request) {
  const known = await act(() => get("api/v1/rules"), "");
  if (!known) return;
  const rule = request.rule ? known.rules.find((/** @type {Data} */ each) => each.name === request.rule && each.upstream === request.upstream) : null;
  const why = obstacle(request, rule);
  if (why) {
    await ask("No rule is made of this", why);
  } else if (rule && !rule.file.startsWith("shipped:")) {
    // A second one with the same match would never be reached, or would hide it.
    const file = rule.file.split("/").pop();
    if (await ask("This is decided by a rule of your own", rule.name + " stands in line " + rule.line + " of " + file + ". Change its lifetime there.", "Open the rules")) editRule(rule);
  } else {
    edit(draftOf(request, rule));
  }
}
