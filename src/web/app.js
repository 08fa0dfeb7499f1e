// The frame around the pages: which one is shown, how to get to the others, and whether there is a connection.
import { get, leave, post, session } from "./api.js";
import { Dialog, Notes, act, empty, icon, m } from "./view.js";
import { Alerts } from "./alerts.js";
import { Cache } from "./cache.js";
import { Clients } from "./clients.js";
import { Jobs } from "./jobs.js";
import { Live } from "./live.js";
import { Login, enterByLink } from "./login.js";
import { Members } from "./members.js";
import { Overview } from "./overview.js";
import { Upstreams } from "./upstreams.js";

/** What each page is called, and what draws it: null until that was read. @type {Record<string, [string, any]>} */
const pages = { overview: ["Overview", Overview], live: ["Live log", Live], cache: ["Cache", Cache], upstreams: ["Upstreams", Upstreams], rules: ["Rules", null], jobs: ["Jobs", Jobs],
  alerts: ["Alerts", Alerts], clients: ["Clients", Clients], members: ["Instances", Members], setup: ["Setup", null], system: ["System", null] };
/** Pages that are read only where they are asked for, so that the first one is small. @type {Record<string, () => Promise<any>>} */
const later = { rules: () => import("./rules.js").then(file => file.Rules), setup: () => import("./setup.js").then(file => file.Setup), system: () => import("./system.js").then(file => file.System) };

let menu = false;
let linkError = "";
/** The page whose file could not be read. */
let unread = "";
/** Whoever goes to an address begins anew there; what a page writes into it itself is no such way. */
let visits = 0;

function place() {
  const [path, parameters] = location.hash.replace(/^#\/?/, "").split("?");
  return { name: pages[path] ? path : "overview", parameters: new URLSearchParams(parameters || "") };
}

/** Reads a page's file where it was not read yet. @param {string} name */
async function bring(name) {
  if (pages[name][1] || !later[name]) return;
  try { pages[name][1] = await later[name](); } catch { unread = name; }
  m.redraw();
}

/** Until the file is there. Browsers remember a file that failed until the document is loaded anew. @param {string} name */
const waiting = name => m(".page", { key: "none" }, m("h1", pages[name][0]), unread === name ? empty("This page could not be read", "The connection was lost, or the program is another one by now.", m("button", { onclick: () => location.reload() }, "Load it again"))
  : m(".state", { "aria-busy": "true" }, "Loading…"));

const logout = () => act(() => post("api/v1/logout"), "Logged out").then(() => { leave(false); m.redraw(); });

/** How many alerts fire. */
const count = () => (session.firing > 0 ? m("span.count", session.firing, m("span.sr", " firing")) : null);

/** After a choice in the menu, whoever reads by ear is at the page's beginning. */
function focusHeading() {
  const heading = /** @type {HTMLElement | null} */ (document.querySelector("main h1"));
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus();
}

function choose() {
  if (menu) setTimeout(focusHeading, 50);
  menu = false;
}

/** @param {string} current */
const nav = current => m("nav", { id: "menu", class: menu ? "shown" : "", "aria-label": "Pages" }, Object.entries(pages).map(([name, [title]]) =>
  m("a", { href: "#/" + name, ...(name === current ? { "aria-current": "page" } : {}), onclick: choose }, icon(name), m("span", title), name === "alerts" ? count() : null)), m("button.logout", { onclick: logout }, "Log out"));

class App {
  view() {
    const { name, parameters } = place();
    if (session.out) return [m(Login, { error: linkError, onentered: () => { linkError = ""; } }), m(Notes)];
    return [m("a.skip", { href: "#main", onclick: (/** @type {Event} */ event) => { event.preventDefault(); document.getElementById("main")?.focus(); } }, "To the content"),
      m("header.bar", m("a.brand", { href: "#/overview" }, m("img", { src: "web/icon.svg", alt: "", width: 26, height: 26 }), "cachearr"),
        m("button.menu", { "aria-expanded": String(menu), "aria-controls": "menu", onclick: () => { menu = !menu; } }, "Menu", count())),
      nav(name), m("main#main", { tabindex: -1 }, m("div", [pages[name][1] ? m(pages[name][1], { key: name === "cache" ? name : name + visits, parameters }) : waiting(name)])),
      session.lost ? m(".lost", { role: "status" }, "The connection is lost; trying again…") : null, m(Notes), m(Dialog)];
  }
}

/** Whether there is an instance, whether it knows who asks, and how many alerts fire. */
async function look() {
  try { await get("api/v1/stats/summary"); session.known = true; } catch { /* the page says it */ }
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
    visits += 1;
    document.title = pages[place().name][0] + " – cachearr";
    if (!session.out) look().then(m.redraw);
    m.redraw();
    bring(place().name);
    window.scrollTo(0, 0);
  });
  document.title = pages[place().name][0] + " – cachearr";
  m.mount(document.getElementById("app"), App);
  window.addEventListener("keydown", event => {
    if (event.key !== "Escape" || !menu) return;
    menu = false;
    m.redraw();
    /** @type {HTMLElement | null} */ (document.querySelector(".menu"))?.focus();
  });
  bring(place().name);
}

start();
