// How each application is pointed here, with this host filled in, and a tick as soon as it is seen.
import { Resource, proxyAddress, query } from "./api.js";
import { wayName } from "./clients.js";
import * as format from "./format.js";
import { badge, card, copyable, keep, m } from "./view.js";

/** @typedef {any} Data */

/** Name, how its agent is recognised, steps, and whose way of trusting the authority is its own; the shortest ways first.
 * @param {string} host @param {string} port @returns {[string, RegExp, any[], string?][]} */
function applicationsFor(host, port) {
  const proxy = "http://" + host + ":" + port, ignored = "Put your own machines into Ignored Addresses, save";
  return [
    ["Sonarr", /sonarr/i, [["Settings → General → Proxy: tick Use Proxy, type ", ["HTTP(S)"], ", hostname ", { copy: host }, ", port ", { copy: port }], ignored, trust, hook("Settings → Connect → Webhook", "sonarr"), indexers(proxy)], "dotnet"],
    ["Radarr", /radarr/i, [["Settings → General → Proxy: type ", ["HTTP(S)"], ", hostname ", { copy: host }, ", port ", { copy: port }], ignored, trust, hook("Settings → Connect → Webhook", "radarr"), indexers(proxy)], "dotnet"],
    ["Lidarr", /lidarr/i, [["Settings → Metadata, Show Advanced: Metadata Source ", { copy: proxy + "/lidarr-metadata/" }], hook("Settings → Connect → Webhook", "lidarr"), indexers(proxy)]],
    ["Prowlarr", /prowlarr/i, [["Settings → Indexers → Indexer Proxies → Http: host ", { copy: host }, ", port ", { copy: port }, ", with a tag"], "Give that tag to the indexers that are to be cached", trust, hook("Settings → Notifications → Webhook", "prowlarr")], "dotnet"],
    ["Overseerr", /overseerr/i, [["Set the variables ", { copy: "HTTP_PROXY=" + proxy }, " and ", { copy: "HTTPS_PROXY=" + proxy }, ", start it again: it sends https to the proxy whole, so all of it is cached"]]],
    ["Seerr, Jellyseerr", /jellyseerr|\bseerr/i, [["Settings → Network → HTTP(S) Proxy: ", { copy: host }, " port ", { copy: port }], trust], "node"],
    ["Jellyfin", /jellyfin/i, [["Set ", { copy: "http_proxy=" + proxy }, ", ", { copy: "https_proxy=" + proxy }, " and ", ["no_proxy"], " for your own machines, start it again"], trust], "dotnet"],
    ["Bazarr", /bazarr|subliminal/i, [["Settings → General → Proxy: type HTTP, host ", { copy: host }, ", port ", { copy: port }], trust], "python"],
    ["beets", /beets|musicbrainz/i, [["Set ", ["http_proxy"], " and ", ["https_proxy"], " to ", { copy: proxy }], trust], "python"],
    ["qBittorrent", /qbittorrent/i, [["Options → Connection → Proxy server: HTTP, ", { copy: host }, ", port ", { copy: port }, ", of its uses RSS alone"]]],
    ["curl, wget, Python and most others", /curl|wget|python|needle|axios|node/i, [["Set ", { copy: "http_proxy=" + proxy }, " and ", { copy: "https_proxy=" + proxy }], trust], "tools"],
  ];
}

/** How it says what has changed. @param {string} where @param {string} name of its upstream */
const hook = (where, name) => [where + ", so that what changes is fetched anew at once: URL ", { copy: new URL("api/v1/webhook/" + name, document.baseURI).href }, " (the last word is its upstream's name in your rules), method POST, any user name, as password the API key, all triggers"];
/** @param {string} proxy */
const indexers = proxy => ["Its Newznab and Torznab indexers need no certificate where they go by base URL: ", ["URL"], " ", { copy: proxy + "/MOUNT" }, " of an upstream in your rules, ", ["API Path"], " ", ["/api"]];

/** The step that an authority takes. */
const trust = "trust";

/** @param {any} step */
const words = step => (Array.isArray(step) ? step.map(part => (Array.isArray(part) ? m("code", part[0]) : part.copy ? copyable(part.copy) : part)) : step);

const init = () => [copyable("cachearr ca init"), " (in a container: ", copyable("podman exec NAME cachearr ca init"), ")"];

/** How an application comes to trust the authority. @param {boolean | null} authority whether there is one @param {string} [way] */
const trusting = (authority, way) => (authority === false ? ["Until now its https passes through uncached. ", init(), " makes an authority; as soon as the application trusts that, its https is cached, too"]
  : ["Until it trusts the authority its https passes through uncached: ", m("a", { href: "ca" + (way ? "#" + way : "") }, "how")]);

/** All that are of one application as one. @param {Data[]} clients @returns {Data} */
function together(clients) {
  const sum = (/** @type {string} */ name) => clients.reduce((all, each) => all + each[name], 0);
  return { requests: sum("requests"), hits: sum("hits"), ways: [...new Set(clients.flatMap(each => each.ways))], distrusts: clients.some(each => each.trustsAuthority === false),
    lastSeen: clients.map(each => each.lastSeen).sort().pop() };
}

