// What the parts of the browser's test share: the instance, the browser, and what counts as a failure.
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";

const { MODULES } = process.env;
export const { API_KEY, PAGE, PROXY, CONTROL, CHROMIUM, SCREENSHOTS } = process.env;
export const { chromium } = createRequire(MODULES + "/")(MODULES + "/playwright-core");
const axe = readFileSync(MODULES + "/axe-core/axe.min.js", "utf8");

let failures = 0;
export const failed = () => failures;
/** @param {boolean} fine */
export function check(fine, what) {
  if (fine) return;
  failures += 1;
  console.log("FAIL  " + what);
}

export const api = async (method, path, body) => {
  const headers = { "X-Api-Key": API_KEY, "Content-Type": "application/json" };
  const response = await fetch(PAGE + path, { method, headers, body: body && JSON.stringify(body) });
  return { status: response.status, data: await response.json().catch(() => null) };
};

/** Waits until it holds. */
export async function until(what, condition) {
  for (const end = Date.now() + 30000; Date.now() < end; await new Promise(done => setTimeout(done, 100))) if (await condition()) return;
  check(false, "never: " + what);
}

/** WEB names a folder whose files stand in for those the program holds, so that a page is tried without building. */
async function serveFrom(folder, context) {
  await context.route(PAGE + "web/*", route => {
    const path = folder + "/" + new URL(route.request().url()).pathname.split("/").pop();
    return existsSync(path) ? route.fulfill({ path }) : route.continue();
  });
}

/** A page whose complaints count as failures. */
export async function open(browser, options) {
  const context = await browser.newContext(options);
  if (process.env.WEB) await serveFrom(process.env.WEB, context);
  const page = await context.newPage();
  page.on("pageerror", error => check(false, page.url() + ": " + error.message));
  page.on("console", message => {
    // What is refused and what is away the browser tells by itself.
    const told = page.expectsLoss ? /status of [45]\d\d|net::ERR_/ : /status of (404|401|412|422)/;
    if (message.type() === "error" && !told.test(message.text())) check(false, page.url() + " console: " + message.text());
  });
  page.on("request", request => check(request.url().startsWith(PAGE), "a request to elsewhere: " + request.url()));
  await page.addInitScript(() => addEventListener("securitypolicyviolation", event => console.error("policy: " + event.violatedDirective + " " + event.blockedURI)));
  return page;
}

/** Runs the parts of a test one by one: each that fails is told by its name, and those after it run all the same, on a page without dialogs and routes of its.
 * @param {Record<string, (page) => Promise<void>>} parts */
export async function each(page, parts) {
  for (const [name, part] of Object.entries(parts)) {
    console.log("looks at: " + name);
    const before = failures;
    await part(page).catch(error => check(false, name + ": " + error.message.split("\n").slice(0, 3).join(" ")));
    if (before < failures) await page.reload();
    await page.unrouteAll({ behavior: "wait" });
    page.expectsLoss = false;
  }
}

export async function logIn(page) {
  await page.goto(PAGE);
  await page.getByLabel("API key or password").fill(API_KEY);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.locator("nav").waitFor({ state: "attached" });
}

export async function judge(page, name, where) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(wide <= 0, where + ": wider than the window by " + wide);
  check(await page.evaluate(() => window.canary === undefined), where + ": text from outside ran");
  await (await page.context().newCDPSession(page)).send("Runtime.evaluate", { expression: axe });
  const violations = await page.evaluate(async () => (await window.axe.run({ resultTypes: ["violations"] })).violations.map(each => each.id + ": " + each.nodes[0].html.slice(0, 160)));
  for (const each of violations) check(false, where + ": " + each);
}
