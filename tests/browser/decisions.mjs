// How the live log tells a decision, what may be made of it, and how the overview judges: looked at by pages.mjs.
import { execFileSync } from "node:child_process";
import { PAGE, PROXY, api, check, each, until } from "./harness.mjs";

const proxy = path => fetch(PROXY.replace("local", path));

/** The page gets an answer that is made of the true one, until `truth` is wanted again. */
const told = (page, path, change) => page.route("**/" + path, async route => route.fulfill({ json: change(await (await route.fetch()).json()) }));

const truth = page => page.unrouteAll({ behavior: "wait" });

/** Opens the first row that the filter leaves. */
async function openRow(page, words) {
  await page.goto(PAGE + "#/live?filter=" + encodeURIComponent(words));
  await page.reload();
  await page.locator(".request-line").first().click();
  await page.locator(".detail").waitFor();
}

const button = (page, name) => page.locator(".detail").getByRole("button", { name });

/** Refused before anything was sent: nothing says that the upstream was asked, and nothing is offered that cannot work. */
async function refused(page) {
  await proxy("tight/few/a");
  await proxy("tight/few/b");
  await openRow(page, "few/b status:429 error");
  await page.getByText("the request was refused before anything was sent").waitFor();
  check(/ before (\w+ \d+, )?\d\d:\d\d/.test(await page.locator(".trouble").innerText()), "when there is room again is not told in local time");
  check((await button(page, "Purge").count()) === 0, "a purge is offered where nothing is stored");
  await told(page, "api/v1/explain?*", all => ({ ...all, limit: { ...all.limit, wait: 7200, why: "quota" } }));
  await button(page, "Explain now").click();
  await page.getByRole("dialog").getByText(/would hold it back for 2 h, until .*: its quota is spent/).waitFor();
  await truth(page);
  await page.getByRole("button", { name: "Close" }).click();
  await button(page, "Make a rule").click();
  await page.getByText("This is decided by a rule of your own").waitFor();
  await page.getByRole("button", { name: "Cancel" }).click();
}

/** An error of the upstream's own is told as such. */
async function itself(page) {
  await openRow(page, "/broken miss");
  await page.getByText("it answered 500 itself").waitFor();
  await page.getByText("until the first byte of the answer").waitFor();
}

/** The words that a shell makes of what "Copy as curl" offers for a request. */
async function curlOf(page, request) {
  await told(page, "api/v1/requests?*", all => ({ ...all, requests: [{ ...all.requests[0], result: "miss", ...request }] }));
  try {
    await openRow(page, "");
    await button(page, "Copy as curl").click();
    const line = await page.getByLabel("As curl").last().inputValue();
    await page.getByRole("button", { name: "Close" }).click();
    return execFileSync("sh", ["-c", "curl() { printf '%s\\n' \"$@\"; }\n" + line], { encoding: "utf8" }).split("\n");
  } finally {
    await truth(page);
  }
}

/** Whatever was asked, a shell runs nothing of it; the line names the proxy's port. */
async function asCurl(page) {
  const hostile = "'; echo `id` $(id) & \\", url = "http://local.test/" + hostile;
  const words = await curlOf(page, { method: "`id`|$IFS'&", url, userAgent: hostile });
  for (const [option, value] of [["-X", "`id`|$IFS'&"], ["-A", hostile], ["--url", url], ["-x", "http://" + new URL(PROXY).host]])
    check(words[words.indexOf(option) + 1] === value, "a shell makes something else of " + option + " " + value + ": " + words.join(" "));
  const head = await curlOf(page, { method: "HEAD" });
  check(head.includes("--head") && !head.includes("-X"), "curl waits for the body of an answer to HEAD: " + head.join(" "));
}