/** @param {Data} request */
const failed = request => request.result === "error" || request.result === "refused" || request.status >= 400;

/** Whether rules look into it. @param {Data} request of a tunnel: its address is host and port @param {string[]} hosts */
const isLookedInto = ({ url }, hosts) => hosts.some(each => (each.startsWith("*") ? url.replace(/:\d+$/, "").endsWith(each.slice(1)) : url.replace(/:\d+$/, "") === each));

/** @param {Data[]} last @param {string[]} hosts */
const onlyElsewhere = (last, hosts) => hosts.length > 0 && last.length > 0 && !last.some(each => isLookedInto(each, hosts));

/** Whether it works, by what was seen: a tone, and what there is to say.
 * @param {Data} seen @param {Data[] | null} last its last requests @param {{authority: boolean | null, way?: string, hosts: string[]}} here @returns {[string, any]} */
function judge(seen, last, { authority, way, hosts }) {
  const arrives = "Its requests arrive by " + seen.ways.map(wayName).join(" and ") + ": " + format.number(seen.requests) + " so far, ";
  if (seen.hits > 0) return ["good", arrives + format.percent((seen.hits / seen.requests) * 100) + " of them hits."];
  if (!last) return ["dim", arrives + "none of them a hit."];
  if (last.length > 0 && last.every(failed)) {
    const { method, url, error, status } = last[0];
    return ["warn", ["None of its last requests succeeded. The newest, ", m("code", method + " " + url), ": " + (error ? format.localTimes(error) : "the answer was " + status) + ". ", m("a", { href: "#/live?filter=" + encodeURIComponent(url) }, "Live log")]];
  }
  if (seen.distrusts) return ["warn", ["It does not trust the authority, so its https passes through and is not cached. ", trusting(authority, way), "."]];
  if (!seen.ways.every((/** @type {string} */ each) => each === "tunnel")) return ["good", arrives + "none of them a hit yet: nothing was asked for twice."];
  if (onlyElsewhere(last, hosts)) return ["warn", ["It asked only for hosts that no rules look into, by https: " + [...new Set(last.map(each => each.url))].slice(0, 3).join(", ") + ". Nothing of that can be cached."]];
  return ["warn", ["All it asked passed through by https, and nothing of that can be cached. ", trusting(authority, way), "."]];
}

/** One application: steps, and whether it was seen. Attributes: `application`, `clients`, `authority`, `hosts` that rules look into, `open`, `toggled`. */
class Application {
  /** @param {Data} node */
  constructor(node) {
    /** @type {RegExp} */
    this.agent = node.attrs.application[1];
    this.name = "";
    // What became of its last requests is asked for only while none of them was a hit.
    this.last = new Resource(() => "api/v1/requests" + query({ client: this.name, limit: 20 }), 3000);
  }
  onremove() { this.last.stop(); }
  /** @param {Data[]} clients @returns {Data} */
  seen(clients) {
    const own = clients.filter(each => this.agent.test(each.userAgent || ""));
    if (own.length === 0) return null;
    const seen = together(own);
    this.name = (this.agent.exec(own[0].userAgent) || [""])[0];
    if (seen.hits === 0) this.last.start(); else this.last.stop();
    return seen;
  }
  /** @param {Data} node */
  view(node) {
    const { application: [name, , steps, way], clients, authority, hosts } = node.attrs;
    const seen = this.seen(clients), [tone, told] = seen ? judge(seen, this.last.data?.requests, { authority, way, hosts }) : ["", ""];
    return m("details.application", { oncreate: (/** @type {Data} */ made) => { made.dom.open = node.attrs.open; }, ontoggle: (/** @type {any} */ event) => node.attrs.toggled(name, event.currentTarget.open) }, m("summary", m("span", name), seen ? badge((tone === "good" ? "✓ " : "") + "seen " + format.ago(seen.lastSeen), tone) : m("span.muted", "not seen yet")),
      m("ol", steps.map((/** @type {any} */ step) => m("li", step === trust ? trusting(authority, way) : words(step)))),
      seen ? m("p", { class: tone === "good" ? "good-text" : tone === "warn" ? "trouble" : "muted" }, told) : m("p.muted", "As soon as its first request arrives, this says whether it works."));
  }
}

/** Where each service is by base URL. @param {string} base @param {Data[]} upstreams */
function mounts(base, upstreams) {
  const mounted = upstreams.filter(each => each.mount);
  if (mounted.length === 0) return null;
  return m("details.fields", m("summary", mounted.length + " services have such an address"), m("dl.facts.lines.mounts", mounted.map(each => m("div", { key: each.name }, m("dt", m("code", base + each.mount)), m("dd", "for " + (each.origin || each.hosts[0] || each.name))))));
}

