// The rules page: a file is written, judged, put in force, undone and removed, and each step is checked at the instance.
import { PAGE, PROXY, api, check, each, judge, until } from "./harness.mjs";

const rule = async name => (await api("GET", "api/v1/rules")).data.rules.find(each => each.name === name);
const text = ttl => `{ "rules": [\n  { "name": "mine", "upstream": "local", "match": { "path": "/tv/mine/{id:int}" }, "ttl": "${ttl}", "policy": "override" }\n] }\n`;

async function putInForce(page) {
  await page.getByRole("button", { name: "Review and put in force" }).click();
  await page.getByRole("dialog").locator(".diff-new").first().waitFor();
  await page.getByRole("dialog").getByText(/Of the last \d+ requests/).waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Put in force" }).click();
}

/** Writes, and waits until that is judged: the verdict before it is shown until then. */
async function fill(page, text) {
  const judged = page.waitForResponse(answer => answer.url().includes("api/v1/rules/validate") && answer.request().postData() === text);
  await page.getByLabel("Rules as JSON").fill(text);
  check((await (await judged).json()).valid, "not valid: " + text);
  await page.getByText("✓ Valid").waitFor();
}

async function write(page) {
  await page.getByRole("button", { name: "New file" }).click();
  const editor = page.getByLabel("Rules as JSON");
  await editor.fill('{"rules": [\n  {"name": "mine", "upstream": "nobody", "match": {"path": "/**"}}]}');
  await page.getByRole("button", { name: /Line 2, column \d+:/ }).click();
  check(await editor.evaluate(area => document.activeElement === area && area.selectionStart > 11), "a problem leads to its place");
  check(await page.getByRole("button", { name: "Review and put in force" }).isDisabled(), "what is wrong can be put in force");
  await judge(page, "rules", "rules, with a mistake");
  await fill(page, text("10m"));
  await putInForce(page);
  await until("the rule is in force", async () => (await rule("mine"))?.ttl === 600);
}

/** A draft is tried before it is in force. */
async function tryIt(page) {
  await page.getByLabel("Rules as JSON").fill(text("20m"));
  await page.getByLabel("URL").fill("http://local.test/tv/mine/5");
  await page.getByRole("button", { name: "Try" }).click();
  await page.getByText("20 m, from the rule").waitFor();
  await page.getByText("With header fields, and an answer to judge").click();
  await page.getByLabel("Body").fill("{}");
  await page.getByLabel("Fields of the answer").fill("Cache-Control: no-store");
  await page.getByRole("button", { name: "Try" }).click();
  await page.getByText("since no-store").waitFor();
  await judge(page, "rules", "rules, tried");
}

/** What the draft would have made of the requests so far: of /tv/7 another rule, key and lifetime. */
async function rehearse(page) {
  await fetch(PROXY + "/tv/7");
  const editor = page.getByLabel("Rules as JSON"), before = await editor.inputValue();
  await fill(page, before.replace("/tv/mine/{id:int}", "/tv/7").replace('"policy"', '"key": "seven", "policy"'));
  await page.getByRole("button", { name: "What would change" }).click();
  const panel = page.getByRole("region", { name: "What would change" }).first();
  await panel.getByText(/Of the last \d+ requests/).waitFor();
  await panel.getByRole("row", { name: /tv\/7/ }).first().getByText("rule mine").waitFor();
  await panel.getByText("seven").first().waitFor();
  await panel.getByRole("row", { name: /Hit rate/ }).waitFor();
  await judge(page, "rules", "rules, rehearsed");
  await page.screenshot({ path: process.env.SCREENSHOTS + "/rules-rehearsed.png" });
  check((await rule("mine")).key !== "seven", "a rehearsal puts something in force");
  await editor.fill(before);
  await page.getByText("of an earlier text").waitFor();
  await page.evaluate(() => { location.hash = "#/jobs"; });
  await page.getByRole("heading", { name: "Jobs" }).waitFor();
  const again = page.waitForRequest("**/api/v1/rules/rehearse");
  await page.evaluate(() => { location.hash = "#/rules"; });
  check((await again).postData().includes("seven"), "what was rehearsed is another text when the page is shown again");
  await page.getByText("of an earlier text").waitFor();
  await page.getByText("✓ Valid").waitFor();
  await page.getByRole("button", { name: "Hide" }).click();
}

