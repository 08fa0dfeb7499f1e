// How each application is pointed here, with this host filled in, and a tick as soon as it is seen.
import { Resource } from "./api.js";
import * as format from "./format.js";
import { badge, card, m } from "./view.js";

/** @typedef {any} Data */

/** Name, how its agent is recognised, steps; the shortest ways first. @param {string} host @param {string} port @returns {[string, RegExp, any[]][]} */
function applicationsFor(host, port) {
  const proxy = "http://" + host + ":" + port;
  return [
    ["Sonarr", /sonarr/i, [["Settings → General → Proxy: tick Use Proxy, type ", ["HTTP(S)"], ", hostname ", [host], ", port ", [port]], "Put your own machines into Ignored Addresses, save"]],
    ["Radarr", /radarr/i, [["Settings → General → Proxy: type ", ["HTTP(S)"], ", hostname ", [host], ", port ", [port]], "Put your own machines into Ignored Addresses, save"]],
    ["Lidarr", /lidarr/i, [["Settings → Metadata → Metadata source: ", [proxy + "/lidarr-metadata/"]]]],
    ["Prowlarr", /prowlarr/i, [["Settings → Indexers → Indexer Proxies → Http: host ", [host], ", port ", [port], ", with a tag"], "Give that tag to the indexers that are to be cached"]],
    ["Overseerr", /overseerr/i, [["Set the variables ", ["HTTP_PROXY=" + proxy], " and ", ["HTTPS_PROXY=" + proxy], ", start it again"]]],
    ["Seerr, Jellyseerr", /jellyseerr|\bseerr/i, [["Settings → Network → HTTP(S) Proxy: ", [host], " port ", [port]]]],
    ["Jellyfin", /jellyfin/i, [["Set ", ["http_proxy=" + proxy], ", ", ["https_proxy=" + proxy], " and ", ["no_proxy"], " for your own machines, start it again"]]],
    ["Bazarr", /bazarr|subliminal/i, [["Settings → General → Proxy: type HTTP, host ", [host], ", port ", [port]]]],
    ["beets", /beets|musicbrainz/i, [["Set ", ["http_proxy"], " and ", ["https_proxy"], " to ", [proxy], " and ", ["SSL_CERT_FILE"], " to the certificate below"]]],
    ["qBittorrent", /qbittorrent/i, [["Options → Connection → Proxy server: HTTP, ", [host], ":", [port], ", of its uses RSS alone"]]],
    ["curl, wget, Python and most others", /curl|wget|python|needle|axios|node/i, [["Set ", ["http_proxy=" + proxy], " and ", ["https_proxy=" + proxy]]]],
  ];
}

/** @param {any} step */
const words = step => (Array.isArray(step) ? step.map(part => (Array.isArray(part) ? m("code", part[0]) : part)) : step);

/** @param {[string, RegExp, any[]]} application @param {Data[]} clients */
function block([name, agent, steps], clients) {
  const seen = clients.filter(each => agent.test(each.userAgent || "")).sort((a, b) => (a.lastSeen < b.lastSeen ? 1 : -1))[0];
  return m("details.application", { key: name }, m("summary", m("span", name), seen ? badge("✓ seen " + format.ago(seen.lastSeen), "good") : m("span.muted", "not seen yet")),
    m("ol", steps.map(step => m("li", words(step)))),
    seen ? m("p.good-text", "Its requests arrive by " + seen.ways.join(" and ") + ": " + format.number(seen.requests) + " so far, " + format.percent(seen.hitRate) + " of them hits.") : m("p.muted", "As soon as its first request arrives, a tick appears here."));
}