/** A path that holds what is a sign in rules, or what cannot be decoded, makes a rule that takes the request. */
async function oddPath(page) {
  for (const path of ["/tv/odd/%7Bid%7D/%zz/%E9/Pok%C3%A9mon/77", "/tv/odd/{id}/a**b/77"]) {
    const url = "http://local.test" + path;
    await told(page, "api/v1/requests?*", all => ({ ...all, requests: [{ ...all.requests[0], method: "GET", url, result: "miss", key: "GET " + url, rule: null, upstream: "local" }] }));
    await openRow(page, "");
    await button(page, "Make a rule").click();
    await page.getByText("✓ Valid").waitFor();
    const draft = JSON.parse(await page.getByLabel("Rules as JSON").inputValue());
    check(!/{(?!id\d*:int})/.test(draft.rules[0].match.path), "the draft opens more than numbers: " + draft.rules[0].match.path);
    const { data } = await api("POST", "api/v1/rules/test", { method: "GET", url, headers: {}, rules: JSON.stringify(draft), file: "odd.json" });
    check(data.rule === draft.rules[0].name, "the draft " + draft.rules[0].match.path + " does not take " + path + ", but " + data.rule);
    await page.getByRole("button", { name: "Close" }).click();
    await truth(page);
  }
}

/** Of a search a rule for searches is made, of a download none. */
async function drafts(page) {
  await proxy("geek/api?t=get&id=1&apikey=k");
  await proxy("geek/api?t=tvsearch&season=1&apikey=k");
  await openRow(page, "upstream:geek bypass");
  await button(page, "Make a rule").click();
  await page.getByRole("dialog").getByText("never stored").waitFor();
  await page.getByRole("button", { name: "Close" }).click();
  await openRow(page, "upstream:geek tvsearch");
  await button(page, "Make a rule").click();
  await page.getByText("✓ Valid").waitFor();
  const draft = await page.getByLabel("Rules as JSON").inputValue();
  check(draft.includes('"t": "tvsearch"') && draft.includes('"type": "indexer_search"') && draft.includes('"key": "indexer:search:geek'), "the draft is of other requests: " + draft);
  await page.getByRole("button", { name: "Close" }).click();
  await until("the draft is gone", async () => (await page.getByLabel("Rules as JSON").count()) === 0);
}

/** A row names the application, without its version. */
async function client(page) {
  await fetch(PROXY + "/tv/named", { headers: { "User-Agent": "Sonarr/4.0.9 (debian 12)" } });
  await openRow(page, "/tv/named");
  check((await page.locator(".request-line .client").innerText()) === "Sonarr", "the application is not named");
}

export async function decisions(page) {
  await page.setViewportSize({ width: 1440, height: 900 });
  await each(page, { refused, itself, asCurl, oddPath, drafts, client });
}

const calm = page => told(page, "api/v1/alerts", all => ({ ...all, firing: [] }));

/** The worst alerts first, and no "All is well" beside an upstream in red, nor while the instance is down or does not say how it is. */
export async function judgement(page) {
  const alert = (severity, message) => ({ id: "store", subject: "", severity, message, advice: "", since: "2026-01-01T00:00:00Z", resolved: null });
  const verdict = (words, reason) => page.locator(".verdict").filter({ has: page.getByRole("heading", { name: words }) }).filter({ hasText: reason }).waitFor();
  await told(page, "api/v1/alerts", all => ({ ...all, firing: [alert("notice", "first"), alert("notice", "second"), alert("notice", "third"), alert("warning", "fourth")] }));
  await page.goto(PAGE + "#/overview");
  await verdict("Something needs a look", "");
  check((await page.locator(".alert").first().textContent()).includes("Fourth"), "the worst alert is not the first");
  await page.getByText("and 1 more").waitFor();
  await truth(page);
  await calm(page);
  await verdict("All is well", "");
  await told(page, "api/v1/upstreams", all => ({ ...all, upstreams: all.upstreams.map(each => (each.name === "local" ? { ...each, breaker: { ...each.breaker, state: "open" } } : each)) }));
  await verdict("Something needs a look", "local: breaker open");
  await page.goto(PAGE + "#/system");
  await page.getByText("Something needs a look").waitFor();
  check((await page.getByText("All is well").count()) === 0, "the system page judges otherwise than the overview");
  await page.goto(PAGE + "#/overview");
  await truth(page);
  await unhealthy(page, verdict);
}