async function undo(page) {
  await putInForce(page);
  await until("the change is in force", async () => (await rule("mine")).ttl === 1200);
  await until("there is something to undo", async () => (await page.getByLabel("Undo").locator("option").count()) === 2);
  await page.getByLabel("Undo").selectOption({ index: 1 });
  await page.getByRole("dialog").getByRole("button", { name: "Put back" }).click();
  await until("it is as it was", async () => (await rule("mine")).ttl === 600);
  await page.getByRole("button", { name: "Remove" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Remove" }).click();
  await until("it is gone", async () => (await rule("mine")) === undefined);
  await page.getByRole("button", { name: "Put back" }).waitFor();
}

/** Closes what is written. */
async function leave(page) {
  await page.getByRole("button", { name: "Close" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Leave it" }).click();
  await page.getByLabel("Rules as JSON").waitFor({ state: "detached" });
}

/** What another has written meanwhile is not overwritten. */
async function conflict(page) {
  await page.getByRole("button", { name: "New file" }).click();
  await page.getByLabel("Rules as JSON").fill(text("5m"));
  await page.getByLabel("Name of the file").fill("");
  await page.getByText("The file needs a name.").waitFor();
  check(await page.getByRole("button", { name: "Review and put in force" }).isDisabled(), "a file without a name can be put in force");
  check((await page.getByLabel("Rules as JSON").inputValue()) === text("5m"), "what is written is lost with the name of the file");
  await page.getByLabel("Name of the file").fill("shared.json");
  await page.getByText("✓ Valid").waitFor();
  await api("PUT", "api/v1/rules/files/shared.json", { ttls: { series: "3h" } });
  await putInForce(page);
  await page.getByText("Somebody else has changed shared.json meanwhile").waitFor();
  check((await rule("mine")) === undefined, "what another has written is overwritten");
  await leave(page);
  await api("DELETE", "api/v1/rules/files/shared.json");
}

async function fromARequest(page) {
  await fetch(PROXY + "/elsewhere/77");
  await page.goto(PAGE + "#/live?filter=" + encodeURIComponent("elsewhere"));
  await page.reload();
  await page.locator(".request-line").first().click();
  await page.getByRole("button", { name: "Make a rule" }).click();
  await page.getByText("✓ Valid").waitFor();
  check((await page.getByLabel("Rules as JSON").inputValue()).includes('"/elsewhere/{id:int}"'), "a rule is made of the request");
  await page.getByRole("button", { name: "Close" }).click();
}

/** An answer that comes when another file is open does nothing to that. */
async function lateAnswer(page) {
  const editor = page.getByLabel("Rules as JSON");
  await page.getByRole("button", { name: "New file" }).click();
  await page.getByLabel("Name of the file").fill("late.json");
  await fill(page, text("8m"));
  let answer;
  const held = new Promise(go => { answer = go; });
  await page.route("**/api/v1/rules/files/late.json", async route => { await held; await route.continue(); });
  await putInForce(page);
  await page.getByRole("button", { name: "New file" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Leave it" }).click();
  await editor.fill(text("9m"));
  answer();
  await page.getByText(/late.json is in force/).waitFor();
  await page.locator(".file").getByText("late.json").waitFor();
  check((await editor.inputValue()) === text("9m") && (await page.getByLabel("Name of the file").inputValue()) === "my-rules.json", "an answer for one file acts on another");
  await page.unroute("**/api/v1/rules/files/late.json");
  await leave(page);
  await api("DELETE", "api/v1/rules/files/late.json");
}

const asksToStay = page => page.evaluate(() => !dispatchEvent(new Event("beforeunload", { cancelable: true })));

/** What is being written is neither lost by looking elsewhere nor without a question; an example is. */
async function keep(page) {
  const editor = page.getByLabel("Rules as JSON"), dialog = page.getByRole("dialog"), press = name => page.getByRole("button", { name, exact: true }).click();
  await press("New file");
  await press("Close");
  await editor.waitFor({ state: "detached" });
  await press("New file");
  await page.route(PAGE + "api/v1/rules/validate*", route => route.abort());
  page.expectsLoss = true;
  await editor.fill(text("7m"));
  await page.getByText("The connection is lost").waitFor();
  await page.unrouteAll({ behavior: "wait" });
  await page.getByText("✓ Valid").waitFor();
  page.expectsLoss = false;
  await page.evaluate(() => { location.hash = "#/jobs"; });
  await page.getByRole("heading", { name: "Jobs" }).waitFor();
  check(await asksToStay(page), "the browser leaves what is written without a question");
  await page.evaluate(() => { location.hash = "#/rules"; });
  for (const name of ["New file", "Close"]) {
    await press(name);
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await dialog.waitFor({ state: "detached" });
    check((await editor.inputValue()) === text("7m"), name + " loses what is written");
  }
  await leave(page);
  check(!await asksToStay(page), "the browser asks though nothing is written");
}

/** A rule of one's own leads to its line in its file; a shipped one is a text. */
async function openAtLine(page) {
  const frame = page.getByRole("region", { name: "Rules", exact: true }), { line } = await rule("few");
  await frame.getByRole("button", { name: "few" }).click();
  await until("its line is chosen", () => page.getByLabel("Rules as JSON").evaluate((area, line) => document.activeElement === area
    && area.value.slice(0, area.selectionStart).split("\n").length === line, line));
  await page.getByLabel("Search rules").fill("shipped:");
  await until("shipped rules are listed", async () => (await frame.locator("tbody tr").count()) > 10);
  check((await frame.locator("tbody button").count()) === 0, "a shipped rule can be opened");
  await page.getByLabel("Search rules").fill("");
  await page.getByRole("button", { name: "Close" }).click();
}

/** Of the rules in force only those that are looked for. */
async function list(page) {
  await page.getByRole("button", { name: "Not matched" }).click();
  const rows = page.getByRole("region", { name: "Rules", exact: true }).locator("tbody tr");
  const matched = () => rows.locator("td:nth-child(5)").allInnerTexts();
  await until("only rules without a match are listed", async () => (await matched()).length > 0 && (await matched()).every(count => count === "0"));
  await page.getByRole("button", { name: "All", exact: true }).click();
  await openAtLine(page);
  await page.getByRole("button", { name: "Reload files" }).click();
  await page.getByText("nothing is different").waitFor();
}

export async function rulesPage(page) {
  await page.goto(PAGE + "#/rules");
  await each(page, { write, tryIt, rehearse, undo, conflict, lateAnswer, fromARequest, keep, list });
}
