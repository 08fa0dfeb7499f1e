// Looks at each page in a browser, in two sizes and both colour schemes, and presses its buttons: started by pages_test.py.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { CHROMIUM, MODULES, SCREENSHOTS, API_KEY, PAGE, PROXY } = process.env;
const { chromium } = createRequire(MODULES + "/")(MODULES + "/playwright-core");
const axe = readFileSync(MODULES + "/axe-core/axe.min.js", "utf8");
// Both sizes and both schemes; LOOKS=all for each of one in each of the other, which takes twice as long.
const looks = [[1440, "light"], [390, "dark"], ...(process.env.LOOKS === "all" ? [[1440, "dark"], [390, "light"]] : [])];
const names = ["overview", "live", "cache", "upstreams", "rules", "jobs", "alerts", "clients", "setup", "system"];

let failed = 0;
/** @param {boolean} fine */
function check(fine, what) {
  if (fine) return;
  failed += 1;
  console.log("FAIL  " + what);
}

const api = async (method, path, body) => {
  const headers = { "X-Api-Key": API_KEY, "Content-Type": "application/json" };
  const response = await fetch(PAGE + path, { method, headers, body: body && JSON.stringify(body) });
  return { status: response.status, data: await response.json().catch(() => null) };
};

/** Waits until it holds. */
async function until(what, condition) {
  for (const end = Date.now() + 15000; Date.now() < end; await new Promise(done => setTimeout(done, 100))) if (await condition()) return;
  check(false, "never: " + what);
}

/** A page whose complaints count as failures. */
async function open(browser, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  page.on("pageerror", error => check(false, page.url() + ": " + error.message));
  page.on("console", message => {
    // Without an authority there is no certificate, and the browser says so by itself; a refused login likewise.
    if (message.type() === "error" && !/status of (404|401)/.test(message.text())) check(false, page.url() + " console: " + message.text());
  });
  page.on("request", request => check(request.url().startsWith(PAGE), "a request to elsewhere: " + request.url()));
  await page.addInitScript(() => addEventListener("securitypolicyviolation", event => console.error("policy: " + event.violatedDirective + " " + event.blockedURI)));
  return page;
}

async function logIn(page) {
  await page.goto(PAGE);
  await page.getByLabel("API key or password").fill(API_KEY);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.locator("nav").waitFor({ state: "attached" });
}

async function judge(page, name, where) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(wide <= 0, where + ": wider than the window by " + wide);
  check(await page.evaluate(() => window.canary === undefined), where + ": text from outside ran");
  await (await page.context().newCDPSession(page)).send("Runtime.evaluate", { expression: axe });
  const violations = await page.evaluate(async () => (await window.axe.run({ resultTypes: ["violations"] })).violations.map(each => each.id + ": " + each.nodes[0].html.slice(0, 160)));
  for (const each of violations) check(false, where + ": " + each);
}

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
  const key = (await api("GET", "api/v1/keys?upstream=local&limit=1")).data.keys[0].key;
  const path = "api/v1/keys/" + encodeURIComponent(key);
  const left = async () => (await api("GET", path + "/ttl")).data.ttl;
  await page.goto(PAGE + "#/cache?key=" + encodeURIComponent(key));
  await page.getByRole("button", { name: "Show body" }).click();
  await page.locator("pre.code").waitFor();
  await page.getByRole("button", { name: "Extend by 24 h" }).click();
  await until("it lives longer", async () => (await left()) > 3600);
  await page.getByRole("button", { name: "Mark stale" }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Mark stale" }).click();
  await until("it is stale", async () => (await left()) <= 0);
  await page.getByRole("button", { name: "Purge", exact: true }).first().click();
  await page.getByRole("dialog").getByRole("button", { name: "Purge" }).click();
  await until("it is purged", async () => (await api("GET", path + "?meta=1")).status === 404);
}

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
  await page.locator(".request-line").click();
  await page.getByRole("button", { name: "Pause" }).click();
  await fetch(PROXY + "/tv/seen-live-later");
  await page.getByText(/paused, \d+ waiting/).waitFor();
  await page.getByLabel("Filter").fill("seen-live-later");
  check((await page.locator(".request").count()) === 0, "what comes while it is paused is shown");
  await page.getByRole("button", { name: "Go on" }).click();
  await page.locator(".request").waitFor();
}

/** However fast requests come, the page answers its buttons. */
async function busyLog(page) {
  await page.goto(PAGE + "#/live");
  await page.getByText("live", { exact: true }).waitFor();
  let asked = 0;
  const begun = Date.now();
  const one = async () => { for (; Date.now() - begun < 4000; ++asked) await (await fetch(PROXY + "/tv/1")).arrayBuffer(); };
  const flood = Promise.all(Array.from({ length: 16 }, one));
  const longest = await page.evaluate(() => new Promise(done => {
    // How long the page does not come to anything else: what a press of a button would wait.
    let last = performance.now(), most = 0;
    const timer = setInterval(() => { most = Math.max(most, performance.now() - last); last = performance.now(); }, 10);
    setTimeout(() => { clearInterval(timer); done(most); }, 3000);
  }));
  await flood;
  console.log("live log: " + Math.round(asked / 4) + " requests a second, busy for " + Math.round(longest) + " ms at most");
  check(longest < 1000, "the live log is busy for " + longest + " ms");
}

async function rulesPage(page) {
  await page.goto(PAGE + "#/rules");
  await page.getByText("✓ Valid").waitFor();
  await page.getByLabel("Rules as JSON").fill('{"rules": [{"name": "x", "upstream": "nobody"}]}');
  await page.getByText(/Line 1, column \d+: .*nobody/).waitFor();
  await page.getByLabel("URL").fill("http://127.0.0.1:1/x");
  await page.getByRole("button", { name: "Explain" }).click();
  await page.getByText("decision").waitFor();
  await page.getByRole("button", { name: "Reload files" }).click();
  await page.getByText("nothing is different").waitFor();
}

const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
try {
  await theWayIn(browser);
  await lookAtAll(browser);
  const page = await open(browser, { viewport: { width: 1280, height: 900 } });
  page.setDefaultTimeout(15000);
  await logIn(page);
  for (const part of [liveLog, busyLog, upstreamButtons, cacheButtons, rulesPage]) await part(page).catch(error => check(false, part.name + ": " + error.message.split("\n").slice(0, 3).join(" ")));
} catch (error) {
  check(false, String(error.stack || error));
} finally {
  await browser.close();
}
console.log(failed === 0 ? "all pages are fine" : failed + " failures");
process.exit(failed === 0 ? 0 : 1);
