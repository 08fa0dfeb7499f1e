// How long each page takes until it is usable, in a big installation: started by large.py.
import { CHROMIUM, PAGE, chromium, logIn, open } from "./harness.mjs";

const limit = Number(process.env.LIMIT);
const names = ["overview", "live", "cache", "upstreams", "rules", "jobs", "alerts", "clients", "members", "setup", "system"];
const browser = await chromium.launch({ executablePath: CHROMIUM, args: ["--no-sandbox"] });
let slow = 0;
try {
  const page = await open(browser, { viewport: { width: 1440, height: 1000 } });
  await logIn(page);
  for (const name of names) {
    const took = [];
    for (let round = 0; round < 3; ++round) {
      await page.goto("about:blank");
      await page.goto(PAGE + "#/" + name);
      // From the page's own begin until nothing waits any more and a frame was drawn.
      took.push(await page.evaluate(() => new Promise(done => {
        const look = () => (document.querySelector("h1") && !document.querySelector("[aria-busy=true]") ? requestAnimationFrame(() => done(performance.now())) : setTimeout(look, 5));
        look();
      })));
    }
    const median = took.sort((a, b) => a - b)[1];
    slow += median > limit ? 1 : 0;
    console.log(name.padEnd(12) + Math.round(median) + " ms" + (median > limit ? "   SLOW" : ""));
  }
} finally {
  await browser.close();
}
process.exit(slow === 0 ? 0 : 1);
