// Looks at each page in a browser, in two sizes and both colour schemes, and presses its buttons: started by pages_test.py.
import { API_KEY, CHROMIUM, CONTROL, PAGE, PROXY, SCREENSHOTS, api, check, chromium, each, failed, judge, logIn, open, until } from "./harness.mjs";
import { decisions, judgement, legend, purgeMatching } from "./decisions.mjs";
import { rulesPage } from "./rules_page.mjs";
import { systemPage, restart } from "./system_page.mjs";
import { kept } from "./kept.mjs";
import { toldPages } from "./told_pages.mjs";

// Both sizes and both schemes; LOOKS=all for each of one in each of the other, which takes twice as long.
const looks = [[1440, "light"], [390, "dark"], ...(process.env.LOOKS === "all" ? [[1440, "dark"], [390, "light"]] : [])];
const names = ["overview", "live", "cache", "upstreams", "rules", "jobs", "alerts", "clients", "members", "setup", "system"];

async function lookAtAll(browser) {
  for (const [width, colorScheme] of looks) {
    const page = await open(browser, { viewport: { width, height: width > 500 ? 1000 : 844 }, colorScheme });
    await logIn(page);
    for (const name of names) {
      await page.goto(PAGE + "#/" + name);
      await page.locator("h1").first().waitFor();
      await until(name + " has loaded", async () => (await page.locator("[aria-busy=true]").count()) === 0);
      await judge(page, name, name + " " + width + " " + colorScheme);
      await page.screenshot({ path: `${SCREENSHOTS}/${name}-${width}-${colorScheme}.png`, fullPage: name !== "rules" });
    }
    await page.context().close();
  }
}

async function theWayIn(browser) {
  const page = await open(browser, {});
  await page.goto(PAGE);
  await page.getByLabel("API key or password").fill("wrong");
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByText("neither the API key nor the password").waitFor();
  await judge(page, "login", "login");
  const { data } = await api("POST", "api/v1/login/link", {});
  await page.goto(new URL(data.path, PAGE).href);
  await page.reload();
  await page.getByRole("navigation").waitFor();
  check(!page.url().includes("enter"), "the link stays in the address bar");
  await page.getByRole("button", { name: "Log out" }).click();
  await page.getByLabel("API key or password").waitFor();
  await page.context().close();
}

const upstream = async () => (await api("GET", "api/v1/upstreams")).data.upstreams.find(each => each.name === "local");

