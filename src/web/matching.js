// All keys that the cache's filters show: how many there are, and how they are purged. The API purges by one thing alone.
import { get, post, query } from "./api.js";
import * as format from "./format.js";

const page = 1000;
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

/** @param {Record<string, string>} filters @returns {Promise<number>} how many were purged */
export async function purgeMatching(filters) {
  const names = Object.keys(filters);
  if (names.length === 1 && names[0] !== "type") return (await post("api/v1/purge", filters)).purged;
  let count = 0;
  await eachPage(filters, async keys => {
    if (keys.length > 0) count += (await post("api/v1/purge", { keys })).purged;
    return true;
  });
  return count;
}
