// What pages make of data that an instance seldom has: told by this test in its place.
import { PAGE, PROXY, check, each, judge, until } from "./harness.mjs";

const now = () => new Date().toISOString();

/** Answers in the place of the instance while `look` runs: by path, what is told, or who tells it. */
async function told(page, answers, look) {
  for (const [path, data] of Object.entries(answers))
    await page.route(PAGE + path, route => route.fulfill({ json: typeof data === "function" ? data(new URL(route.request().url()).searchParams) : data }));
  try { await look(); } finally { await page.unrouteAll({ behavior: "wait" }); }
}

const channel = { name: "phone", type: "webhook", host: "phone.example", events: ["alert.*", "job.failed"], lastResult: { at: now(), ok: false, error: "a long reason why it could not be delivered" } };
const alert = { id: "quota-spent", subject: "tight", severity: "warning", message: "the quota is used up; more from 2020-12-01T12:01:10Z", advice: "", since: now(), resolved: null };
const thresholds = { hitRateBelow: 50, hitRateAfter: 300, keyHitRateBelow: 30, memoryAbove: 75, maxKeys: 10000 };

/** A channel is tested twice; times are local; an alert leads to its upstream. */
let tests = 0;
const alerts = page => told(page, {
  "api/v1/notifications": { notifications: [channel] }, "api/v1/notifications/phone/test": () => { tests += 1; return { name: "phone", ok: true }; }, "api/v1/alerts": { firing: [alert], recent: [alert], thresholds },
}, async () => {
  for (const [name, count] of [["overview", 1], ["alerts", 2]]) {
    await page.goto(PAGE + "#/" + name);
    await until(count + " of " + name + " with a local time", async () => (await page.getByText(/more from Dec 1, 2020, \d\d:01/).count()) === count);
  }
  await page.getByRole("button", { name: "Test" }).click();
  await page.getByText("Sent to phone").first().waitFor();
  await page.getByRole("button", { name: "Test" }).click();
  await until("a channel is tested twice", () => tests === 2);
  await page.locator("nav .count").getByText(/^1\b/).waitFor();
  const before = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  await judge(page, "alerts", "alerts with a channel, narrow");
  await page.setViewportSize(before);
  await page.getByRole("link", { name: "tight" }).first().click();
  await page.locator(".upstream.wanted").waitFor();
});

const client = (userAgent, ways, hits) => ({ address: "192.0.2.7", userAgent, requests: 4, hits, hitRate: 25 * hits, lastSeen: now(), ways, trustsAuthority: null, untouchedHosts: [] });
const request = more => ({ method: "GET", url: "http://api.themoviedb.org/3", result: "miss", status: 200, error: null, ...more });

/** A tick is for what works; what does not is told why. */
const setup = page => told(page, {
  "api/v1/clients": { clients: [client("Sonarr/4", ["proxy"], 0), client("Radarr/5", ["proxy"], 2), client("Jellyfin/10", ["tunnel"], 0)] },
  "api/v1/requests?*": asked => ({ requests: [asked.get("client") === "Sonarr" ? request({ result: "error", status: 502, error: "nobody is there" }) : request({ method: "CONNECT", url: "api.themoviedb.org:443" })] }),
}, async () => {
  await page.goto(PAGE + "#/setup");
  const application = name => page.locator(".application").filter({ has: page.getByText(name, { exact: true }) });
  for (const [name, tone] of [["Sonarr", "warn"], ["Radarr", "good"], ["Jellyfin", "warn"]]) {
    await application(name).locator("summary .badge." + tone).waitFor();
    await application(name).locator("summary").click();
  }
  await application("Sonarr").getByText("nobody is there").waitFor();
  await application("Jellyfin").getByText("passed through by https").waitFor();
  await page.getByText(/services have such an address/).click();
  await page.locator(".mounts").getByText("/local", { exact: false }).first().waitFor();
  await judge(page, "setup", "setup, with what does not work");
});

/** A browser is known by its whole agent, or by the beginning of one that was cut. */
async function browserTrust(page) {
  const agent = await page.evaluate(() => navigator.userAgent), beginning = agent.slice(0, 40);
  let seen = agent;
  await told(page, {
    "api/v1/clients": () => ({ clients: [{ ...client(seen, ["intercepted"], 0), trustsAuthority: true }] }), "ca.pem": {},
    "api/v1/rules": { rules: [], upstreams: [{ name: "tmdb", intercept: true, hosts: ["api.themoviedb.org"], origin: null, mount: null }] },
  }, async () => {
    await page.goto(PAGE + "#/setup");
    await page.reload();
    const card = page.locator(".card").filter({ has: page.getByRole("heading", { name: "This browser" }) });
    for (const known of [agent, beginning + "…"]) {
      seen = known;
      await card.getByText("this browser trusts it").waitFor();
      seen = beginning;
      await card.getByText("It does not come through the proxy yet.").waitFor();
    }
  });
}