/** @param {Data} page */
function authority(page) {
  if (page.authority === false) return m("p", "Nothing is intercepted here, so there is no certificate to trust. ", m("code", "cachearr ca init"), " makes one; then what applications ask by https is cached as well.");
  if (page.authority == null) return m("p.muted", "…");
  const files = [["/ca.pem", "PEM: Linux, most programs"], ["/ca.cer", "DER: Windows, Android"], ["/ca.mobileconfig", "Profile: iPhone, Mac"], ["/ca.p12", "PKCS #12: Java"]];
  return [m("p", "Applications that ask by https need to trust this authority, which can sign only for the hosts that the rules name."), m("ul.list.downloads", files.map(([path, label]) => m("li", m("a.button", { href: path.slice(1), download: "" }, label)))),
    m("p", m("a", { href: "ca" }, "Steps for each system, and the fingerprint"))];
}

/** Whether this browser believes what the authority signs: the proxy knows, as soon as it asks through it. The page itself may ask nobody else.
 * @param {Data} page @param {Data[]} clients */
function probe(page, clients) {
  const host = (page.rules.data?.upstreams || []).filter((/** @type {Data} */ each) => each.intercept).flatMap((/** @type {Data} */ each) => each.hosts).find((/** @type {string} */ each) => !each.startsWith("*"));
  if (!page.authority || !host) return null;
  // What is long is cut where it is kept.
  const mine = clients.filter(each => each.userAgent && navigator.userAgent.startsWith(each.userAgent.replace(/…$/, "")));
  const told = mine.filter(each => each.trustsAuthority != null).sort((a, b) => (a.lastSeen < b.lastSeen ? 1 : -1))[0];
  const verdict = told ? (told.trustsAuthority ? badge("✓ this browser trusts it", "good") : badge("this browser does not trust it", "bad")) : badge("not known yet", "dim");
  return card("This browser", [m("p.verdict-line", verdict, told ? m("span.muted", " as of " + format.ago(told.lastSeen)) : null),
    m("p.muted.hint", told ? "Tried by what it asked through the proxy." : mine.length > 0 ? "It comes through the proxy, but has asked nothing yet that is looked into." : "It does not come through the proxy yet."),
    m("p.hint", "Let it use the proxy, then ", m("a", { href: "https://" + host + "/", target: "_blank", rel: "noopener noreferrer" }, "open " + host), ": the answer appears here. A warning of the browser means that it does not trust the authority.")]);
}

export class Setup {
  constructor() {
    this.clients = new Resource("api/v1/clients", 2000).start();
    this.rules = new Resource("api/v1/rules").start();
    /** @type {boolean | null} */
    this.authority = null;
    this.host = location.hostname.includes(":") ? "[" + location.hostname + "]" : location.hostname;
    this.port = "9797";
    // The file for browsers knows where the proxy is for whoever came by this name.
    fetch("proxy.pac").then(response => response.text()).then(text => {
      const found = /PROXY (\S+):(\d+);/.exec(text);
      if (found) [this.host, this.port] = [found[1], found[2]];
      m.redraw();
    }).catch(() => {});
    fetch("ca.pem", { method: "HEAD" }).then(response => { this.authority = response.ok; m.redraw(); }).catch(() => {});
  }
  onremove() { this.clients.stop(); this.rules.stop(); }
  view() {
    const clients = this.clients.data?.clients || [];
    const { host, port } = this;
    return m(".page", m("h1", "Setup"),
      card("Three ways, the easiest first", m("ol.ways", m("li", m("b", "By base URL. "), "Put ", m("code", "http://" + host + ":" + port + "/MOUNT"), " where the service's address stands. No certificate."),
        m("li", m("b", "As a proxy. "), "Host ", m("code", host), ", port ", m("code", port), ". Plain http is cached, https passes through."),
        m("li", m("b", "As a proxy that looks inside https. "), "Trust the authority below, and all of it is cached.")), { wide: true }),
      m(".grid.halves", card("Applications", m(".applications", applicationsFor(host, port).map(each => block(each, clients)))),
        m("div", card("Certificate", authority(this)), probe(this, clients), card("Browsers and systems", [m("p", "Automatic configuration:"), m("p", m("code", new URL("proxy.pac", document.baseURI).href))]))));
  }
}