async function upstreamButtons(page) {
  await page.goto(PAGE + "#/upstreams");
  const panel = page.getByLabel("local", { exact: true });
  await panel.getByRole("button", { name: "Pause" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Pause" }).click();
  await until("it is paused", async () => (await upstream()).paused);
  await panel.getByRole("button", { name: "Resume" }).click();
  await until("it is resumed", async () => !(await upstream()).paused);
  await panel.getByLabel("Mode").selectOption("prefer-cache");
  await until("its mode is another", async () => (await upstream()).mode === "prefer-cache");
  await panel.getByLabel("Mode").selectOption("live");
  await until("its mode is live", async () => (await upstream()).mode === "live");
}

async function cacheButtons(page) {
  await fetch(PROXY + "/tv/buttons");
  const key = (await api("GET", "api/v1/keys?pattern=*/tv/buttons")).data.keys[0].key;
  const path = "api/v1/keys/" + encodeURIComponent(key);
  const left = async () => (await api("GET", path + "/ttl")).data.ttl;
  await page.goto(PAGE + "#/cache?key=" + encodeURIComponent(key));
  await page.getByRole("button", { name: "Fetch anew" }).click();
  await until("it is fetched anew", async () => (await hits("/tv/buttons")) === 2);
  await page.getByText("What is stored").click();
  await page.getByText(/Stored header fields/).click();
  await page.getByText("max-age=900").waitFor();
  await page.getByRole("button", { name: "Show body" }).click();
  await page.locator("pre.code").waitFor();
  await page.getByRole("button", { name: "Extend by 24 h" }).click();
  await until("a day is added to what was left", async () => (await left()) > 86400);
  await page.getByRole("button", { name: "Mark stale" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Mark stale" }).click();
  await until("it is stale", async () => (await left()) <= 0);
  await page.getByRole("button", { name: "Purge", exact: true }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Purge" }).click();
  await until("it is purged", async () => (await api("GET", path + "?meta=1")).status === 404);
}

/** How often the origin was asked. */
const hits = async path => Number(await (await fetch(CONTROL + "/count?path=" + encodeURIComponent(path))).text());

async function liveLog(page) {
  await page.goto(PAGE + "#/live");
  await page.getByText("live", { exact: true }).waitFor();
  await fetch(PROXY + "/tv/seen-live");
  await page.getByText("/tv/seen-live").first().waitFor();
  await page.getByLabel("Filter").fill("tv/seen-live result:miss");
  await until("the filter holds", async () => (await page.locator(".request").count()) === 1);
  await page.locator(".request-line").click();
  await page.getByText("its answer was stored").first().waitFor();
  await judge(page, "live", "live, opened");
  await page.getByText("What the client sent").click();
  await page.getByText("Accept-Encoding", { exact: false }).first().waitFor();
  const seen = await hits("/tv/seen-live");
  await page.getByRole("button", { name: "Fetch anew" }).click();
  await page.getByText("Fetched anew", { exact: true }).waitFor();
  check((await hits("/tv/seen-live")) === seen + 1, "fetching anew asks the upstream");
  await page.locator(".request-line").click();
  await page.getByRole("button", { name: "Pause" }).click();
  await fetch(PROXY + "/tv/seen-live-later");
  await page.getByText(/paused, \d+ waiting/).waitFor();
  await page.getByLabel("Filter").fill("seen-live-later");
  check((await page.locator(".request").count()) === 0, "what comes while it is paused is shown");
  await page.getByRole("button", { name: "Resume" }).click();
  await page.locator(".request").waitFor();
}

/** How often the page comes to something else within three seconds: each time is one at which a press of a button would be seen. */
const turns = page => page.evaluate(() => new Promise(done => {
  let count = 0;
  const timer = setInterval(() => { ++count; }, 10);
  setTimeout(() => { clearInterval(timer); done(count); }, 3000);
}));

/** What a person does while a flood goes on; `asked` tells how much has come. */
async function useBusyLog(page, asked, idle) {
  await until("some hundreds have come", () => asked() > 200);
  const busy = await turns(page);
  check((await page.locator(".request").count()) <= 150, "more rows are drawn than can be read");
  const before = asked();
  await page.getByRole("button", { name: "Pause" }).click();
  await page.getByText(/paused, \d+ waiting/).waitFor();
  const top = await page.locator(".request").first().innerText();
  await until("the flood goes on while it is paused", () => asked() > before + 50);
  check((await page.locator(".request").first().innerText()) === top, "a paused log moves");
  await page.getByRole("button", { name: "Resume" }).click();
  await page.getByText("live", { exact: true }).waitFor();
  // At once: a row that is found now may be another one when the mouse is there.
  await page.locator(".request-line").first().evaluate(row => row.click());
  await page.locator(".detail").waitFor();
  await page.locator(".request-line[aria-expanded=true]").click();
  console.log("live log: " + busy + " turns in 3 s, " + idle + " when idle");
  // The browser shares the machine with the instance and with who floods it.
  check(busy > idle / 10, "the live log comes to a button only " + busy + " times in 3 s; " + idle + " when idle");
}

/** While some five hundred come each second, the page answers its buttons, and draws no more than can be read. */
async function busyLog(page) {
  await page.goto(PAGE + "#/live");
  await page.getByText("live", { exact: true }).waitFor();
  await page.getByLabel("Filter").fill("");
  const idle = await turns(page);
  let asked = 0, flooding = true;
  // A connection that is closed while it is idle is none that the page should see.
  const one = async () => {
    for (; flooding; ++asked) {
      await fetch(PROXY + "/tv/" + asked % 12).then(answer => answer.arrayBuffer(), () => null);
      await new Promise(done => setTimeout(done, 25));
    }
  };
  const begun = Date.now();
  const flood = Promise.all(Array.from({ length: 16 }, one));
  try {
    await useBusyLog(page, () => asked, idle);
  } finally {
    flooding = false;
    await flood;
    console.log("live log: " + Math.round((asked / (Date.now() - begun)) * 1000) + " requests a second");
  }
}

/** Where the budget leaves nothing, fetching anew says so, and when there will be room. */
async function shortBudget(page) {
  await fetch(PROXY.replace("local", "tight") + "/few/1");
  await until("it is stored", async () => (await api("GET", "api/v1/keys/tight%3A1?meta=1")).status === 200);
  const asked = await hits("/few/1");
  await page.goto(PAGE + "#/cache?key=tight%3A1");
  await page.getByRole("button", { name: "Fetch anew" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(/It has room again in \d+ [mh]/).waitFor();
  check((await hits("/few/1")) === asked, "the upstream is asked beyond its budget");
  await dialog.getByRole("button", { name: "Mark stale" }).click();
  await until("it is stale instead", async () => (await api("GET", "api/v1/keys/tight%3A1/ttl")).data.ttl <= 0);
}

/** One instance alone says so, and how it would share. */
async function instances(page) {
  await page.goto(PAGE + "#/members");
  await page.getByText("This instance is alone").waitFor();
  await page.getByText("redis_url").waitFor();
}

// PARTS names some of them, for who works on one.
const parts = { liveLog, upstreamButtons, cacheButtons, purgeMatching, shortBudget, decisions, judgement, legend, instances, rulesPage, kept, toldPages, busyLog, systemPage, restart };
const wanted = process.env.PARTS ? process.env.PARTS.split(",") : Object.keys(parts);
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
try {
  if (!process.env.PARTS) {
    await theWayIn(browser);
    await lookAtAll(browser);
  }
  const page = await open(browser, { viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(30000);
  await logIn(page);
  await each(page, Object.fromEntries(wanted.map(name => [name, parts[name]])));
} catch (error) {
  check(false, String(error.stack || error));
} finally {
  await browser.close();
}
console.log(failed() === 0 ? "all pages are fine" : failed() + " failures");
process.exit(failed() === 0 ? 0 : 1);