/** A call that failed is told, the one for the health before anything milder; and so is that all is well again. @param verdict waits for words and a reason */
async function unhealthy(page, verdict) {
  page.expectsLoss = true;
  const down = { data: { status: "down", message: "1 of 2 workers have answered nobody for 9 s" } };
  for (const [path, status, json, words, reason] of [["health/cache", 503, down, "Something is broken", "1 of 2 workers"], ["health/cache", 500, {}, "Something is broken", "The answer was 500"],
    ["api/v1/upstreams", 500, {}, "Something needs a look", "The answer was 500"]]) {
    await page.route("**/" + path, route => route.fulfill({ status, json }));
    await page.reload();
    await verdict(words, reason);
    await truth(page);
    await calm(page);
    await verdict("All is well", "");
  }
  page.expectsLoss = false;
}

/** Pointing at a chart moves nothing, in none of them: each tells what was at that time. */
export async function legend(page) {
  await page.goto(PAGE + "#/overview");
  await until("both charts are drawn", async () => (await page.locator(".chart canvas").count()) === 4);
  const heights = () => page.locator(".chart").evaluateAll(charts => charts.map(chart => chart.offsetHeight).join());
  const told = async () => (await page.locator(".legend-time").allInnerTexts()).filter(time => time !== "").length;
  const before = await heights();
  for (const plot of [page.locator(".plot").first(), page.locator(".plot").last()]) {
    const box = await plot.boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    await page.mouse.move(box.x + box.width - 20, box.y + box.height / 2);
    await until("both tell the time", async () => (await told()) === 2);
    check((await heights()) === before, "pointing at a chart moves the page: heights of " + before + " are " + (await heights()));
    await page.mouse.move(0, 0);
    await until("neither tells the time", async () => (await told()) === 0);
  }
}

/** What is purged is what the list shows: of two keys that match the pattern the one of the type. */
export async function purgeMatching(page) {
  for (const path of ["tv/together/1", "together/1"]) await fetch(PROXY + "/" + path);
  const keys = async () => (await api("GET", "api/v1/keys?pattern=*together*")).data.keys.map(each => each.key);
  await until("both are stored", async () => (await keys()).length === 2);
  await page.goto(PAGE + "#/cache");
  await page.getByLabel("Key or pattern").fill("together");
  await page.getByLabel("Type", { exact: true }).fill("series");
  await page.getByRole("button", { name: "Purge all that match" }).click();
  await page.getByRole("dialog").getByText("1 key matches now").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Purge 1" }).click();
  await until("one is purged", async () => (await keys()).length === 1);
  check(!(await keys())[0].includes("/tv/"), "what the list does not show is purged");
  await manyByName(page);
}

/** Names go by the hundred, as a call takes 1 MiB; where one is refused, it is told how many are gone. */
async function manyByName(page) {
  const all = Array.from({ length: 250 }, (_, at) => ({ key: "many:" + at, type: "series" })), sent = [];
  await told(page, "api/v1/keys?*", list => ({ ...list, keys: all.map(each => ({ ...each, hits: 0 })), cursor: null }));
  await page.route("**/api/v1/purge", route => {
    sent.push(route.request().postDataJSON().keys.length);
    return sent.length === 3 ? route.fulfill({ status: 412, json: { detail: "no more" } }) : route.fulfill({ json: { purged: 90 } });
  });
  await page.getByRole("button", { name: "Purge all that match" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Purge 250" }).click();
  await page.getByText("180 done, then: no more").waitFor();
  check(sent.join() === "100,100,50", "the names are not sent by the hundred: " + sent);
}
