// What stays: the older requests that a filter looks at, the place of a card, what a page is set to, and the frame while a page scrolls.
import { PAGE, PROXY, api, check, each, judge, until } from "./harness.mjs";

const hash = page => page.evaluate(() => location.hash);

/** A filter looks at what the instance holds, not at what is drawn; it names words that it does not know. */
async function filter(page) {
  await fetch(PROXY + "/tv/the-oldest-of-all");
  for (let count = 0; count < 160; ++count) await (await fetch(PROXY + "/tv/" + count % 12)).arrayBuffer();
  await page.goto(PAGE + "#/live");
  await page.reload();
  await page.getByText("the newest 150").waitFor();
  check((await page.getByText("/tv/the-oldest-of-all").count()) === 0, "more is drawn than was asked for");
  await page.getByLabel("Filter").fill("url:the-oldest-of-all");
  await page.locator(".request").getByText("/tv/the-oldest-of-all").waitFor();
  await page.getByText(/^1 of the last [\d,]+, since /).waitFor();
  for (const word of ["foo:bar", "slow:>abc"]) {
    await page.getByLabel("Filter").fill(word);
    await page.getByText("Not understood, so looked for as text: " + word).waitFor();
  }
  await page.getByLabel("Filter").fill("-foo:bar");
  await page.getByText("Not understood, so looked for as text: -foo:bar").waitFor();
  await page.locator(".request").first().waitFor();
}

/** An open row goes with the words it was found by. */
async function openRow(page) {
  await page.goto(PAGE + "#/live");
  const words = page.getByLabel("Filter");
  await words.fill("the-oldest-of-all");
  await page.locator(".request-line").first().click();
  await page.locator(".detail").waitFor();
  await page.reload();
  await page.locator(".detail").waitFor();
  check((await words.inputValue()) === "the-oldest-of-all", "the filter is lost by a reload");
  await words.fill("tv/3");
  await page.locator(".detail").waitFor({ state: "detached" });
  await words.fill("");
  check((await hash(page)) === "#/live", "an empty filter stays in the address: " + await hash(page));
}

/** What the other pages are set to survives a reload. */
async function settings(page) {
  await page.goto(PAGE + "#/cache");
  await page.getByLabel("Key or pattern").fill("*/tv/1*");
  await page.getByLabel("Order").selectOption("size");
  await page.getByRole("cell").getByRole("link").first().click();
  await page.getByRole("button", { name: "Fetch anew" }).waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Fetch anew" }).waitFor();
  check((await page.getByLabel("Key or pattern").inputValue()) === "*/tv/1*" && (await page.getByLabel("Order").inputValue()) === "size", "the cache's filters are lost by a reload");
  await page.getByRole("link", { name: "Close" }).click();
  check((await hash(page)).includes("pattern="), "closing a key loses the filters");

  await page.goto(PAGE + "#/rules");
  await page.getByRole("button", { name: "Yours" }).click();
  await page.getByLabel("Search rules").fill("few");
  await page.reload();
  await page.getByText(/^1 of \d+$/).waitFor();

  await page.goto(PAGE + "#/setup");
  await page.locator(".application summary").filter({ hasText: "Radarr" }).click();
  await until("it is in the address", async () => (await hash(page)).includes("open=Radarr"));
  await page.reload();
  await page.locator(".application[open]").filter({ hasText: "Radarr" }).waitFor();
  await judge(page, "setup", "setup, with an application open");
}

/** The panel of a key leads by its tags to all that have them. */
async function tags(page) {
  await fetch(PROXY + "/tv/tagged");
  const { key } = (await api("GET", "api/v1/keys?pattern=*/tv/tagged")).data.keys[0];
  await page.goto(PAGE + "#/cache?key=" + encodeURIComponent(key));
  await page.getByText(/\d+ keys? in all/).waitFor();
  await page.getByRole("link", { name: "shelf:tv" }).click();
  await until("the tag is looked for", async () => (await page.getByLabel("Tag", { exact: true }).inputValue()) === "shelf:tv");
  await page.getByRole("button", { name: "Fetch anew" }).waitFor({ state: "detached" });
  await page.getByRole("cell").getByRole("link").first().waitFor();
}

/** A card stays where it is after what was done with it. */
async function places(page) {
  await page.goto(PAGE + "#/upstreams");
  const names = async () => (await page.locator(".upstream h2").allInnerTexts()).join();
  const panel = page.locator(".upstream").last();
  await panel.getByText("Calls, 24 h").waitFor();
  await until("the figures are there", async () => (await panel.locator("dd").first().innerText()) !== "–");
  const before = await names(), name = await panel.locator("h2").innerText();
  await api("POST", "api/v1/upstreams/" + name, { paused: true });
  await panel.getByText("paused", { exact: true }).waitFor();
  check((await names()) === before, "a card jumps as it is paused: " + before + " are " + await names());
  await panel.getByRole("button", { name: "Resume" }).click();
  await panel.getByText("paused", { exact: true }).waitFor({ state: "detached" });
}

/** Rows of clients go by requests, and by what is clicked. */
async function clients(page) {
  await page.goto(PAGE + "#/clients");
  const column = async number => page.locator("tbody td:nth-child(" + number + ")").allInnerTexts();
  await page.locator("tbody tr").first().waitFor();
  const counts = (await column(4)).map(text => Number(text.replace(",", "")));
  check(counts.every((count, at) => at === 0 || count <= counts[at - 1]), "clients do not go by their requests: " + counts);
  await page.getByRole("button", { name: "Application" }).click();
  await page.reload();
  await page.locator("th[aria-sort=ascending]").waitFor();
  await page.locator("tbody tr").first().waitFor();
  const words = (await column(2)).map(text => text.toLowerCase());
  check(words.every((word, at) => at === 0 || word >= words[at - 1]), "clients do not go by their applications: " + words);
  await page.locator("tbody").getByRole("link", { name: "Sonarr" }).first().click();
  await until("its requests are listed", async () => (await page.getByLabel("Filter").inputValue()) === "client:Sonarr");
}

/** The sidebar is there at the end of a long page, and on a phone the menu closes by Escape and leads to a heading. */
async function frame(page) {
  await page.goto(PAGE + "#/setup");
  await page.goto(PAGE + "#/overview");
  await page.getByRole("heading", { name: "Low hit rate" }).waitFor();
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  check(await page.evaluate(() => scrollY > 0), "there is nothing to scroll");
  const seen = await page.getByRole("link", { name: "System" }).boundingBox();
  check(seen && seen.y >= 0 && seen.y < 900, "the sidebar scrolls away");
  const size = page.viewportSize();
  await page.setViewportSize({ width: 390, height: 844 });
  await page.evaluate(() => scrollTo(0, 0));
  const menu = page.getByRole("button", { name: "Menu" });
  await menu.click();
  await page.keyboard.press("Escape");
  await until("Escape closes the menu", async () => (await menu.getAttribute("aria-expanded")) === "false");
  await menu.click();
  await page.getByRole("link", { name: "Jobs" }).click();
  await until("the heading has the focus", () => page.evaluate(() => document.activeElement?.tagName === "H1"));
  await page.setViewportSize(size);
}

export const kept = page => each(page, { filter, openRow, settings, tags, places, clients, frame });