/** @param {Data} page */
function authority(page) {
  if (page.authority === false) return m("p", "Nothing is intercepted here, so there is no certificate to trust. ", init(), " makes one; then what applications ask by https is cached as well.");
  if (page.authority == null) return m("p.muted", "…");
  const files = [["/ca.pem", "PEM: Linux, most programs"], ["/ca.cer", "DER: Windows, Android"], ["/ca.mobileconfig", "Profile: iPhone, Mac"], ["/ca.p12", "PKCS #12: Java"]];
  return [m("p", "Applications that ask by https need to trust this authority, which can sign only for the hosts that the rules name."), m("ul.list.downloads", files.map(([path, label]) => m("li", m("a.button", { href: path.slice(1), download: "" }, label)))),
    m("p", m("a", { href: "ca" }, "Steps for each system, and the fingerprint"))];
}

/** An agent that is long is cut where it is kept, and ends in "…" then. @param {string} agent */
const isThisBrowser = agent => (agent.endsWith("…") ? navigator.userAgent.startsWith(agent.slice(0, -1)) : navigator.userAgent === agent);

/** Whether this browser believes what the authority signs: the proxy knows, as soon as it asks through it. The page itself may ask nobody else.
 * @param {Data} page @param {Data[]} clients */
function probe(page, clients) {
  const host = page.hosts.find((/** @type {string} */ each) => !each.startsWith("*"));
  if (!page.authority || !host) return null;
  const mine = clients.filter(each => isThisBrowser(each.userAgent || ""));
  const told = mine.filter(each => each.trustsAuthority != null).sort((a, b) => (a.lastSeen < b.lastSeen ? 1 : -1))[0];
  const verdict = told ? (told.trustsAuthority ? badge("✓ this browser trusts it", "good") : badge("this browser does not trust it", "bad")) : badge("not known yet", "dim");
  return card("This browser", [m("p.verdict-line", verdict, told ? m("span.muted", " as of " + format.ago(told.lastSeen)) : null),
    m("p.muted.hint", told ? "Tried by what it asked through the proxy." : mine.length > 0 ? "It comes through the proxy, but has asked nothing yet that is looked into." : "It does not come through the proxy yet."),
    m("p.hint", "Let it use the proxy, then ", m("a", { href: "https://" + host + "/", target: "_blank", rel: "noopener noreferrer" }, "open " + host), ": the answer appears here. A warning of the browser means that it does not trust the authority.")]);
}

export class Setup {
  /** @param {Data} node */
  constructor(node) {
    /** @type {Set<string>} */
    this.opened = new Set(node.attrs.parameters.getAll("open").flatMap((/** @type {string} */ names) => names.split("|")));
    this.clients = new Resource("api/v1/clients", 2000).start();
    this.rules = new Resource("api/v1/rules").start();
    /** @type {boolean | null} */
    this.authority = null;
    this.proxy = [location.hostname, "9797"];
    proxyAddress().then(found => { this.proxy = found; m.redraw(); });
    fetch("ca.pem", { method: "HEAD" }).then(response => { this.authority = response.ok; m.redraw(); }).catch(() => {});
  }
  onremove() { this.clients.stop(); this.rules.stop(); }
  /** @param {string} name @param {boolean} isOpen */
  toggled(name, isOpen) {
    if (isOpen) this.opened.add(name); else this.opened.delete(name);
    keep({ open: [...this.opened].join("|") });
  }
  /** That rules look into. @returns {string[]} */
  get hosts() { return (this.rules.data?.upstreams || []).filter((/** @type {Data} */ each) => each.intercept).flatMap((/** @type {Data} */ each) => each.hosts); }
  view() {
    const clients = this.clients.data?.clients || [];
    const { proxy: [host, port], hosts } = this;
    return m(".page", m("h1", "Setup"),
      card("Three ways, the easiest first", m("ol.ways", m("li", m("b", "By base URL. "), "Put ", m("code", "http://" + host + ":" + port + "/MOUNT"), " where the service's address stands. All of it is cached, without a certificate.", mounts("http://" + host + ":" + port, this.rules.data?.upstreams || [])),
        m("li", m("b", "As a proxy. "), "Host ", m("code", host), ", port ", m("code", port), ". Plain http is cached; https passes through uncached, but from the few that send it to the proxy whole (Overseerr)."),
        m("li", m("b", "As a proxy that looks inside https. "), "Let applications trust the authority (Certificate, on this page), and all of it is cached.")), { wide: true }),
      m(".grid.halves", card("Applications", m(".applications", applicationsFor(host, port).map(each => m(Application, { key: each[0], application: each, clients, authority: this.authority, hosts, open: this.opened.has(each[0]), toggled: this.toggled.bind(this) })))),
        m("div", card("Certificate", authority(this)), probe(this, clients), card("Browsers and systems", [m("p", "Automatic configuration:"), m("p", copyable(new URL("proxy.pac", document.baseURI).href))]))));
  }
}
