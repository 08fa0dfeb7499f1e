// A picture of the overview as a person sees it: started by week.py.
import { writeFileSync } from "node:fs";
import { CHROMIUM, PAGE, chromium, failed, logIn, open } from "./harness.mjs";

const { NOW, PICTURE, SCHEME } = process.env;
const width = 1440;
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
try {
  const page = await open(browser, { viewport: { width, height: 1000 }, colorScheme: SCHEME, timezoneId: "UTC" });
  await page.clock.setFixedTime(Number(NOW));
  await logIn(page);
  await page.getByRole("button", { name: "7 d" }).click();
  await page.waitForFunction(() => document.querySelectorAll(".plot canvas").length >= 4 && !document.querySelector("[aria-busy=true]"));
  await page.mouse.move(0, 0);
  // As tall as what there is to see.
  const height = await page.evaluate(() => Math.ceil(document.querySelector(".page").lastElementChild.getBoundingClientRect().bottom) + 26);
  await page.setViewportSize({ width, height });
  await page.waitForTimeout(500);
  // Playwright itself makes no webp.
  const client = await page.context().newCDPSession(page);
  const { data } = await client.send("Page.captureScreenshot", PICTURE.endsWith(".webp") ? { format: "webp", quality: 90 } : { format: "png" });
  writeFileSync(PICTURE, Buffer.from(data, "base64"));
} finally {
  await browser.close();
}
process.exit(failed() === 0 ? 0 : 1);