/** A list that was asked for before a request came, and answered after it, does not hide the request. */
async function lateList(page) {
  let asked = 0, isRead = false, answer;
  const held = new Promise(go => { answer = go; });
  page.expectsLoss = true;
  await page.goto("about:blank");
  await page.route(PAGE + "api/v1/requests?*", async route => {
    if (++asked === 1) return route.fulfill({ status: 500, json: {} });
    const response = await route.fetch();
    isRead = true;
    await held;
    return route.fulfill({ response });
  });
  await page.goto(PAGE + "#/live");
  await until("the list is asked for again", () => isRead);
  await fetch(PROXY + "/tv/come-meanwhile");
  const rows = page.locator(".request"), meanwhile = rows.filter({ hasText: "/tv/come-meanwhile" });
  await meanwhile.waitFor();
  const before = await rows.count();
  answer();
  await until("what was there before is listed", async () => (await rows.count()) > before);
  check((await meanwhile.count()) === 1, "a list that was asked for before hides what has come meanwhile");
  await page.unrouteAll({ behavior: "wait" });
  page.expectsLoss = false;
}

/** Of a member that has just come nothing is known yet. What is late is told by the instances' clock: the browser's is an hour ahead. */
async function members(page) {
  const anHourAgo = seconds => new Date(Date.now() - 3600000 + seconds * 1000).toISOString();
  const shared = { enabled: true, state: "ready", problem: null, server: "redis://redis.example", software: "redis", version: "7.0", breaker: "closed", roundTripMicroseconds: 300, clockOffsetMs: 0, lagMs: 0,
    memory: { bytes: 1, maxBytes: 0, policy: "noeviction" }, records: { hits: 0, misses: 0, written: 0, timeouts: 0, rejected: {}, dropped: {} }, invalidations: { sent: 0, received: 0, waiting: 0, gaps: 0 }, limits: [],
    members: [{ name: "nas", address: "192.0.2.1:9797", version: "1.0", rules: "aa", seen: anHourAgo(10), self: true }, { name: "new", address: "", version: "", rules: "", seen: anHourAgo(8), self: false },
      { name: "old", address: "", version: "1.0", rules: "bb", seen: anHourAgo(0), self: false }, { name: "lost", address: "", version: "1.0", rules: "aa", seen: anHourAgo(-60), self: false }] };
  await told(page, { "api/v1/shared": shared }, async () => {
    await page.goto(PAGE + "#/members");
    await page.getByText("Other rules than here: old", { exact: true }).waitFor();
    await page.getByText("No sign of life from lost", { exact: true }).waitFor();
    for (const [name, ago] of [["nas", "now"], ["old", "10 s ago"], ["lost", "1 m ago"]])
      check((await page.getByRole("row", { name: new RegExp("^" + name) }).getByText(ago, { exact: true }).count()) === 1, name + " was not seen last " + ago);
    check((await page.getByText("another", { exact: true }).count()) === 0, "a member without a record has another version");
  });
  await told(page, { "api/v1/shared": { ...shared, state: "away", lagMs: 2634084, members: [] } }, async () => {
    await page.getByText("The others are not known").waitFor();
    await page.getByText("not connected", { exact: true }).waitFor();
    check((await page.getByText("43 m", { exact: false }).count()) === 0, "figures are made up while the Redis is away");
  });
}

/** What is asked for once is there as soon as it can be had. */
async function comesBack(page) {
  page.expectsLoss = true;
  await page.route(PAGE + "api/v1/keys?*", route => route.abort());
  await page.goto(PAGE + "#/cache");
  await page.getByText("Reconnecting…").first().waitFor();
  await page.unrouteAll({ behavior: "wait" });
  await page.getByRole("cell").first().waitFor();
  await until("the loss is told no more", async () => (await page.getByText("The connection is lost").count()) === 0);
  page.expectsLoss = false;
}

/** Who closes a dialog is where he was. */
async function focus(page) {
  await page.goto(PAGE + "#/upstreams");
  const pause = page.getByLabel("local", { exact: true }).getByRole("button", { name: "Pause" });
  await pause.click();
  await page.getByRole("dialog").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  check(await pause.evaluate(button => document.activeElement === button), "the focus is lost with the dialog");
}

export const toldPages = page => each(page, { alerts, setup, browserTrust, members, lateList, comesBack, focus });
