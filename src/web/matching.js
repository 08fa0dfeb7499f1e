// Many keys: how many the cache's filters show, and how they are purged. The API purges by one thing alone.
import { get, post, query } from "./api.js";
import * as format from "./format.js";

const page = 1000;        // keys of a list
const namesAtOnce = 100;  // a body has 1 MiB at most, a key 8,000 bytes
const mostCounted = 10;   // pages

/** Those of them that say something. @param {Record<string, string>} search @returns {Record<string, string>} */
export const filtersOf = search => Object.fromEntries(["pattern", "tag", "upstream", "type"].map(name => [name, search[name].trim()]).filter(([, value]) => value !== ""));

/** Page by page, until `take` says that it is enough. @param {Record<string, string>} filters @param {(names: string[]) => Promise<boolean>} take */
async function eachPage(filters, take) {
  for (let cursor = ""; ;) {
    const found = await get("api/v1/keys" + query({ ...filters, limit: page, cursor }));
    const goOn = await take(found.keys.map((/** @type {{key: string}} */ each) => each.key));
    if (!goOn || !found.cursor) return goOn;
    cursor = found.cursor;
  }
}

/** @param {Record<string, string>} filters @returns {Promise<{count: number, words: string}>} */
export async function countMatching(filters) {
  let count = 0, pages = 0;
  const isAll = await eachPage(filters, async names => { count += names.length; return ++pages < mostCounted; });
  return { count, words: (isAll ? "" : "at least ") + format.number(count) };
}

/** Does it, and tells how many were done; where it ends halfway, the error tells it.
 * @param {(done: (more: number) => void) => Promise<any>} action */
async function counted(action) {
  let count = 0;
  try {
    await action(more => { count += more; });
  } catch (error) {
    throw new Error(format.number(count) + " done, then: " + (error instanceof Error ? error.message : error));
  }
  return count;
}

/** @param {string[]} keys @param {boolean} soft @param {(more: number) => void} done */
async function purgeByName(keys, soft, done) {
  for (let at = 0; at < keys.length; at += namesAtOnce) done((await post("api/v1/purge", { keys: keys.slice(at, at + namesAtOnce), soft })).purged);
}

/** @param {string[]} keys @param {boolean} soft */
export const purgeKeys = (keys, soft) => counted(done => purgeByName(keys, soft, done));

/** @param {Record<string, string>} filters @returns {Promise<number>} how many were purged */
export async function purgeMatching(filters) {
  const names = Object.keys(filters);
  if (names.length === 1 && names[0] !== "type") return (await post("api/v1/purge", filters)).purged;
  return counted(done => eachPage(filters, async keys => {
    await purgeByName(keys, false, done);
    return true;
  }));
}
