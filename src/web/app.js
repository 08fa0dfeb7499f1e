// The frame around the pages: which one is shown, how to get to the others, and whether there is a connection.
import { get, post, session } from "./api.js";
import { Dialog, Notes, act, icon, m } from "./view.js";
import { Alerts } from "./alerts.js";
import { Cache } from "./cache.js";
import { Clients } from "./clients.js";
import { Jobs } from "./jobs.js";
import { Live } from "./live.js";
import { Login, enterByLink } from "./login.js";
import { Members } from "./members.js";
import { Overview } from "./overview.js";
import { Rules } from "./rules.js";
import { Setup } from "./setup.js";
import { System } from "./system.js";
import { Upstreams } from "./upstreams.js";

/** @type {Record<string, [string, any]>} */
const pages = { overview: ["Overview", Overview], live: ["Live log", Live], cache: ["Cache", Cache], upstreams: ["Upstreams", Upstreams], rules: ["Rules", Rules], jobs: ["Jobs", Jobs],
  alerts: ["Alerts", Alerts], clients: ["Clients", Clients], members: ["Instances", Members], setup: ["Setup", Setup], system: ["System", System] };

let menu = false;
let linkError = "";

function place() {
  const [path, parameters] = location.hash.replace(/^#\/?/, "").split("?");
  return { name: pages[path] ? path : "overview", parameters: new URLSearchParams(parameters || "") };
}

const logout = () => act(() => post("api/v1/logout"), "Logged out").then(() => { session.out = true; m.redraw(); });

/** @param {string} current */
const nav = current => m("nav", { id: "menu", class: menu ? "shown" : "", "aria-label": "Pages" }, Object.entries(pages).map(([name, [title]]) =>
  m("a", { href: "#/" + name, ...(name === current ? { "aria-current": "page" } : {}), onclick: () => { menu = false; } }, icon(name), m("span", title), name === "alerts" && session.firing > 0 ? m("span.count", session.firing, m("span.sr", " firing")) : null)), m("button.logout", { onclick: logout }, "Log out"));

class App {
  view() {
    const { name, parameters } = place();
    if (session.out) return [m(Login, { error: linkError }), m(Notes)];
    return [m("a.skip", { href: "#main", onclick: (/** @type {Event} */ event) => { event.preventDefault(); document.getElementById("main")?.focus(); } }, "To the content"),
      m("header.bar", m("a.brand", { href: "#/overview" }, m("img", { src: "web/icon.svg", alt: "", width: 26, height: 26 }), "cachearr"),
        m("button.menu", { "aria-expanded": String(menu), "aria-controls": "menu", onclick: () => { menu = !menu; } }, "Menu")),
      nav(name), m("main#main", { tabindex: -1 }, session.lost ? m(".lost", { role: "status" }, "The connection is lost; trying again…") : null, m("div", [m(pages[name][1], { key: name, parameters })])), m(Notes), m(Dialog)];
  }
}

/** Whether there is an instance, whether it knows who asks, and how many alerts fire. */
async function look() {
  try { await get("api/v1/stats/summary"); } catch { /* the page says it */ }
}

async function start() {
  const link = /^#\/enter\/(\w+)$/.exec(location.hash);
  if (link) {
    // Out of the address bar and the history before anything else.
    history.replaceState(null, "", location.pathname + "#/overview");
    linkError = await enterByLink(link[1]);
  }
  await look();
  window.addEventListener("hashchange", () => {
    document.title = pages[place().name][0] + " – cachearr";
    if (!session.out) look().then(m.redraw);
    m.redraw();
    window.scrollTo(0, 0);
  });
  document.title = pages[place().name][0] + " – cachearr";
  m.mount(document.getElementById("app"), App);
}

start();
