// The system page, and what all pages do while the instance is away and when it is back.
import { CONTROL, PAGE, PROXY, api, check, until } from "./harness.mjs";

export async function systemPage(page) {
  await api("POST", "api/v1/reload", {});
  await page.goto(PAGE + "#/system");
  await page.locator(".log").getByText("reloaded configuration and rules").first().waitFor();
  const texts = await fetch(PAGE + "web/licences.txt");
  check(texts.ok && (await texts.text()).includes("Boost Software License"), "the licences have their texts");
}

export async function restart(page) {
  await page.goto(PAGE + "#/live");
  await page.getByText("live", { exact: true }).waitFor();
  page.expectsLoss = true;
  await fetch(CONTROL + "/stop");
  await page.getByText("reconnecting", { exact: true }).waitFor();
  await page.evaluate(() => { location.hash = "#/overview"; });
  await page.getByText("The connection is lost").waitFor();
  await page.evaluate(() => { location.hash = "#/live"; });
  await fetch(CONTROL + "/start");
  await until("it is live again", async () => (await page.getByText("live", { exact: true }).count()) > 0);
  check((await page.getByText("The connection is lost").count()) === 0, "the loss is still told");
  await fetch(PROXY + "/tv/after-the-restart");
  await page.getByText("/tv/after-the-restart").first().waitFor();
  await whileAway(page);
  page.expectsLoss = false;
}

/** What was there stays, with the loss in sight; a page that was not read yet says so, and comes when it is asked for again. */
async function whileAway(page) {
  const size = page.viewportSize();
  await page.setViewportSize({ width: 1280, height: 400 });
  await page.goto(PAGE + "#/upstreams");
  await page.reload();
  await page.getByRole("button", { name: "Pause" }).first().waitFor();
  await fetch(CONTROL + "/stop");
  const lost = page.getByText("The connection is lost");
  await lost.waitFor();
  await page.evaluate(() => scrollTo(0, document.body.scrollHeight));
  check(await page.evaluate(() => scrollY > 0), "there is nothing to scroll");
  check(await lost.evaluate(bar => { const { top, bottom } = bar.getBoundingClientRect(); return top >= 0 && bottom <= innerHeight; }), "that the connection is lost scrolls away");
  await page.getByRole("link", { name: "Setup" }).click();
  await page.getByText("This page could not be read").waitFor();
  await fetch(CONTROL + "/start");
  await until("the connection is back", async () => (await lost.count()) === 0);
  await page.getByRole("button", { name: "Load it again" }).click();
  await page.locator("summary").filter({ hasText: "Sonarr" }).waitFor();
  await page.setViewportSize(size);
}
